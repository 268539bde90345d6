"""guidellm, which makes the load and takes the times: in an environment of its own, since it brings torch along."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ops.bench.seen import Kind
from ops.endpoint import Endpoint
from ops.errors import failure
from ops.http_call import LOOPBACK_NAMES
from tools.side_environment import side_environment

REQUIREMENTS = Path(__file__).resolve().parents[2] / "tools" / "guidellm-requirements.txt"
WITHOUT_GPU = ("--torch-backend", "cpu")  # without the libraries of CUDA; not on every index
MAX_WORKERS = 10
STEP = re.compile(r"Benchmark (\d+) \(.*?\): \w+ \| .*?successful=(\d+) errored=(\d+)")
TAIL_LINES = 12

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Load:
    """``targets``: requests in flight, or sent a second, one level after the other; ``requests`` of each level.

    A level ends after ``max_seconds`` at the latest. Each answer has ``answer_tokens``.
    """

    kind: Kind
    targets: tuple[float, ...]
    requests: tuple[int, ...]
    max_seconds: float
    prompts: Sequence[str]
    answer_tokens: int


def program(*, run: Callable[[Sequence[str]], subprocess.CompletedProcess[str]] | None = None) -> Path:
    """guidellm, installed when it is not there yet. OpsError where it cannot be."""
    if run is None and importlib.util.find_spec("uv") is None:
        raise failure(
            path="guidellm",
            given="not installed",
            message="the benchmark needs guidellm, and uv, which installs it, is not in this environment",
            example="make setup",
        )
    run = run or _captured

    def install(command: Sequence[str]) -> None:
        attempts = [[*command, *WITHOUT_GPU], command] if "install" in command else [command]
        for attempt in attempts:
            done = run(attempt)
            if done.returncode == 0:
                return
        raise failure(
            path="guidellm",
            given=_last_line(done.stderr),
            message="the benchmark's own tool could not be installed: is the package index reachable? A guidellm that "
            "is there already is taken with --guidellm",
            example="uv tool install guidellm, then --guidellm ~/.local/bin/guidellm",
        )

    return side_environment("guidellm", requirements=REQUIREMENTS, run=install) / "guidellm"


def _captured(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def measure(guidellm: Path, endpoint: Endpoint, *, model: str, load: Load, say: Say) -> Mapping[str, Any]:
    """Its report. OpsError when it ends without one. The key goes by a file that only this person can read."""
    with tempfile.TemporaryDirectory(prefix="ops-bench-") as folder:
        report, prompts, asked = (Path(folder) / name for name in ("report.json", "prompts.jsonl", "asked.json"))
        prompts.write_text("".join(json.dumps({"prompt": text}) + "\n" for text in load.prompts), encoding="utf-8")
        asked.write_text(
            json.dumps(scenario(endpoint, model=model, load=load, prompts=prompts, report=report)), encoding="utf-8"
        )
        command = [str(guidellm), "run", "--config", str(asked), "--disable-console"]
        tail = _followed(command, environment=_environment(endpoint, folder=folder), load=load, say=say)
        if not report.is_file():
            raise failure(
                path="guidellm",
                given=(_last_line("\n".join(tail))).replace(endpoint.key, "[hidden]"),
                message="the benchmark ended without a report",
                example="python -m ops smoke --stack dev",
            )
        found: Mapping[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found


def scenario(endpoint: Endpoint, *, model: str, load: Load, prompts: Path, report: Path) -> dict[str, Any]:
    """What guidellm is told. Its look at ``/health`` goes to the list of models: the front hides the former."""
    profiles: Mapping[Kind, dict[str, Any]] = {
        "concurrency": {"kind": "concurrent", "streams": [int(target) for target in load.targets]},
        "rate": {"kind": "poisson", "rate": list(load.targets)},
    }
    return {
        "spec": {
            "backend": {
                "kind": "openai_http",
                "target": endpoint.base_url,
                "model": model,
                "api_key": endpoint.key,
                "request_format": "/v1/completions",
                "api_routes": {"/health": "v1/models"},
                "verify": True,
                "follow_redirects": False,
                "http2": False,
                "timeout": endpoint.timeout_s,
                "max_tokens": load.answer_tokens,
                "extras": {"body": {"ignore_eos": True, "temperature": 0.0}},
            },
            "profile": profiles[load.kind],
            "constraints": [
                {"kind": "max_requests", "count": list(load.requests)},
                {"kind": "max_duration", "seconds": load.max_seconds},
            ],
            "data": [{"kind": "json_file", "path": str(prompts)}],
            "outputs": [{"kind": "json", "path": str(report)}],
            "metrics": {"kind": "generative", "sample_size": 0},
        }
    }


def _environment(endpoint: Endpoint, *, folder: str) -> dict[str, str]:
    """It asks no hub for a tokenizer, leaves nothing in the home folder, and starts no more workers than there are
    cores: each of them loads torch."""
    local = {"NO_PROXY": ",".join(LOOPBACK_NAMES)} if urlsplit(endpoint.base_url).hostname in LOOPBACK_NAMES else {}
    own = {
        "HF_HOME": folder,
        "HF_HUB_OFFLINE": "1",
        "GUIDELLM__MAX_WORKER_PROCESSES": str(min(os.cpu_count() or 1, MAX_WORKERS)),
        "CUDA_VISIBLE_DEVICES": "",
    }
    return {**os.environ, **local, **own}


def _followed(command: Sequence[str], *, environment: Mapping[str, str], load: Load, say: Say) -> list[str]:
    """Run it to its end; what it logs last."""
    tail: list[str] = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        try:
            for line in process.stderr or ():
                tail = [*tail, line.strip()][-TAIL_LINES:]
                if text := step(line, load=load):
                    say(text)
        finally:
            if process.poll() is None:
                process.terminate()
    return tail


def step(line: str, *, load: Load) -> str | None:
    """How far it is, of a line of its log; None for other lines."""
    found = STEP.search(line)
    if found is None:
        return None
    index, answered, failed = (int(text) for text in found.groups())
    if index > len(load.targets):
        return None
    unit = "at a time" if load.kind == "concurrency" else "requests/s"
    return (
        f"level {index} of {len(load.targets)} ({load.targets[index - 1]:g} {unit}): {answered} of at most "
        f"{load.requests[index - 1]} answered" + (f", {failed} failed" if failed else "")
    )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
