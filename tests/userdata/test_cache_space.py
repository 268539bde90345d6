"""Room for what is to come: what goes, what stays, and in which order. Files are sparse; df and docker are fakes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sizing.cache_pool import IMAGE_GIB
from tests.userdata.host import Host, make_host
from userdata.files import evict

GIB = 2**30
IMAGE = "vllm/vllm-openai:v0.32.0"
TOTAL_GIB = 100
MODEL_GIB = 15  # CHECKPOINT_GIB
OURS = "0a" * 20

DF = """
used=$(du --apparent-size --block-size=1 --summarize "{cache}" | cut -f1)
for file in "{images}"/*.size; do [[ ! -e $file ]] || used=$((used + $(<"$file"))); done
printf 'Size Avail\\n%s %s\\n' {total} "$(({total} - used))"
"""
DOCKER = """
cd "{images}" || exit 1
case "$*" in
  "image ls"*) for file in *.json; do [[ ! -e $file ]] || echo "${{file%.json}}"; done ;;
  "image inspect"*)
    shift 2
    found=()
    for name in "$@"; do for file in *.json; do
      if [[ -e $file ]] && grep -q "\\"$name\\"" "$file"; then found+=("$(cat "$file")"); fi
    done; done
    (IFS=,; printf '[%s]\\n' "${{found[*]}}")
    ((${{#found[@]}} == $#)) ;;
  "image rm"*)
    if [[ -e $4.used ]]; then echo "image is being used by running container 0a" >&2; exit 1; fi
    rm "$4.json" "$4.size" ;;
esac
"""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """A slot of 100 GiB. ``age``: 0 is the newest."""

    host: Host

    def __post_init__(self) -> None:
        self.images.mkdir()
        paths = {"cache": self.path, "images": self.images, "total": TOTAL_GIB * GIB}
        self.host.fake("df", DF.format(**paths))
        self.host.fake("docker", DOCKER.format(**paths))
        self.host.fake("systemctl", ":")
        for name in ("engine/docker", "engine/containerd", "huggingface/hub", "vllm"):
            (self.path / name).mkdir(parents=True)

    @property
    def path(self) -> Path:
        return self.host.path("cache")

    @property
    def images(self) -> Path:
        return self.host.path("images")

    def image(self, name: str, *, gib: int, age: int = 0) -> None:
        image_id = f"sha256:{name.replace('/', '-').replace(':', '-')}"
        tagged = {"LastTagTime": f"20{26 - age}-01-01T00:00:00.123456789Z"}
        described = {"Id": image_id, "RepoTags": [name], "RepoDigests": [], "Metadata": tagged}
        (self.images / f"{image_id}.json").write_text(json.dumps(described))
        (self.images / f"{image_id}.size").write_text(f"{gib * GIB}\n")

    def revision(self, repo: str, commit: str, blobs: Mapping[str, int], *, age: int = 0, main: bool = False) -> None:
        """``blobs``: name -> GiB."""
        folder = self.repo(repo)
        snapshot = folder / "snapshots" / commit
        snapshot.mkdir(parents=True)
        for name, gib in blobs.items():
            sparse(folder / "blobs" / name, gib)
            (snapshot / f"{name}.safetensors").symlink_to(f"../../blobs/{name}")
        if main:
            (folder / "refs").mkdir(exist_ok=True)
            (folder / "refs" / "main").write_text(commit)
        dated(snapshot, age)

    def repo(self, repo: str) -> Path:
        return self.path / "huggingface/hub" / f"models--{repo.replace('/', '--')}"

    def compiled(self, name: str, *, gib: int, age: int = 0) -> Path:
        folder = self.path / "vllm/torch_compile_cache" / name
        sparse(folder / "graph", gib)
        dated(folder / "graph", age)
        dated(folder, age)
        return folder

    @property
    def removed(self) -> list[str]:
        return [line.split("removed ")[1].rsplit(": ", 1)[0] for line in self._output if "removed " in line]

    @property
    def _output(self) -> list[str]:
        return (self.host.path("output")).read_text().splitlines()

    def step(self, *, ok: bool = True) -> None:
        result = self.host.step("cache-space")
        self.host.path("output").write_text(result.output)
        assert (result.status == 0) is ok, result.output


def sparse(path: Path, gib: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.truncate(gib * GIB)


def dated(path: Path, age: int) -> None:
    seconds = 1_767_225_600 - age * 365 * 86400
    os.utime(path, (seconds, seconds))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    host = make_host(tmp_path / "host", CHECKPOINT_GIB=str(MODEL_GIB), IMAGE=IMAGE)
    return Cache(host=host)


def serve(cache: Cache) -> None:
    """Image and model of this host are there."""
    cache.image(IMAGE, gib=30)
    cache.revision("org/model", OURS, {"ours": MODEL_GIB}, main=True)


def test_below_the_mark_nothing_goes(cache: Cache) -> None:
    serve(cache)
    cache.image("vllm/vllm-openai:v0.31.0", gib=30, age=1)
    cache.step()
    assert cache.removed == []


def test_above_the_mark_the_oldest_goes_until_it_is_below(cache: Cache) -> None:
    serve(cache)
    cache.image("vllm/vllm-openai:v0.31.0", gib=12, age=1)
    cache.image("vllm/vllm-openai:v0.30.0", gib=12, age=3)
    cache.revision("org/model", "0b" * 20, {"old": 12}, age=2)
    cache.revision("org/model", "0c" * 20, {"older": 12}, age=4)
    cache.step()
    assert cache.removed == [f"org/model at {'0c' * 20}"]
    assert not (cache.repo("org/model") / "blobs/older").exists()
    assert (cache.repo("org/model") / "blobs/old").exists()


def test_below_the_mark_too_room_is_made_for_what_is_to_come(cache: Cache) -> None:
    cache.image("vllm/vllm-openai:v0.31.0", gib=30, age=1)
    cache.revision("org/model", "0b" * 20, {"old": 20}, age=2)
    cache.revision("org/other", "0d" * 20, {"other": 20}, age=3)
    # 70 of 100 GiB are used; image and model need 45.
    cache.step()
    assert cache.removed == [f"org/other at {'0d' * 20}"]
    assert not cache.repo("org/other").exists()


def test_what_this_host_runs_never_goes(cache: Cache) -> None:
    serve(cache)
    cache.host.path("args").write_text('org/model\n--speculative-config\n{"model": "org/draft"}\n')
    cache.revision("org/draft", "0d" * 20, {"draft": 20}, age=9)
    cache.revision("org/dra", "0e" * 20, {"name-begins-alike": 1}, age=1)
    newest = cache.compiled("newest", gib=25, age=5)
    older = cache.compiled("older", gib=1, age=6)
    cache.step()
    assert cache.removed == ["vllm/torch_compile_cache/older", f"org/dra at {'0e' * 20}"]
    assert newest.exists()
    assert not older.exists()
    assert cache.images.joinpath("sha256:vllm-vllm-openai-v0.32.0.json").exists()
    (event,) = cache.host.events()
    assert event["status"] == "warning"
    assert "less than 15 %" in event["reason"]
    assert "set vllm:cache.sizeGib to" in event["reason"]


@pytest.mark.parametrize("arguments", [f"--revision\n{OURS}", f"--revision={OURS}", "--revision\nv1"])
def test_a_pinned_revision_is_the_one_that_stays(cache: Cache, arguments: str) -> None:
    cache.image(IMAGE, gib=30)
    cache.host.path("args").write_text(f"org/model\n{arguments}\n")
    cache.revision("org/model", OURS, {"ours": MODEL_GIB}, age=5)
    cache.revision("org/model", "0b" * 20, {"newer": 50}, main=True)
    (cache.repo("org/model") / "refs/v1").write_text(OURS)
    cache.step()
    assert cache.removed == [f"org/model at {'0b' * 20}"]


def test_blobs_of_a_revision_that_stays_and_unfinished_ones_stay(cache: Cache) -> None:
    serve(cache)
    cache.revision("org/model", "0b" * 20, {"ours": MODEL_GIB, "old": 50}, age=1)
    unfinished = cache.repo("org/model") / "blobs/new.incomplete"
    sparse(unfinished, 1)
    cache.step()
    assert cache.removed == [f"org/model at {'0b' * 20}"]
    assert sorted(path.name for path in (cache.repo("org/model") / "blobs").iterdir()) == ["new.incomplete", "ours"]


def test_parts_of_other_models_go_and_parts_of_this_one_stay(cache: Cache) -> None:
    cache.image(IMAGE, gib=30)
    sparse(cache.repo("org/other") / "blobs/a.incomplete", 60)
    sparse(cache.repo("org/model") / "blobs/b.incomplete", 5)
    cache.step()
    assert cache.removed == ["parts of org/other"]


def test_an_image_in_use_is_kept_and_the_next_goes(cache: Cache) -> None:
    serve(cache)
    cache.image("other:1", gib=30, age=2)
    cache.image("other:2", gib=20, age=1)
    (cache.images / "sha256:other-1.used").touch()
    cache.step()
    assert cache.removed == ["image other:1", "image other:2"]
    assert (cache.images / "sha256:other-1.json").exists()


@pytest.mark.parametrize("model", ["/models/mine", "s3://bucket/model"])
def test_a_model_that_is_not_downloaded_needs_no_room(cache: Cache, model: str) -> None:
    cache.image(IMAGE, gib=30)
    cache.host.path("args").write_text(f"{model}\n")
    sparse(cache.path / "somebody", 50)
    cache.step()


def test_a_disk_that_stays_full_fails_with_sizes_and_the_remedy(cache: Cache) -> None:
    sparse(cache.path / "somebody", 60)
    cache.image("other:1", gib=10)
    cache.step(ok=False)
    assert cache.removed == ["image other:1"]
    assert cache.host.reason() == (
        f"disk full: {cache.path} has 40.0 of 100.0 GiB free; needed: 1 GiB for compile cache,"
        f" 30 GiB for image {IMAGE}, 15 GiB for model org/model; nothing is left to remove:"
        " set vllm:cache.sizeGib to 125 or more and pulumi up"
    )


def test_images_that_the_engine_no_longer_sees_go_with_the_whole_store(cache: Cache) -> None:
    old = cache.path / "engine/docker/overlay2/layer"
    sparse(old, 70)
    cache.step()
    assert not old.exists()
    assert cache.host.calls("systemctl st")[:2] == [
        "systemctl stop docker.socket docker.service containerd.service",
        "systemctl start containerd.service docker.socket docker.service",
    ]


def test_the_store_with_our_image_is_never_emptied(cache: Cache) -> None:
    serve(cache)
    sparse(cache.path / "engine/docker/overlay2/layer", 54)
    cache.step(ok=False)
    assert cache.host.calls("systemctl") == []
    assert "disk full" in cache.host.reason()


def test_the_root_disk_is_named(cache: Cache) -> None:
    cache.host.path("run/on-root-disk").touch()
    sparse(cache.path / "somebody", 90)
    cache.step(ok=False)
    assert cache.host.reason().endswith("(this is the root disk: step cache-slot says why)")


def test_a_broken_engine_is_a_failure_and_not_an_empty_list(cache: Cache) -> None:
    sparse(cache.path / "somebody", 90)
    cache.host.fake("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    result = cache.host.step("cache-space")
    assert result.status == 1
    assert result.output.splitlines()[-1].endswith("--quiet: Cannot connect to the Docker daemon")


def test_the_image_counts_as_the_plan_counts_it() -> None:
    assert evict.IMAGE_BYTES == IMAGE_GIB * GIB
