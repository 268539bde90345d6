"""The types that hosts may be of: which, with which flags, and with timers that hold on the slowest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config.models import StackConfig
from sizing.cold_start import slowest as slowest_start
from sizing.plan import ColdStart, Plan
from sizing.planner import make_plan
from sizing.speed import Speed
from sizing.speed import slowest as slowest_speed

ConfigOf = Callable[..., StackConfig]
USUAL = {"maxModelLen": 8192, "typicalTokens": 2048}


def plan_of(config_of: ConfigOf, **sections: Any) -> Plan:
    return make_plan(config_of(serving=USUAL, **sections))


def findings(plan: Plan) -> dict[str, tuple[str, str]]:
    return {finding.id: (finding.level, finding.message) for finding in plan.findings}


def value(arguments: tuple[str, ...], flag: str) -> str | None:
    return arguments[arguments.index(flag) + 1] if flag in arguments else None


def test_without_capacity_hosts_are_of_the_chosen_type_alone(config_of: ConfigOf) -> None:
    plan = plan_of(config_of)
    (only,) = plan.host_types
    assert (only.instance_type, only.vllm_args) == (plan.instance_type, plan.vllm_args)
    assert plan.capacity is not None
    assert (plan.capacity.spot_percent, plan.capacity.block_id, plan.capacity.open_reservations) == (0, None, False)


def test_auto_takes_at_most_seven_that_cost_at_most_twice_as_much(config_of: ConfigOf) -> None:
    plan = plan_of(config_of, compute={"capacity": {"types": "auto"}})
    first, *others = plan.host_types
    prices = [each.hourly_usd or 0.0 for each in others]
    assert 1 <= len(others) <= 7
    assert max(prices) <= 2 * (first.hourly_usd or 0.0)
    assert prices == sorted(prices)
    assert {each.instance_type for each in others} <= {each.instance_type for each in plan.equivalents}


def test_named_types_keep_their_order_and_leave_out_the_chosen_one(config_of: ConfigOf) -> None:
    names = ["p5.48xlarge", "g6.2xlarge", "g4dn.12xlarge", "g6.xlarge"]
    plan = plan_of(config_of, compute={"capacity": {"types": names}})
    assert [each.instance_type for each in plan.host_types] == ["g6.2xlarge", *(n for n in names if n != "g6.2xlarge")]


def test_each_type_has_its_own_flags_and_counts_requests_of_the_typical_length(config_of: ConfigOf) -> None:
    plan = plan_of(config_of, compute={"capacity": {"types": ["g5.2xlarge", "g4dn.12xlarge", "g6.xlarge"]}})
    l4, a10g, t4, small = plan.host_types
    assert a10g.vllm_args == l4.vllm_args == plan.vllm_args
    assert (value(t4.vllm_args, "--tensor-parallel-size"), value(t4.vllm_args, "--dtype")) == ("4", "half")
    assert t4.gpus_per_replica == 4
    assert small.vllm_args != plan.vllm_args, "its memory does not hold the weights that are read ahead"
    assert value(small.vllm_args, "--safetensors-load-strategy") is None
    for each in plan.host_types:
        assert each.planned_concurrency <= int(value(each.vllm_args, "--max-num-seqs") or 0)
    assert l4.planned_concurrency == 17
    assert a10g.planned_concurrency > plan.equivalents[0].max_concurrency, "not requests of the full length"
    assert t4.planned_concurrency > 4 * l4.planned_concurrency


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["g4dn.xlarge"], "no usable option: g4dn.xlarge: too small: 15.0 GiB of weights"),
        (["t3.micro", "g5g.xlarge"], "t3.micro: it has no GPU; g5g.xlarge: it has an ARM processor"),
        (["g99.xlarge"], "no usable option: g99.xlarge: this type is not known"),
        (["g5.2xlarge", "g4dn.xlarge"], "1 of 2 cannot stand in: g4dn.xlarge"),
    ],
)
def test_a_named_type_that_cannot_stand_in_is_told_with_its_reason(
    problems_of: Callable[..., Any], names: list[str], message: str
) -> None:
    (problem,) = problems_of(serving=USUAL, compute={"capacity": {"types": names}})
    assert problem.path == "vllm:compute.capacity.types"
    assert message in problem.message
    assert problem.given == ", ".join(names)
    assert "g6.2xlarge" in problem.allowed
    assert problem.example.startswith("[g")


def test_a_named_type_must_be_offered_and_have_the_gpus_asked_for(problems_of: Callable[..., Any]) -> None:
    (elsewhere,) = problems_of(region="sa-east-1", compute={"capacity": {"types": ["p6-b200.48xlarge"]}})
    assert "p6-b200.48xlarge: not offered in sa-east-1" in elsewhere.message
    (few,) = problems_of(compute={"tensorParallel": 4, "capacity": {"types": ["g6.2xlarge"]}})
    assert "it has 1 GPUs, and compute.tensorParallel is 4" in few.message


def test_what_is_wrong_with_the_machine_is_told_beside_it(problems_of: Callable[..., Any]) -> None:
    found = problems_of(
        "meta-llama/Llama-3.1-70B-Instruct",
        compute={"instanceType": "g6.2xlarge", "capacity": {"types": ["g5.2xlarge"]}},
    )
    assert len(found) == 2
    assert found[1].path == "vllm:compute.capacity.types"


def test_auto_that_finds_none_is_a_warning(config_of: ConfigOf) -> None:
    plan = plan_of(config_of, compute={"instanceType": "g6.xlarge", "capacity": {"types": "auto"}})
    assert len(plan.host_types) > 1
    alone = make_plan(
        config_of(
            "deepseek-ai/DeepSeek-R1",
            serving={"maxModelLen": 32_768, "concurrency": 70},
            compute={"capacity": {"types": "auto"}},
        )
    )
    assert len(alone.host_types) == 1
    level, message = findings(alone)["no-stand-ins"]
    assert level == "WARNING"
    assert alone.instance_type in message


def test_a_named_type_with_few_processors_is_warned_of(config_of: ConfigOf) -> None:
    named = plan_of(config_of, compute={"capacity": {"types": ["g6.xlarge", "g6.12xlarge"], "spotPercent": 0}})
    level, message = findings(named)["vcpus-below-floor"]
    assert (level, message.startswith("g6.xlarge has 4 vCPUs")) == ("WARNING", True)
    assert "vcpus-below-floor" not in findings(plan_of(config_of, compute={"capacity": {"types": "auto"}}))


def start_of(**seconds: int) -> ColdStart:
    return ColdStart(total=sum(seconds.values()), phases=tuple(seconds.items()))


def test_the_slowest_start_and_speed_are_so_in_each_part() -> None:
    found = slowest_start([start_of(image=300, load=20, engine=90), start_of(image=300, load=60, engine=50)])
    assert found == start_of(image=300, load=60, engine=90)
    one, other = (Speed(slowest_first_token_s=a, longest_generation_s=b) for a, b in ((1, 90), (5, 20)))
    assert slowest_speed([one, other]).longest_answer_s == 95


def test_timers_hold_on_the_slowest_type(config_of: ConfigOf) -> None:
    """Four T4 take longer for everything than eight H100."""
    alone = plan_of(config_of, compute={"instanceType": "p5.48xlarge"})
    mixed = plan_of(config_of, compute={"instanceType": "p5.48xlarge", "capacity": {"types": ["g4dn.12xlarge"]}})
    assert mixed.timers.deregistration_delay_s > alone.timers.deregistration_delay_s
    assert value(mixed.vllm_args, "--shutdown-timeout") == str(mixed.timers.shutdown_timeout_s)
    assert value(mixed.host_types[1].vllm_args, "--shutdown-timeout") == str(mixed.timers.shutdown_timeout_s)
    assert mixed.cold_start.total >= alone.cold_start.total
