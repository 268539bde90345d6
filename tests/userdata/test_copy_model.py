"""A model from S3: what is copied, how it goes on after an interruption, and what is said when it cannot."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.userdata.host import Host, make_host
from userdata.files.copy_model import CopyError, Entry, chosen, content_id, entries, wrong

SOURCE = "s3://models/llama/1"
FILES = {
    "config.json": "{}",
    "model.safetensors.index.json": json.dumps({"weight_map": {"a": "a-1.safetensors", "b": "b [2].safetensors"}}),
    "a-1.safetensors": "aaaa",
    "b [2].safetensors": "bbbbbb",
    "pytorch_model.bin": "never read beside safetensors",
    "original/consolidated.00.pth": "never read",
    "tokenizer/tokenizer.json": "[]",
}
READ = {name for name in FILES if not name.startswith(("pytorch", "original"))}
AWS = """
bucket={bucket}
say() {{ echo "$*" >&2; }}
case "$*" in
  "s3api list-objects-v2 --bucket models --prefix llama/1/ "*) cat {listing} ;;
  "s3 cp "*) cat "$bucket/model.safetensors.index.json" ;;
  "s3 sync "*)
    grep -q 'max_concurrent_requests = 32' "$AWS_CONFIG_FILE" || exit 9
    python3 - "$bucket" "$@" <<'END'
import fnmatch, shutil, sys
from pathlib import Path
bucket, target = Path(sys.argv[1]), Path(sys.argv[8])
assert sys.argv[9:11] == ["--exclude", "*"]
patterns = sys.argv[12::2]
for path in sorted(bucket.rglob("*")):
    name = path.relative_to(bucket).as_posix()
    if path.is_file() and any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)
END
    ;;
