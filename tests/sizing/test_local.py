"""A stack on this machine: the same memory, flags and findings, on the GPUs that are here, or on the processor."""

from __future__ import annotations

from typing import Any

import pytest

from config.errors import ConfigError, Problem
from config.parse import parse
from sizing.explain import explain
from sizing.local import Hardware, LocalGpu
from sizing.plan import Plan
from sizing.plan_view import plan_dict
from sizing.prepare import prepare
from tests.sizing.local_machines import A100, CPU_24, RTX_4090, machine

QWEN = "Qwen/Qwen2.5-1.5B-Instruct"
LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"
LLAMA_70B = "meta-llama/Llama-3.1-70B-Instruct"


def raw(model: str, **sections: Any) -> dict[str, Any]:
    return {"vllm:target": "local", "vllm:model": model, **{f"vllm:{name}": value for name, value in sections.items()}}


def plan_of(hardware: Hardware, model: str = QWEN, **sections: Any) -> Plan:
    return prepare(parse(stack="mine", raw=raw(model, **sections)), hardware=lambda: hardware)[1]


def problems_of(hardware: Hardware, model: str = QWEN, **sections: Any) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        plan_of(hardware, model, **sections)
    return tuple(caught.value.problems)


def flag(plan: Plan, name: str) -> str | None:
    return plan.vllm_args[plan.vllm_args.index(name) + 1] if name in plan.vllm_args else None


def level(plan: Plan, ident: str) -> str | None:
    return next((finding.level for finding in plan.findings if finding.id == ident), None)


def test_the_first_command_of_the_project() -> None:
    plan = plan_of(
        machine(RTX_4090, RTX_4090),
        LLAMA_8B,
        compute={"devices": [0]},
        serving={"maxModelLen": 8192, "gpuMemoryUtilization": 0.90},
    )
    assert plan.local is not None
    assert (plan.local.gpus, plan.tensor_parallel_size, plan.image) == ("device=0", 1, "vllm/vllm-openai:v0.32.0")
    assert (flag(plan, "--max-model-len"), flag(plan, "--gpu-memory-utilization")) == ("8192", "0.9")


def test_the_second_command_of_the_project() -> None:
    plan = plan_of(
        machine(*[A100] * 4),
        LLAMA_70B,
        compute={"tensorParallel": 4},
        serving={"gpuMemoryUtilization": 0.92},
    )
    assert plan.local is not None
    assert (plan.local.gpus, plan.gpus_per_replica) == ("all", 4)
    assert (flag(plan, "--tensor-parallel-size"), flag(plan, "--gpu-memory-utilization")) == ("4", "0.92")


def test_nothing_is_paid_and_nothing_is_said_of_aws() -> None:
    plan = plan_of(machine(RTX_4090))
    assert (plan.cost.hourly_usd, plan.cost.monthly_usd, plan.cost.items) == (0, 0, ())
    assert (plan.replicas.min, plan.replicas.max, plan.alternatives, plan.equivalents) == (1, 1, (), ())
    said = " ".join([*(finding.message for finding in plan.findings), *(each.reason for each in plan.flags)])
    for word in ("AWS", "zone", "AMI", "load balancer", "EC2", "refresh", "slot", "USD", "local has", "on local"):
        assert word not in said, said


def test_the_cold_start_is_that_of_a_container() -> None:
    plan = plan_of(machine(RTX_4090))
    phases = dict(plan.cold_start.phases)
    assert list(phases) == ["image", "download", "load", "engine", "probe"]
    assert plan.cold_start.total == sum(phases.values())
    assert plan.timers.engine_ready_timeout_s >= 2 * (phases["load"] + phases["engine"])


def test_memory_is_what_torch_will_see_of_the_card_that_is_here() -> None:
    plan = plan_of(machine(RTX_4090))
    assert plan.gpu == "RTX 4090"
    assert 23.3 < plan.memory.total_gib < RTX_4090.memory_gib
    assert level(plan, "unknown-gpu") is None


