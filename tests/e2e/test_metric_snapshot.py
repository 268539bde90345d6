"""The committed snapshot of vLLM's metrics is what the real pinned vLLM exports once it has served, refused and
preempted requests; what would go silent otherwise is said by name."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from monitoring.contract import PATH, contract_of, silent
from monitoring.table import WATCHES
from rehearsal.host.cpu_vllm import CpuVllm, missing
from tests.e2e.processes import await_that
from tests.e2e.support import need
from tools.vllm_metrics import document, metrics

pytestmark = pytest.mark.e2e

START_S = 300
# Seven blocks of cache hold the prompts of four requests and not their answers; six fit into server and queue.
ROOM = {"--max-num-seqs": 4, "--max-num-queued-reqs": 6, "--num-gpu-blocks-override": 7, "--max-model-len": 512}
CROWD = 14
MODEL = "tiny"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a vLLM that has served more than it could."""
    need(missing() is None, missing() or "")
    port, log = free_port(), tmp_path_factory.mktemp("vllm") / "log"
    command = [str(CpuVllm.ensure().folder / "serve"), *flags(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    base = f"http://127.0.0.1:{port}"
    try:
        await_that(lambda: answers(base, process, log), what="vLLM", timeout_s=START_S)
        with ThreadPoolExecutor(CROWD) as clients:
            statuses = list(clients.map(lambda number: ask(base, number), range(CROWD)))
        assert {200, 503} == set(statuses)
        yield base
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def flags(port: int) -> list[str]:
    given = {**ROOM, "--port": port, "--served-model-name": MODEL}
    return [text for name, value in given.items() for text in (name, str(value))]


def answers(base: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-2000:]
    try:
        with urlopen(f"{base}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def ask(base: str, number: int) -> int:
    """The status of one long answer."""
    body = {"model": MODEL, "prompt": f"hello {number} " * 20, "max_tokens": 400, "ignore_eos": True}
    request = Request(
        f"{base}/v1/completions", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        with urlopen(request, timeout=START_S) as answer:
            answer.read()
            return int(answer.status)
    except HTTPError as refused:
        return refused.code


@pytest.fixture(scope="module")
def exported(server: str) -> str:
    with urlopen(f"{server}/metrics", timeout=30) as answer:
        text: str = answer.read().decode()
    return text


def count(exported: str, name: str) -> float:
    return sum(float(line.rsplit(" ", 1)[1]) for line in exported.splitlines() if line.startswith(name + "{"))


def test_nothing_that_is_watched_is_silent_with_the_real_server(exported: str) -> None:
    version = json.loads(PATH.read_text(encoding="utf-8"))["vllm_version"]
    real = contract_of(json.loads(document(exported, version=version, day="")))
    assert silent(WATCHES, real) == []


def test_the_snapshot_is_what_vllm_exports(exported: str) -> None:
    assert metrics(exported) == json.loads(PATH.read_text(encoding="utf-8"))["metrics"]


def test_what_is_refused_and_preempted_is_counted(exported: str) -> None:
    assert count(exported, "vllm:admission_rejections_total") > 0
    assert count(exported, "vllm:num_preemptions_total") > 0
    assert 'http_requests_total{handler="/v1/completions",method="POST",status="5xx"}' in exported
