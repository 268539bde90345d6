"""The two commands that people start vLLM with by hand, and what the stack that replaces each runs in their place.

Every argument of theirs is in ours with the same value; every one that ours has more is here with its reason, so that
a new one is a decision and not an accident.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sizing.local import Hardware
from tests.program.local_cases import FOUR_A100, LocalCase, gpus, local_case

ONE_A100 = gpus(1, name="NVIDIA A100-SXM4-80GB", memory_gib=80.0, compute_capability=8.0)
EIGHT_B = """docker run --gpus '"device=0"' -v ~/.cache/huggingface:/root/.cache/huggingface -p 8000:8000
vllm/vllm-openai --model meta-llama/Llama-3.1-8B-Instruct --max-model-len 8192 --gpu-memory-utilization 0.90"""
SEVENTY_B = """docker run --gpus all -v ~/.cache/huggingface:/root/.cache/huggingface -p 8000:8000
vllm/vllm-openai --model meta-llama/Llama-3.1-70B-Instruct --tensor-parallel-size 4 --gpu-memory-utilization 0.92"""
CACHE = {"path": "~/.cache/huggingface"}

MORE_FLAGS: Mapping[str, str] = {
    "--served-model-name": "clients go on naming the model as before when it comes from elsewhere",
    "--tensor-parallel-size": "said also where it is 1: vLLM's own default, seen in the plan",
    "--max-model-len": "8192 unless asked for more: the model's own 128k would leave room for one request",
    "--max-num-seqs": "as many as the cache holds",
    "--max-num-batched-tokens": "vLLM's own for the GPU, on which the plan's memory rests",
    "--max-num-queued-reqs": "a queue that nobody waits out is refused at once",
    "--sse-keep-alive-interval": "no proxy cuts a stream that is silent",
    "--safetensors-load-strategy": "the files are read ahead: minutes less of a start",
    "--shutdown-timeout": "a stop lets running requests end",
    "--port": "said, because the front and the health check go there",
    "--config": "the API keys, from a file and not from the environment or the arguments",
}
MORE_VARIABLES: Mapping[str, str] = {
    "CUDA_CACHE_PATH": "what is compiled is kept",
    "FLASHINFER_WORKSPACE_BASE": "what is compiled is kept",
    "HF_HOME": "said, because the mount goes there",
    "HF_TOKEN_PATH": "the token of a gated model, from a file",
    "HOME": "what nothing else is said of goes to the memory of the container",
    "TRITON_HOME": "what is compiled is kept",
    "USER": "PyTorch asks for a name, which an image has not for every user",
    "VLLM_CACHE_ROOT": "what is compiled is kept",
    "VLLM_ENGINE_READY_TIMEOUT_S": "large models load longer than vLLM waits",
    "VLLM_HTTP_TIMEOUT_KEEP_ALIVE": "above the front's idle timeout",
    "VLLM_MEDIA_URL_ALLOW_REDIRECTS": "no request makes this machine fetch from its own network",
    "VLLM_NO_USAGE_STATS": "nothing is sent to vLLM's makers",
}
MORE_OPTIONS: Mapping[str, str] = {
    "name": "commands of people and tools can name it",
    "labels": "tell whose it is",
    "restart": "it comes back after a reboot",
    "wait": "an update ends when vLLM serves",
    "waitTimeout": "for how long",
    "healthcheck": "a completion, so that a hung engine shows",
    "stopTimeout": "a stop lets running requests end",
    "destroyGraceSeconds": "so does a replacement",
    "shmSize": "workers share memory, but not this machine's: vLLM's documentation has it as the other way",
    "user": "not root, but whoever started it: what it leaves in the cache is theirs",
    "readOnly": "it changes nothing of its image",
    "tmpfs": "/tmp is all that it may write beside the cache",
    "capabilities": "it has no use for any",
    "securityOpts": "and gets none later",
    "logDriver": "named, because the engine fills it in",
    "logOpts": "logs do not fill the disk",
    "networkMode": "named, because the engine fills it in",
    "networksAdvanced": "the front reaches it there, and nobody else",
    "envs": "each variable has its reason above",
}


@dataclass(frozen=True)
class Command:
    """What `docker run` was asked for."""

    gpus: str
    mount: tuple[str, str]  # of this machine, in the container
    port: tuple[int, int]
    image: str
    model: str
    flags: Mapping[str, str]


def parsed(command: str) -> Command:
    words = shlex.split(command)
    assert words[:2] == ["docker", "run"]
    options = dict(zip(words[2:8:2], words[3:8:2], strict=True))
    image, *rest = words[8:]
    flags = dict(zip(rest[::2], rest[1::2], strict=True))
    here, inside = options["-v"].split(":")
    outside, port = options["-p"].split(":")
    return Command(
        gpus=options["--gpus"].strip('"'),  # quoted once more than a shell needs, because docker reads it as CSV
        mount=(here, inside),
        port=(int(outside), int(port)),
        image=image,
        model=flags.pop("--model"),
        flags=flags,
    )


def ours(case: LocalCase) -> tuple[str, dict[str, str]]:
    """The model, which `vllm serve` takes as its first argument, and the flags."""
    model, *rest = case.server.inputs["command"]
    assert all(word.startswith("--") for word in rest[::2]), rest
    return model, dict(zip(rest[::2], rest[1::2], strict=True))


CASES: Mapping[str, tuple[str, Hardware, Mapping[str, Any]]] = {
    "8B on one GPU": (
        EIGHT_B,
        ONE_A100,
        {
            "model": "meta-llama/Llama-3.1-8B-Instruct",
            "serving": {"maxModelLen": 8192, "gpuMemoryUtilization": 0.90},
            "compute": {"devices": [0]},
            "cache": CACHE,
        },
    ),
    "70B on four GPUs": (
        SEVENTY_B,
        FOUR_A100,
        {
            "model": "meta-llama/Llama-3.1-70B-Instruct",
            "serving": {"gpuMemoryUtilization": 0.92},
            "compute": {"tensorParallel": 4},
            "cache": CACHE,
        },
    ),
}


@pytest.fixture(params=CASES, scope="module")
def pair(request: pytest.FixtureRequest) -> tuple[Command, LocalCase]:
    command, hardware, sections = CASES[request.param]
    return parsed(command), local_case(hardware=hardware, **sections)


def test_the_same_model_with_every_flag_of_theirs(pair: tuple[Command, LocalCase]) -> None:
    command, case = pair
    model, flags = ours(case)
    assert model == command.model
    for flag, value in command.flags.items():
        assert float(flags[flag]) == float(value), flag


def test_the_same_gpus(pair: tuple[Command, LocalCase]) -> None:
    command, case = pair
    assert case.server.inputs["gpus"] == command.gpus


def test_the_same_cache_at_the_same_place(pair: tuple[Command, LocalCase]) -> None:
    command, case = pair
    here, inside = command.mount
    mounted = {mount["containerPath"]: mount.get("hostPath") for mount in case.server.inputs["volumes"]}
    # Not in the home of root, which is closed to whom our container runs as; HF_HOME says where instead.
    assert mounted.pop(f"/cache/{Path(inside).name}") == str(case.home / Path(here).relative_to("~"))
    assert set(mounted) == {"/cache/vllm", "/run/secrets/vllm"}, "compiled code, and keys"


def test_the_same_image_at_a_pinned_version(pair: tuple[Command, LocalCase]) -> None:
    command, case = pair
    repository, _, tag = case.plan.image.partition(":")
    assert (repository, bool(tag)) == (command.image, True)


def test_the_same_port_of_this_machine_but_only_for_itself(pair: tuple[Command, LocalCase]) -> None:
    command, case = pair
    (port,) = case.front.inputs["ports"]
    assert (port["external"], port["ip"]) == (command.port[0], "127.0.0.1")
    _, flags = ours(case)
    assert int(flags["--port"]) == command.port[1]


def test_whatever_is_more_has_a_reason(pair: tuple[Command, LocalCase]) -> None:
    command, case = pair
    _, flags = ours(case)
    assert flags.keys() - command.flags.keys() <= MORE_FLAGS.keys()
    assert {entry.split("=")[0] for entry in case.server.inputs["envs"]} <= MORE_VARIABLES.keys()
    assert case.server.inputs.keys() - {"command", "gpus", "image", "volumes"} <= MORE_OPTIONS.keys()


def test_no_reason_is_for_something_that_is_not_there() -> None:
    used: set[str] = set()
    for _, hardware, sections in CASES.values():
        case = local_case(hardware=hardware, **sections)
        used |= {*ours(case)[1], *case.server.inputs, *(entry.split("=")[0] for entry in case.server.inputs["envs"])}
    assert {*MORE_FLAGS, *MORE_VARIABLES, *MORE_OPTIONS} <= used
