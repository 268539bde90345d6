"""Downloads the files that vLLM reads of a model: ``fetch_model.py SECONDS VLLM_ARGUMENT...``.

Runs in the vLLM image, with the huggingface_hub that vLLM itself would use, so that the files lie where vLLM looks.
vLLM downloads too, but it gives up at the hub's first rate limit, while its GPUs wait. Each line on standard output is
for the boot step: ``waiting: ...``, or ``failed: ...`` with exit status 1. Status 3: fetched, and the repository has
more weights that vLLM may read.
"""

from __future__ import annotations

import errno
import glob
import json
import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from fnmatch import fnmatch
from pathlib import Path

GB = 1_000_000_000
REPORT_EVERY_S = 30
LONGEST_BACKOFF_S = 60
INDEX = "model.safetensors.index.json"

# vllm/transformers_utils/repo_utils.py of 0.32.0, _WEIGHT_FILE_PATTERNS: what its tokenizers and processors never read.
NOT_READ = (
    *("*.safetensors", "*.bin", "*.pt", "*.pth", "*.ckpt", "*.gguf", "*.h5", "*.msgpack", "*.onnx", "*.onnx_data"),
    *("*.png", "*.jpg", "*.jpeg", "*.gif", "*.webp", "*.mp3", "*.mp4", "*.wav", "*.flac"),
    *("*.parquet", "*.arrow", "*.ipynb", "*.zip", "*.tar*"),
)
# default_loader.py of 0.32.0, _prepare_weights: by --load-format, the first pattern that matches. A format that is not
# here reads no such files, or reads them in a way of its own.
WEIGHTS = {
    **dict.fromkeys(("auto", "hf"), ("*.safetensors", "*.bin", "*.pt")),
    **dict.fromkeys(("safetensors", "fastsafetensors", "instanttensor"), ("*.safetensors",)),
    **dict.fromkeys(("runai_streamer", "runai_streamer_sharded", "sharded_state"), ("*.safetensors",)),
    "mistral": ("consolidated*.safetensors",),
    "pt": ("*.pt",),
    "npcache": ("*.bin",),
}
TRANSIENT_STATUS = {408, 429, 500, 502, 503, 504}
# By name: the image's huggingface_hub is built on requests, httpx or its successor, depending on its version.
TRANSIENT_ERRORS = {
    *("ConnectionError", "ConnectError", "NetworkError", "Timeout", "TimeoutError", "TimeoutException"),
    *("RemoteProtocolError", "ProtocolError", "ChunkedEncodingError", "XetDownloadError"),
    *("FileMetadataError", "LocalEntryNotFoundError"),
}


@dataclass(frozen=True)
class Wanted:
    """What the arguments of `vllm serve` say about the model."""

    model: str
    revision: str | None
    load_format: str


@dataclass(frozen=True)
class Again:
    """The hub may answer later; ``wait_s`` None: it did not say when."""

    reason: str
    wait_s: int | None


@dataclass(frozen=True)
class GiveUp:
    sentence: str


def wanted_of(arguments: list[str]) -> Wanted:
    """The model comes first; a value may follow its flag or an equals sign."""
    values: dict[str, str] = {}
    for index, argument in enumerate(arguments):
        flag, equals, value = argument.partition("=")
        values[flag] = value if equals else "".join(arguments[index + 1 : index + 2])
    return Wanted(
        model=arguments[0],
        revision=values.get("--revision"),
        load_format=values.get("--load-format", "auto"),
    )


def files_to_fetch(*, files: list[str], load_format: str, indexed: list[str]) -> list[str]:
    """Of the repository's ``files``, those that vLLM reads. ``indexed``: the weight files that INDEX names."""
    ours = [file for file in files if not file.startswith("original/")]
    others = [file for file in ours if not any(fnmatch(file, pattern) for pattern in NOT_READ)]
    return sorted({*others, *_weights(files=ours, load_format=load_format, indexed=indexed)})


