"""fetch_model.py for real: the huggingface_hub of the pinned vLLM against the rehearsal's hub on this machine."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from rehearsal.host.cpu_vllm import default_folder
from rehearsal.host.hub import Hub
from rehearsal.host.web import Answer, Request
from tests.e2e.support import need
from userdata.render import FILES

pytestmark = pytest.mark.e2e

MODEL = "org/model"
TOKEN = "hf_planted0123456789"
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
WANTED: dict[str, bytes | Path] = {
    "config.json": b"{}",
    "tokenizer.json": b"{}",
    "model.safetensors.index.json": b'{"weight_map": {"a": "%s", "b": "%s"}}' % tuple(map(str.encode, SHARDS)),
    **dict.fromkeys(SHARDS, b"weights" * 1000),
}
NOT_WANTED: dict[str, bytes | Path] = {
    "pytorch_model.bin": b"the same again",
    "model-q4.gguf": b"and again",
    "original/consolidated.00.pth": b"and again",
    "onnx/model.onnx": b"and again",
}


@dataclass(kw_only=True)
class Desk:
    """The hub on a port, which answers ``busy`` requests with a 429 first; ``seen`` are method and path."""

    hub: Hub
    busy: int = 0
    retry_after_s: int = 1
    seen: list[str] = field(default_factory=list)
    port: int = 0

    def respond(self, request: Request) -> Answer:
        self.seen.append(f"{request.method} {request.path}")
        if self.busy > 0:
            self.busy -= 1
            return Answer(status=429, headers={"Retry-After": str(self.retry_after_s)}, body="slow down")
        return self.hub.respond(request)


@contextmanager
def opened(desk: Desk) -> Iterator[Desk]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = unquote(urlsplit(self.path).path)
            given = desk.respond(Request(method=self.command, path=path, query={}, headers=headers))
            body = given.body.encode() if isinstance(given.body, str) else given.body
            assert isinstance(body, bytes)
            self.send_response(given.status)
            for name, value in {**given.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_GET = do_HEAD = answer  # noqa: N815 (names that http.server looks up)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        desk.port = server.server_port
        try:
            yield desk
        finally:
            server.shutdown()
            thread.join()


def fetch(
    desk: Desk, folder: Path, *arguments: str, token: str | None = None, seconds: int = 60
) -> subprocess.CompletedProcess[str]:
    """As in the container of the step."""
    token_file = folder / "hf_token"
    if token is not None:
        token_file.write_text(token)
    python = default_folder() / "venv/bin/python"
    need(python.exists(), "no vLLM for CPUs: make rehearse installs it")
    environment = {
        "PATH": "/usr/bin:/bin",
        "HF_ENDPOINT": f"http://127.0.0.1:{desk.port}",
        "HF_HOME": str(folder / "huggingface"),
        "HF_TOKEN_PATH": str(token_file),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_XET": "1",
        "STACK": "dev",
    }
    return subprocess.run(
        [str(python), str(FILES / "fetch_model.py"), str(seconds), MODEL, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )


def snapshot(folder: Path) -> set[str]:
    """The files of the only snapshot there is."""
    (commit,) = (folder / "huggingface/hub/models--org--model/snapshots").iterdir()
    return {path.relative_to(commit).as_posix() for path in commit.rglob("*") if path.is_file()}


def test_a_rate_limit_is_waited_for_then_all_that_vllm_reads_is_there(tmp_path: Path) -> None:
    with opened(Desk(hub=Hub(files=WANTED | NOT_WANTED, token=None), busy=3)) as desk:
        done = fetch(desk, tmp_path)
        assert done.returncode == 0, done.stdout
        waits = [line for line in done.stdout.splitlines() if line.startswith("waiting: ")]
        assert len(waits) >= 2
        assert len([line for line in done.stdout.splitlines() if line.startswith("HTTP Error 429")]) == len(waits)
        assert "HTTP Error 429" in waits[0]
        assert "Waiting 2.0s" in waits[0]  # a second more than asked
        assert done.stdout.splitlines()[-1] == f"{MODEL}: 5 files"
        assert snapshot(tmp_path) == set(WANTED)
        desk.seen.clear()
        assert fetch(desk, tmp_path).returncode == 0
        assert [path for path in desk.seen if path.startswith("GET") and "/resolve/" in path] == []
    # vLLM without a revision, offline, asks the cache for the branch.
    assert (tmp_path / "huggingface/hub/models--org--model/refs/main").exists()


def test_a_pinned_revision_is_stored_under_its_own_name(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    with opened(Desk(hub=Hub(files=WANTED, token=None))) as desk:
        assert fetch(desk, tmp_path, "--revision", commit).returncode == 0
    assert (tmp_path / "huggingface/hub/models--org--model/snapshots" / commit / SHARDS[0]).exists()


def test_a_gated_model_needs_its_token_and_says_so_at_once(tmp_path: Path) -> None:
    with opened(Desk(hub=Hub(files=WANTED, token=TOKEN))) as desk:
        without = fetch(desk, tmp_path)
        assert without.returncode == 1
        assert without.stdout.splitlines()[-1].startswith(
            f"failed: {MODEL} is gated, and there is no HuggingFace token: accept its terms at"
        )
        wrong = fetch(desk, tmp_path, token="hf_other")
        assert wrong.returncode == 1
        assert "the HuggingFace token may not read" in wrong.stdout.splitlines()[-1]
        right = fetch(desk, tmp_path, token=TOKEN)
        assert right.returncode == 0, right.stdout
    assert TOKEN not in without.stdout + wrong.stdout + right.stdout
    assert snapshot(tmp_path) == set(WANTED)


def test_a_hub_that_stays_busy_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    with opened(Desk(hub=Hub(files=WANTED, token=None), busy=1000, retry_after_s=2)) as desk:
        done = fetch(desk, tmp_path, seconds=8)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("failed: the boot deadline ends the download: HTTP Error 429")


def test_a_hub_that_is_not_there_is_tried_again_until_the_deadline(tmp_path: Path) -> None:
    with opened(Desk(hub=Hub(files=WANTED, token=None))) as desk:
        pass
    done = fetch(desk, tmp_path, seconds=8)
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith("failed: the boot deadline ends the download: ")
    assert "Connection refused" in last
