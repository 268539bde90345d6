"""Without a GPU vLLM runs on the processor: in its own image, with a KV cache that is set and not guessed."""

from __future__ import annotations

import pytest

from sizing.plan import Plan
from tests.sizing.local_machines import CPU_24, RTX_4090, machine
from tests.sizing.test_local import LLAMA_8B, QWEN, flag, level, plan_of, problems_of


def space(plan: Plan) -> int:
    assert plan.local is not None
    assert plan.local.gpus is None
    return plan.local.cpu_kv_space_gib


def test_the_processor_is_taken_where_no_gpu_is_asked_for() -> None:
    plan = plan_of(CPU_24)
    assert plan.image == "vllm/vllm-openai-cpu:v0.32.0"
    assert (plan.gpu, plan.gpus_per_replica, plan.tensor_parallel_size) == ("CPU", 0, 1)
    assert level(plan, "cpu-only") == "WARNING"


def test_a_driver_in_trouble_is_named_in_the_warning() -> None:
    plan = plan_of(machine(trouble="Driver/library version mismatch"))
    (message,) = (finding.message for finding in plan.findings if finding.id == "cpu-only")
    assert "Driver/library version mismatch" in message


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ({"repository": "registry.example.com/vllm-cpu"}, "registry.example.com/vllm-cpu:v0.32.0"),
        ({"repository": "vllm/vllm-openai"}, "vllm/vllm-openai:v0.32.0"),
        ({"tag": "v0.31.0"}, "vllm/vllm-openai-cpu:v0.31.0"),
        (
            {"repository": "vllm/vllm-openai-cpu", "digest": "sha256:" + "0" * 64},
            "vllm/vllm-openai-cpu@sha256:" + "0" * 64,
        ),
    ],
)
def test_an_image_that_is_named_stays(image: object, found: str) -> None:
    assert plan_of(CPU_24, image=image).image == found


def test_the_share_of_memory_is_not_passed_so_that_the_worker_cannot_refuse_it() -> None:
    assert flag(plan_of(CPU_24), "--gpu-memory-utilization") is None
    assert flag(plan_of(CPU_24, serving={"gpuMemoryUtilization": 0.5}), "--gpu-memory-utilization") is None
    assert flag(plan_of(machine(RTX_4090)), "--gpu-memory-utilization") == "0.9"


@pytest.mark.parametrize(
    ("serving", "gib"),
    [({}, 4), ({"concurrency": 30, "typicalTokens": 8192}, 7), ({"maxModelLen": 32768, "concurrency": 6}, 6)],
)
def test_the_cache_is_as_large_as_asked_and_no_less_than_vllms_own(serving: object, gib: int) -> None:
    plan = plan_of(CPU_24, serving=serving)
    assert space(plan) == gib
    assert plan.memory.kv_cache_gib == pytest.approx(gib, abs=0.01)
    assert plan.memory.usable_gib < 0.7 * 23.4


def test_a_small_machine_gets_the_cache_that_fits() -> None:
    plan = plan_of(machine(memory_gib=11.5), serving={"maxModelLen": 2048})
    assert 1 <= space(plan) < 4


def test_terms_add_up() -> None:
    found = plan_of(CPU_24).memory
    parts = found.weights_gib + found.activation_gib + found.overhead_gib + found.kv_cache_gib
    assert parts == pytest.approx(found.usable_gib)


@pytest.mark.parametrize("concurrency", [1, 7, 30])
def test_what_is_asked_at_a_time_still_runs_at_a_time(concurrency: int) -> None:
    plan = plan_of(CPU_24, serving={"concurrency": concurrency})
    assert int(flag(plan, "--max-num-seqs") or 0) >= concurrency
    assert plan.requests >= concurrency


def test_defaults_of_a_step_are_vllms_for_processors() -> None:
    plan = plan_of(machine(memory_gib=512.0), serving={"typicalTokens": 512})
    assert (flag(plan, "--max-num-seqs"), flag(plan, "--max-num-batched-tokens")) == ("128", "2048")


def test_a_model_too_large_for_the_memory_is_refused() -> None:
    (problem,) = problems_of(CPU_24, LLAMA_8B)
    assert problem.path == "vllm:model.id"
    assert "no GPU, 23.4 GiB of memory" in problem.message
    assert plan_of(CPU_24, problem.example)


def test_a_larger_share_is_the_users_to_give() -> None:
    assert plan_of(CPU_24, LLAMA_8B, serving={"gpuMemoryUtilization": 0.95})


def test_weights_are_not_read_ahead_beside_themselves() -> None:
    assert flag(plan_of(CPU_24), "--safetensors-load-strategy") is None


def test_a_quantised_model_is_taken_with_a_warning() -> None:
    plan = plan_of(CPU_24, "Qwen/Qwen2.5-7B-Instruct-AWQ", serving={"maxModelLen": 4096})
    assert level(plan, "quantised-on-cpu") == "WARNING"
    assert level(plan_of(CPU_24, QWEN), "quantised-on-cpu") is None