@pytest.mark.parametrize(
    "gpu",
    [
        LocalGpu(index=0, name="NVIDIA RTX Nonesuch", memory_gib=24.0, compute_capability=12.0),
        LocalGpu(index=0, name="NVIDIA GeForce RTX 4090", memory_gib=48.0, compute_capability=8.9),
        LocalGpu(index=0, name="NVIDIA GeForce RTX 4090 Laptop GPU", memory_gib=16.0, compute_capability=8.9),
        LocalGpu(index=0, name="NVIDIA GeForce RTX 3070 Laptop GPU", memory_gib=8.0, compute_capability=8.6),
        LocalGpu(index=0, name="NVIDIA RTX A2000", memory_gib=12.0, compute_capability=8.6),
    ],
    ids=lambda gpu: f"{gpu.name} {gpu.memory_gib:g}",
)
def test_a_card_that_is_not_known_counts_with_its_memory_and_a_low_speed(gpu: LocalGpu) -> None:
    plan = plan_of(machine(gpu))
    assert level(plan, "unknown-gpu") == "WARNING"
    assert plan.memory.total_gib == pytest.approx(0.98 * gpu.memory_gib, abs=0.01)
    assert plan.gpu == gpu.name


@pytest.mark.parametrize(
    ("devices", "gpus", "parallel"),
    [
        (None, "all", 4),
        ("all", "all", 4),
        ([0], "device=0", 1),
        ([2, 1], "device=1,2", 2),
        ([0, 1, 2], "device=0,1,2", 2),
    ],
)
def test_devices_become_what_docker_takes(devices: object, gpus: str, parallel: int) -> None:
    plan = plan_of(machine(*[A100] * 4), LLAMA_8B, compute={"devices": devices} if devices else {})
    assert plan.local is not None
    assert (plan.local.gpus, plan.tensor_parallel_size) == (gpus, parallel)
    assert level(plan, "idle-gpus") == ("INFO" if devices == [0, 1, 2] else None)


def test_a_named_gpu_takes_those_of_that_name_alone() -> None:
    rtx_3060 = LocalGpu(index=0, name="NVIDIA GeForce RTX 3060", memory_gib=12.0, compute_capability=8.6)
    both = machine(rtx_3060, RTX_4090)
    plan = plan_of(both, compute={"gpu": "rtx 4090"})
    assert plan.local is not None
    assert (plan.local.gpus, plan.gpu) == ("device=1", "RTX 4090")
    (problem,) = problems_of(both, compute={"gpu": "A100"})
    assert (problem.path, "NVIDIA GeForce RTX 3060" in problem.allowed) == ("vllm:compute.gpu", True)
    (problem,) = problems_of(both, compute={"gpu": "RTX 4090", "devices": [0]})
    assert problem.path == "vllm:compute.gpu"


def test_different_cards_count_as_the_smaller_one() -> None:
    rtx_3060 = LocalGpu(index=0, name="NVIDIA GeForce RTX 3060", memory_gib=12.0, compute_capability=8.6)
    plan = plan_of(machine(RTX_4090, rtx_3060))
    assert level(plan, "mixed-gpus") == "WARNING"
    assert plan.memory.total_gib < 12
    assert plan.tensor_parallel_size == 2


def test_a_gpu_that_is_not_there_is_named_with_those_that_are() -> None:
    (problem,) = problems_of(machine(RTX_4090), compute={"devices": [0, 3]})
    assert problem.path == "vllm:compute.devices"
    assert "no GPU 3" in problem.message
    assert "0 (NVIDIA GeForce RTX 4090, 24.0 GiB)" in problem.allowed
    assert problem.example == "[0]"


def test_more_gpus_than_there_are() -> None:
    (problem,) = problems_of(machine(RTX_4090), compute={"tensorParallel": 2})
    assert problem.path == "vllm:compute.tensorParallel"
    assert "this machine has 1 GPU" in problem.message


def test_a_card_below_the_images_kernels_is_refused() -> None:
    gtx = LocalGpu(index=0, name="NVIDIA GeForce GTX 1080 Ti", memory_gib=11.0, compute_capability=6.1)
    (problem,) = problems_of(machine(gtx))
    assert "compute capability 6.1" in problem.message
    (problem,) = problems_of(machine(gtx, RTX_4090))
    assert problem.example == "[1]"


@pytest.mark.parametrize(
    ("compute", "path"),
    [
        ({"devices": [0]}, "vllm:compute.devices"),
        ({"devices": "all"}, "vllm:compute.devices"),
        ({"gpu": "RTX 4090"}, "vllm:compute.gpu"),
        ({"tensorParallel": 1}, "vllm:compute.tensorParallel"),
    ],
)
def test_gpus_that_are_asked_for_and_not_there_stop_the_plan(compute: object, path: str) -> None:
    (problem,) = problems_of(CPU_24, compute=compute)
    assert problem.path == path
    assert "no GPU is found here" in problem.message
    trouble = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
    (problem,) = problems_of(machine(trouble=trouble), compute=compute)
    assert trouble in problem.message


