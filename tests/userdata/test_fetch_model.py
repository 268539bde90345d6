"""Which files of a model are fetched, and what an answer of the hub means."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from email.utils import formatdate
from time import time

import pytest

from userdata.files.fetch_model import Again, GiveUp, Wanted, files_to_fetch, judge, may_read_more, wanted_of

WANTED = Wanted(model="org/model", revision=None, load_format="auto")


def fetched(*files: str, load_format: str = "auto", indexed: tuple[str, ...] = ()) -> list[str]:
    return files_to_fetch(files=list(files), load_format=load_format, indexed=list(indexed))


def test_the_arguments_of_vllm_name_model_revision_and_format() -> None:
    assert wanted_of(["org/model", "--max-model-len", "8192"]) == WANTED
    assert wanted_of(["org/model", "--revision", "v1", "--load-format=mistral"]) == Wanted(
        model="org/model", revision="v1", load_format="mistral"
    )


@pytest.mark.parametrize(
    ("files", "left"),
    [
        # Llama's second copy of the weights, and what neither tokenizers nor processors read
        (
            ["config.json", "model.safetensors"],
            ["original/params.json", "original/consolidated.00.pth", "a.png"],
        ),
        (["model.safetensors"], ["pytorch_model.bin", "model.onnx", "model-q4.gguf", "tf_model.h5"]),
        (["model-1-of-2.bin", "model-2-of-2.bin", "tokenizer.model"], ["model.pt", "model.ckpt"]),
        (["config.json", "consolidated.safetensors", "tekken.json"], ["model-00001-of-00001.safetensors"]),
    ],
)
def test_one_form_of_the_weights_and_all_small_files_are_fetched(files: list[str], left: list[str]) -> None:
    assert fetched(*files, *left) == sorted(files)


def test_the_index_says_which_weights_belong_to_the_model() -> None:
    shards = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    index = "model.safetensors.index.json"
    assert fetched(*shards, index, "adapter/x.safetensors", indexed=shards) == [*shards, index]


@pytest.mark.parametrize(
    ("load_format", "weights"),
    [
        ("safetensors", ["a.safetensors"]),
        ("runai_streamer", ["a.safetensors"]),
        ("pt", ["a.pt"]),
        ("npcache", ["a.bin"]),
        ("dummy", []),
        ("tensorizer", []),
    ],
)
def test_the_load_format_says_which_form(load_format: str, weights: list[str]) -> None:
    assert fetched("a.safetensors", "a.bin", "a.pt", load_format=load_format) == weights


@pytest.mark.parametrize(
    ("file", "more"),
    [
        ("2_Dense/model.safetensors", True),
        ("adapters/a/adapter.bin", True),
        ("original/x.bin", False),
        ("x.gguf", False),
    ],
)
def test_weights_in_folders_are_known_to_be_left_out(file: str, more: bool) -> None:
    shard = "model-00001-of-00001.safetensors"
    files = [shard, "model.safetensors.index.json", file]
    fetched_files = files_to_fetch(files=files, load_format="auto", indexed=[shard])
    assert file not in fetched_files
    assert may_read_more(files=files, fetched=fetched_files) is more
    # Without an index vLLM takes all of the form.
    whole = files_to_fetch(files=["model.safetensors", file], load_format="auto", indexed=[])
    assert (file in whole) is (file == "2_Dense/model.safetensors")


@dataclass
class Response:
    status_code: int
    headers: dict[str, str] = field(default_factory=dict)


class HfHubHTTPError(OSError):
    """As in huggingface_hub.errors: an OSError with the answer."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} Client Error")
        self.response = Response(status, headers or {})


class RepositoryNotFoundError(HfHubHTTPError):
    """401 for whoever is not logged in, else 404."""


class GatedRepoError(RepositoryNotFoundError):
    pass


class RevisionNotFoundError(HfHubHTTPError):
    pass


class LocalEntryNotFoundError(FileNotFoundError):
    """What snapshot_download makes of any trouble, when the cache has nothing."""


def judged(error: BaseException, *, has_token: bool = True) -> Again | GiveUp:
    return judge(error, wanted=WANTED, stack="dev", has_token=has_token)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_hub_that_is_busy_or_ill_is_asked_again(status: int) -> None:
    assert judged(HfHubHTTPError(status)) == Again(reason=f"HuggingFace answers {status}", wait_s=None)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "120"}, 120),
        ({"RateLimit": '"api";r=0;t=55', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}, 56),
        ({"retry-after": "soon"}, None),
    ],
)
def test_the_hub_says_how_long_to_wait(headers: dict[str, str], wait_s: int | None) -> None:
    assert judged(HfHubHTTPError(429, headers)) == Again(reason="HuggingFace answers 429", wait_s=wait_s)


def test_a_date_to_wait_for_is_understood() -> None:
    verdict = judged(HfHubHTTPError(503, {"Retry-After": formatdate(time() + 90, usegmt=True)}))
    assert isinstance(verdict, Again)
    assert verdict.wait_s is not None
    assert 85 <= verdict.wait_s <= 91


def test_what_snapshot_download_wraps_is_seen() -> None:
    wrapped = LocalEntryNotFoundError("cannot find the files")
    wrapped.__cause__ = HfHubHTTPError(429, {"Retry-After": "7"})
    assert judged(wrapped) == Again(reason="HuggingFace answers 429", wait_s=7)


@pytest.mark.parametrize("error", [ConnectionResetError("reset"), TimeoutError("slow"), LocalEntryNotFoundError("no")])
def test_a_connection_that_fails_is_tried_again(error: Exception) -> None:
    assert isinstance(judged(error), Again)


@pytest.mark.parametrize(
    ("error", "has_token", "sentence"),
    [
        (
            GatedRepoError(401),
            False,
            "org/model is gated, and there is no HuggingFace token: accept its terms at "
            "https://huggingface.co/org/model; python -m ops secrets set hf-token --stack dev",
        ),
        (
            GatedRepoError(403),
            True,
            "the HuggingFace token may not read org/model, which is gated: accept its terms at "
            "https://huggingface.co/org/model with the account of the token; a fine-grained token also needs read "
            "access to gated repositories",
        ),
        (
            RepositoryNotFoundError(404),
            True,
            "HuggingFace has no org/model, or the token may not see it: correct vllm:model, or "
            "python -m ops secrets set hf-token --stack dev",
        ),
        (
            HfHubHTTPError(401),
            True,
            "HuggingFace does not accept the token (401): python -m ops secrets set hf-token --stack dev",
        ),
        (
            HfHubHTTPError(403),
            True,
            "HuggingFace refuses org/model (403): look at https://huggingface.co/org/model",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), True, "disk full: raise vllm:cache.sizeGib"),
        (KeyError("weight_map"), True, "KeyError: 'weight_map'"),
    ],
)
def test_what_a_person_must_do_ends_it_with_a_sentence(error: Exception, has_token: bool, sentence: str) -> None:
    assert judged(error, has_token=has_token) == GiveUp(sentence)


def test_a_revision_that_is_not_there_is_named() -> None:
    wanted = Wanted(model="org/model", revision="v9", load_format="auto")
    verdict = judge(RevisionNotFoundError(404), wanted=wanted, stack="dev", has_token=True)
    assert verdict == GiveUp("org/model has no revision v9: correct vllm:model.revision")