def _weights(*, files: list[str], load_format: str, indexed: list[str]) -> list[str]:
    patterns = WEIGHTS.get(load_format, ())
    if load_format == "auto" and any(fnmatch(file, "consolidated*.safetensors") for file in files):
        patterns = WEIGHTS["mistral"]
    elif "*.safetensors" in patterns and indexed:
        return indexed
    for pattern in patterns:
        if found := [file for file in files if fnmatch(file, pattern)]:
            return found
    return []


def may_read_more(*, files: list[str], fetched: list[str]) -> bool:
    """Some models read weights of a folder by name: `2_Dense/` of an embedding model, a task's adapter."""
    folders = [file for file in files if "/" in file and not file.startswith("original/")]
    return any(file.endswith((".safetensors", ".bin")) for file in set(folders) - set(fetched))


def judge(error: BaseException, *, wanted: Wanted, stack: str, has_token: bool) -> Again | GiveUp:
    """Whether to try again after ``error``, or the sentence that says what a person has to do."""
    causes = list(_chain(error))
    kinds = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    if any(isinstance(cause, OSError) and cause.errno == errno.ENOSPC for cause in causes):
        return GiveUp("disk full: raise vllm:cache.sizeGib")
    response = next((found for cause in causes if (found := getattr(cause, "response", None)) is not None), None)
    status = getattr(response, "status_code", None)
    if status in TRANSIENT_STATUS:
        return Again(reason=f"HuggingFace answers {status}", wait_s=_asked_wait_s(response))
    if sentence := _refusal(kinds=kinds, status=status, wanted=wanted, stack=stack, has_token=has_token):
        return GiveUp(sentence)
    first_line = (str(causes[-1]).strip() or "no message").splitlines()[0][:300]
    described = f"{type(causes[-1]).__name__}: {first_line}"
    return Again(reason=described, wait_s=None) if kinds & TRANSIENT_ERRORS else GiveUp(described)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _refusal(*, kinds: set[str], status: int | None, wanted: Wanted, stack: str, has_token: bool) -> str | None:
    page = f"https://huggingface.co/{wanted.model}"
    put_token = f"python -m ops secrets set hf-token --stack {stack}"
    if "GatedRepoError" in kinds:
        if not has_token:
            return (
                f"{wanted.model} is gated, and there is no HuggingFace token: accept its terms at {page}; {put_token}"
            )
        return (
            f"the HuggingFace token may not read {wanted.model}, which is gated: accept its terms at {page} with the "
            "account of the token; a fine-grained token also needs read access to gated repositories"
        )
    if "RevisionNotFoundError" in kinds:
        return f"{wanted.model} has no revision {wanted.revision}: correct vllm:model.revision"
    if "RepositoryNotFoundError" in kinds:
        return f"HuggingFace has no {wanted.model}, or the token may not see it: correct vllm:model, or {put_token}"
    if status == 401:
        return f"HuggingFace does not accept the token (401): {put_token}"
    if status is not None and 400 <= status < 500:
        return f"HuggingFace refuses {wanted.model} ({status}): look at {page}"
    return None


def _asked_wait_s(response: object) -> int | None:
    """Seconds that the answer asks to wait: Retry-After (RFC 9110, a number or a date), or the hub's rate-limit header,
    ``"api";r=0;t=55``: 55 s until the next window."""
    headers = {name.lower(): value for name, value in dict(getattr(response, "headers", {})).items()}
    if window := re.search(r";\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d+)", headers.get("ratelimit", "")):
        return int(window[1]) + 1
    after = headers.get("retry-after", "").strip()
    if after.isdigit():
        return int(after)
    try:
        now = datetime.now(timezone.utc)  # noqa: UP017 (Python 3.10 has no UTC)
        return max(0, int((parsedate_to_datetime(after) - now).total_seconds()) + 1)
    except (TypeError, ValueError):
        return None