esac
"""


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = make_host(tmp_path, MODEL_SOURCE=SOURCE)
    host.path("args").write_text("/models/org/llama\n--max-model-len\n8192\n")
    put(host, FILES)
    return host


def put(host: Host, files: dict[str, str]) -> None:
    bucket = host.path("bucket")
    for name, text in files.items():
        (bucket / name).parent.mkdir(parents=True, exist_ok=True)
        (bucket / name).write_text(text)
    paths = [path for path in sorted(bucket.rglob("*")) if path.is_file()]
    contents = [
        {
            "Key": f"llama/1/{path.relative_to(bucket)}",
            "Size": path.stat().st_size,
            "ETag": hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest(),
        }
        for path in paths
    ]
    host.path("listing").write_text(json.dumps({"Contents": [{"Key": "llama/1/", "Size": 0, "ETag": ""}, *contents]}))
    host.fake("aws", AWS.format(bucket=bucket, listing=host.path("listing")))


def copies(host: Host) -> list[Path]:
    return sorted(host.path("cache").glob("models/org/llama/*"))


def refuse(host: Host, error: str, *, verb: str = "s3api") -> None:
    body = (host.path("bin") / "aws").read_text().split("\n", 2)[2]
    host.fake("aws", f'[[ $1 != {verb} ]] || {{ echo "{error}" >&2; exit 1; }}\n{body}')


def test_what_vllm_reads_is_copied_into_one_folder_and_named(host: Host) -> None:
    result = host.step("model-files")
    assert result.status == 0, result.output
    (folder,) = copies(host)
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == READ
    assert all((folder / name).read_text() == FILES[name] for name in READ)
    assert (host.path("run") / "model-folder").read_text() == f"{folder}\n"
    assert host.calls("docker") == []


def test_vllm_then_starts_without_huggingface(host: Host) -> None:
    host.step("model-files")
    assert (host.path("run") / "offline").exists()


def test_a_tokenizer_of_huggingface_is_still_downloaded(host: Host) -> None:
    host.path("args").write_text("/models/org/llama\n--tokenizer\norg/other\n")
    assert host.step("model-files").status == 0
    assert not (host.path("run") / "offline").exists()


def test_a_second_boot_copies_nothing(host: Host) -> None:
    host.step("model-files")
    syncs = host.calls("aws s3 sync")
    assert host.step("model-files").status == 0
    assert host.calls("aws s3 sync") == syncs


def test_a_cut_file_on_the_slot_is_copied_again(host: Host) -> None:
    host.step("model-files")
    (folder,) = copies(host)
    (folder / "a-1.safetensors").write_text("a")
    assert host.step("model-files").status == 0
    assert (folder / "a-1.safetensors").read_text() == "aaaa"


def test_a_new_content_takes_the_place_of_the_old_only_when_it_is_complete(host: Host) -> None:
    host.step("model-files")
    (old,) = copies(host)
    put(host, {"a-1.safetensors": "AAAA"})
    refuse(host, "Connection was closed", verb="s3 && $2 == sync")
    assert host.step("model-files", left_s=1).status != 0
    assert old in copies(host)
    put(host, {})
    assert host.step("model-files").status == 0
    (new,) = copies(host)
    assert new != old
    assert (new / "a-1.safetensors").read_text() == "AAAA"


def test_what_an_interrupted_copy_has_left_is_used_and_its_parts_go(host: Host) -> None:
    incoming = host.path("cache/models/org/llama/incoming")
    incoming.mkdir(parents=True)
    (incoming / "a-1.safetensors").write_text("aaaa")
    (incoming / "a-1.safetensors.6eF3a1b2").write_text("aa")
    assert host.step("model-files").status == 0
    (folder,) = copies(host)
    assert not (folder / "a-1.safetensors.6eF3a1b2").exists()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("An error occurred (NoSuchBucket) when calling", "correct vllm:model.source"),
        ("An error occurred (PermanentRedirect) when calling", "another region"),
        ("An error occurred (AccessDenied) when calling the ListObjectsV2 operation", "until the boot deadline"),
        ("Could not connect to the endpoint URL", "until the boot deadline"),
    ],
)
def test_a_refusal_says_what_to_do(host: Host, error: str, said: str) -> None:
    refuse(host, error)
    assert host.step("model-files", left_s=1).status != 0
    assert SOURCE in host.reason()
    assert said in host.reason()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "nothing below"),
        ({"llama/config.json": "{}"}, "no config.json below"),
        ({"config.json": "{}", "model.safetensors.index.json": FILES["model.safetensors.index.json"]}, "a-1.safe"),
    ],
)
def test_an_incomplete_prefix_is_named_at_once(tmp_path: Path, files: dict[str, str], said: str) -> None:
    host = make_host(tmp_path, MODEL_SOURCE=SOURCE)
    put(host, files)
    assert host.step("model-files").status != 0
    assert said in host.reason()


@pytest.mark.parametrize("key", ["llama/1/../../etc/passwd", "llama/1//etc/passwd", "llama/1/a\nb"])
def test_a_key_that_leads_elsewhere_is_refused(key: str) -> None:
    with pytest.raises(CopyError, match="is no file name"):
        entries([{"Key": key, "Size": 1, "ETag": "x"}], prefix="llama/1")


def test_the_content_is_known_by_names_sizes_and_etags() -> None:
    first = [Entry(name="a", size=1, etag="x")]
    assert content_id(first) == content_id(list(first))
    others = [Entry(name="b", size=1, etag="x"), Entry(name="a", size=2, etag="x"), Entry(name="a", size=1, etag="y")]
    assert len({content_id(first), *(content_id([entry]) for entry in others)}) == 4


def test_a_mistral_checkpoint_needs_no_config_json() -> None:
    files = [Entry(name=name, size=1, etag="x") for name in ("params.json", "consolidated.safetensors")]
    assert chosen(files, load_format="mistral", indexed=[], source=SOURCE) == sorted(files, key=lambda each: each.name)


def test_a_folder_in_place_of_a_file_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    entry = Entry(name="a", size=(tmp_path / "a").stat().st_size, etag="x")
    assert wrong(tmp_path, [entry]) == [entry]