def test_a_model_too_large_for_the_card_says_what_would_fit() -> None:
    (problem,) = problems_of(machine(RTX_4090), "Qwen/Qwen2.5-14B-Instruct")
    assert problem.path == "vllm:model.id"
    assert "does not fit on this machine (1 x RTX 4090" in problem.message
    assert "It would fit with model.quantization: fp8" in problem.message
    assert problem.example == "Qwen/Qwen2.5-7B-Instruct"


def test_a_request_too_long_for_the_card_says_the_longest_that_fits() -> None:
    (problem,) = problems_of(machine(RTX_4090), LLAMA_8B, serving={"maxModelLen": 60_000})
    assert problem.path == "vllm:serving.maxModelLen"
    assert int(problem.example) < 60_000
    assert plan_of(machine(RTX_4090), LLAMA_8B, serving={"maxModelLen": int(problem.example)})
    assert "serving.kvCacheDtype: fp8" in problem.message
    assert plan_of(machine(RTX_4090), LLAMA_8B, serving={"maxModelLen": 60_000, "kvCacheDtype": "fp8"})


def test_more_devices_are_offered_where_they_would_do() -> None:
    (problem,) = problems_of(machine(*[A100] * 4), LLAMA_70B, compute={"devices": [0]})
    assert "compute.devices: all" in problem.message
    assert plan_of(machine(*[A100] * 4), LLAMA_70B)


def test_more_requests_than_the_card_holds() -> None:
    (problem,) = problems_of(machine(RTX_4090), LLAMA_8B, serving={"concurrency": 50})
    assert problem.path == "vllm:serving.concurrency"
    assert "scaling.min" not in problem.message
    assert plan_of(machine(RTX_4090), LLAMA_8B, serving={"concurrency": int(problem.example)})


def test_everything_wrong_is_in_one_report() -> None:
    found = problems_of(
        machine(RTX_4090), compute={"devices": [1]}, serving={"extraArgs": {"no-such": 1}}, tags={"a": "b"}
    )
    assert [problem.path for problem in found] == [
        "vllm:tags",
        "vllm:serving.extraArgs.no-such",
        "vllm:compute.devices",
    ]


def test_hardware_is_asked_for_a_stack_on_this_machine_alone() -> None:
    asked = []

    def hardware() -> Hardware:
        asked.append("yes")
        return CPU_24

    prepare(parse(stack="mine", raw={"aws:region": "us-east-1", "vllm:model": LLAMA_8B}), hardware=hardware)
    assert asked == []
    prepare(parse(stack="mine", raw=raw(QWEN)), hardware=hardware)
    assert asked == ["yes"]


def test_the_plan_as_data_says_what_is_local() -> None:
    assert plan_dict(plan_of(machine(RTX_4090)))["local"] == {"gpus": "all", "cpu_kv_space_gib": 0}
    aws = prepare(parse(stack="mine", raw={"aws:region": "us-east-1", "vllm:model": LLAMA_8B}))[1]
    assert "local" not in plan_dict(aws)


@pytest.mark.parametrize("hardware", [machine(RTX_4090), CPU_24], ids=["gpu", "cpu"])
def test_the_page_for_people_has_no_price_and_no_region(hardware: Hardware) -> None:
    config, plan = prepare(parse(stack="mine", raw=raw(QWEN, endpoint={"port": 9000})), hardware=lambda: hardware)
    page = explain(config, plan)
    assert page.startswith(f"mine: {QWEN} on this machine\n")
    assert "http://localhost:9000/v1" in page
    assert max(map(len, page.splitlines())) <= 120
    for word in ("USD", "region", "AWS", "load balancer", "slot"):
        assert word not in page


def test_a_digest_is_not_of_the_cpu_image() -> None:
    """One stack file serves a machine with a GPU and one without."""
    digest = "sha256:" + "ab" * 32
    shared = {"tag": "v0.32.0", "digest": digest}
    assert plan_of(machine(RTX_4090), image=shared).image == f"vllm/vllm-openai@{digest}"
    assert plan_of(CPU_24, image=shared).image == "vllm/vllm-openai-cpu:v0.32.0"
    own = {**shared, "repository": "registry.example.com/vllm-cpu"}
    assert plan_of(CPU_24, image=own).image == f"registry.example.com/vllm-cpu@{digest}"