def download(wanted: Wanted) -> int:
    """Fetch what is missing; the exit status."""
    # Of the image; the project's own environment has none.
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download  # type: ignore[import-not-found]

    listed = HfApi().list_repo_tree(wanted.model, revision=wanted.revision, recursive=True)
    sizes = {entry.path: entry.size for entry in listed if hasattr(entry, "size")}
    indexed: list[str] = []
    if INDEX in sizes:
        index = Path(hf_hub_download(wanted.model, INDEX, revision=wanted.revision))
        indexed = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    names = files_to_fetch(files=list(sizes), load_format=wanted.load_format, indexed=indexed)
    with _Progress(wanted.model, total=sum(sizes.get(name) or 0 for name in names)):
        # The same revision as vLLM's, also when it is a branch: vLLM asks the cache for it by that name.
        snapshot_download(wanted.model, revision=wanted.revision, allow_patterns=[glob.escape(name) for name in names])
    say(f"{wanted.model}: {len(names)} files")
    return 3 if may_read_more(files=list(sizes), fetched=names) else 0


class _Progress:
    """Says from time to time how much is there; nothing for what is there at once."""

    def __init__(self, model: str, *, total: int) -> None:
        self._blobs = Path(os.environ["HF_HOME"], "hub", f"models--{model.replace('/', '--')}", "blobs")
        self._total = total
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._end.wait(REPORT_EVERY_S):
            there = sum(blob.stat().st_blocks * 512 for blob in self._blobs.glob("*"))
            say(f"waiting: {min(there, self._total) / GB:.1f} of {self._total / GB:.1f} GB downloaded")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


class _Trouble(logging.Handler):
    """What huggingface_hub says while it tries again by itself, up to five times each request."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = "it is still under way"

    def emit(self, record: logging.LogRecord) -> None:
        message = re.sub(r"\?\S+", "", record.getMessage())  # addresses of files are signed
        if "[Retry" in message:
            say(f"waiting: {self.last}: {message}")
        else:
            self.last = message
            say(message)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def fetch(wanted: Wanted, *, until: float) -> int:
    """Until it is complete or cannot be; the exit status."""
    token = Path(os.environ.get("HF_TOKEN_PATH", "/none"))
    backoff_s = 5
    while True:
        try:
            return download(wanted)
        except Exception as error:
            verdict = judge(error, wanted=wanted, stack=os.environ.get("STACK", "NAME"), has_token=token.exists())
        if isinstance(verdict, GiveUp):
            say(f"failed: {verdict.sentence}")
            return 1
        wait_s = backoff_s if verdict.wait_s is None else verdict.wait_s
        if time.monotonic() + wait_s >= until:
            say(f"failed: {verdict.reason}, and the boot deadline comes before the next try, in {wait_s} s")
            return 1
        say(f"waiting: {verdict.reason}; again in {wait_s} s")
        time.sleep(wait_s)
        backoff_s = min(2 * backoff_s, LONGEST_BACKOFF_S)


def _end_at(seconds: int, trouble: _Trouble) -> None:
    """The first process of a container has no default for signals, and a download cannot be interrupted otherwise."""

    def late(*_: object) -> None:
        say(f"failed: the boot deadline ends the download: {trouble.last}")
        os._exit(1)

    signal.signal(signal.SIGALRM, late)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    signal.alarm(max(1, seconds))


def _listen(trouble: _Trouble) -> None:
    """In place of the handler that huggingface_hub gives its logger when it is first asked for."""
    from huggingface_hub.utils import logging as hub_logging  # type: ignore[import-not-found]

    hub_logging.get_logger("huggingface_hub").handlers = [trouble]


def main() -> int:
    seconds = int(sys.argv[1])
    trouble = _Trouble()
    _end_at(seconds, trouble)
    _listen(trouble)
    return fetch(wanted_of(sys.argv[2:]), until=time.monotonic() + seconds)


if __name__ == "__main__":
    sys.exit(main())
