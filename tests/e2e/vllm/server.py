"""A real vLLM of the pinned release with a tiny model that takes images, behind a real nginx with the front's paths."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.host.cpu_vllm import CpuVllm
from sizing.media import NO_DOMAIN
from tests.components.local.real_nginx import free_port, nginx_before
from userdata.files.write_keys import config_text

MODEL = "tiny"
KEY = "sk-real-0123456789"
MAX_NUM_SEQS = 4
READY_WITHIN_S = 600.0  # a minute on a machine that does nothing else
ANSWERS_WITHIN_S = 300.0
ROUTE = re.compile(r"Route: (\S+), (?:Methods: ([A-Z, ]+)|Endpoint: )")
MAKE_MODEL = Path(__file__).with_name("tiny_llava.py")


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: str

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """``front``: the port of nginx; ``server``: that of vLLM. ``log``: what vLLM writes."""

    front: int
    server: int
    log: Path

    @property
    def routes(self) -> Mapping[str, tuple[str, ...]]:
        """By path, the methods; GET for a socket. From vLLM's own log of this start, which has one path twice."""
        routes: dict[str, tuple[str, ...]] = {}
        for path, methods in ROUTE.findall(self.log.read_text(errors="replace")):
            routes[path] = (*routes.get(path, ()), *(filter(None, methods.split(", ")) if methods else ("GET",)))
        return routes

    def ask(
        self,
        path: str,
        *,
        method: str = "",
        key: str | None = KEY,
        body: Mapping[str, Any] | None = None,
        port: int | None = None,
    ) -> Answer:
        """Through nginx, unless a ``port`` is named."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.front, timeout=ANSWERS_WITHIN_S)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method or ("GET" if body is None else "POST"), path, body=text, headers=headers)
            response = connection.getresponse()
            return Answer(status=response.status, body=response.read().decode(errors="replace"))
        finally:
            connection.close()


@contextmanager
def endpoint(folder: Path) -> Iterator[Endpoint]:
    """Both run while the block lasts."""
    vllm = CpuVllm.ensure()
    model = folder / "model"
    python = str(vllm.folder / "venv" / "bin" / "python")
    subprocess.run([python, str(MAKE_MODEL), str(vllm.model), str(model)], check=True, capture_output=True)
    keys = folder / "config.yaml"
    keys.write_text(config_text([KEY]))
    server, log = free_port(), folder / "vllm.log"
    command = [
        *(str(vllm.folder / "venv" / "bin" / "vllm"), "serve", str(model), "--served-model-name", MODEL),
        *("--port", str(server), "--host", "127.0.0.1", "--enforce-eager", "--max-model-len", "1024"),
        *("--load-format", "dummy", "--dtype", "bfloat16"),
        *("--max-num-seqs", str(MAX_NUM_SEQS), "--allowed-media-domains", NO_DOMAIN, "--config", str(keys)),
        *("--enable-auto-tool-choice", "--tool-call-parser", "hermes"),
    ]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, env=_environment()) as process,
    ):
        try:
            _await_answer(server, process, log)
            (nginx := folder / "nginx").mkdir()
            for front in nginx_before(server, folder=nginx):
                yield Endpoint(front=front, server=server, log=log)
        finally:
            process.terminate()
            process.wait(60)


def _environment() -> Mapping[str, str]:
    return os.environ | {
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_MEDIA_URL_ALLOW_REDIRECTS": "0",
        "VLLM_NO_USAGE_STATS": "1",
    }


def _await_answer(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not _answers(port):
        text = log.read_text(errors="replace")[-3000:]
        assert process.poll() is None, f"vLLM ended: {text}"
        assert time.monotonic() < deadline, f"vLLM does not answer: {text}"
        time.sleep(0.5)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
