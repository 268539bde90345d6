"""Which models may start without HuggingFace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from userdata.files import served

COMMIT = "0123456789abcdef0123456789abcdef01234567"
IMAGE = "vllm/vllm-openai:v0.32.0"


def store(home: Path, *, name: str = "org/model", commit: str = COMMIT, ref: str | None = "main") -> Path:
    """A snapshot as huggingface_hub keeps it: links to blobs."""
    repository = home / "hub" / f"models--{name.replace('/', '--')}"
    (repository / "blobs").mkdir(parents=True, exist_ok=True)
    (repository / "blobs/b1").write_text("weights of the model")
    snapshot = repository / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").symlink_to("../../blobs/b1")
    if ref:
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs" / ref).write_text(commit)
    return snapshot


def write_args(folder: Path, *arguments: str) -> Path:
    file = folder / "args"
    file.write_text("".join(f"{argument}\n" for argument in ("org/model", *arguments)))
    return file


def complete(home: Path, args: Path, image: str = IMAGE) -> bool:
    return served.is_complete(hf_home=home, args_file=args, image=image)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "huggingface"
    home.mkdir()
    return home


def test_what_has_served_is_complete_until_a_file_changes(home: Path, tmp_path: Path) -> None:
    snapshot, args = store(home), write_args(tmp_path)
    assert not complete(home, args)
    served.record(hf_home=home, args_file=args, image=IMAGE)
    assert complete(home, args)
    (path,) = (home / ".served").iterdir()
    files = json.loads(path.read_text())["files"]
    assert files == {(snapshot / "model.safetensors").relative_to(home).as_posix(): 20}
    (snapshot / "model.safetensors").resolve().write_text("cut")
    assert not complete(home, args)
    (snapshot / "model.safetensors").resolve().unlink()
    assert not complete(home, args)


def test_another_image_or_other_arguments_have_not_served(home: Path, tmp_path: Path) -> None:
    store(home)
    args = write_args(tmp_path)
    served.record(hf_home=home, args_file=args, image=IMAGE)
    assert not complete(home, args, image="vllm/vllm-openai:v0.33.0")
    assert not complete(home, write_args(tmp_path, "--max-model-len", "8192"))
    assert complete(home, write_args(tmp_path))


def test_a_damaged_record_is_none(home: Path, tmp_path: Path) -> None:
    store(home)
    args = write_args(tmp_path)
    served.record(hf_home=home, args_file=args, image=IMAGE)
    (path,) = (home / ".served").iterdir()
    for text in ("", "[]", "{}", '{"files": null}'):
        path.write_text(text)
        assert not complete(home, args)


def test_a_pinned_revision_counts_and_others_do_not(home: Path, tmp_path: Path) -> None:
    pinned = store(home, ref=None)
    store(home, commit="f" * 40, ref=None)
    args = write_args(tmp_path, "--revision", COMMIT)
    sizes = served.snapshot_files(hf_home=home, arguments=args.read_text().splitlines())
    assert list(sizes) == [(pinned / "model.safetensors").relative_to(home).as_posix()]


def test_a_second_repository_counts_too(home: Path, tmp_path: Path) -> None:
    store(home)
    draft = store(home, name="org/draft", commit="d" * 40)
    args = write_args(tmp_path, "--speculative-config", '{"model": "org/draft", "num_speculative_tokens": 3}')
    served.record(hf_home=home, args_file=args, image=IMAGE)
    (draft / "model.safetensors").resolve().unlink()
    assert not complete(home, args)


def test_a_model_that_is_not_in_the_cache_is_not_recorded(home: Path, tmp_path: Path) -> None:
    served.record(hf_home=home, args_file=write_args(tmp_path), image=IMAGE)
    assert not (home / ".served").exists()


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--served-model-name", "team/name"], {"org/model"}),
        (["--tokenizer", "org/tokenizer"], {"org/model", "org/tokenizer"}),
        (["--tokenizer=org/tokenizer"], {"org/model", "org/tokenizer"}),
        (["--chat-template", "/templates/chat/a.jinja"], {"org/model"}),
        (["--otlp-traces-endpoint", "http://host/path"], {"org/model"}),
    ],
)
def test_the_repositories_that_arguments_name(arguments: list[str], names: set[str]) -> None:
    assert served.named_repositories(["org/model", *arguments]) == names
