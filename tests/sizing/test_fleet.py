"""When replicas come and go, how they change, from where they come: the plan, its findings, its page and its data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config.models import StackConfig
from sizing.cold_start import blank_slot_s
from sizing.explain import explain
from sizing.fleet_plan import ChangePlan
from sizing.plan import Plan
from sizing.plan_view import plan_dict
from sizing.planner import make_plan
from sizing.scaling_plan import COOLDOWN_MORE_S

ConfigOf = Callable[..., StackConfig]
USUAL = {"maxModelLen": 8192, "typicalTokens": 2048}
OFFICE = {"name": "office", "start": "0 8 * * 1-5", "end": "0 18 * * 1-5", "min": 2, "max": 6}
BLOCK = {"id": "cr-0123456789abcdef0", "zone": "us-east-1a"}


def plan_of(config_of: ConfigOf, **sections: Any) -> Plan:
    return make_plan(config_of(serving=USUAL, **sections))


def findings(plan: Plan) -> dict[str, tuple[str, str]]:
    return {finding.id: (finding.level, finding.message) for finding in plan.findings}


def test_a_replica_leaves_slower_than_one_comes(config_of: ConfigOf) -> None:
    plan = plan_of(config_of, scaling={"max": 3})
    assert plan.scaling is not None
    assert plan.scaling.follows_load
    assert plan.scaling.scale_in_cooldown_s >= plan.cold_start.total + COOLDOWN_MORE_S
    assert plan.scaling.low_for_s >= plan.cold_start.total
    assert plan.scaling.planned_concurrency == plan.host_types[0].planned_concurrency
    assert plan.scaling.idle_s is None


def test_without_room_to_grow_nothing_follows_the_load(config_of: ConfigOf) -> None:
    scaling = plan_of(config_of, scaling={"min": 2}).scaling
    assert scaling is not None
    assert not scaling.follows_load


def test_a_schedule_may_be_what_there_is_most_of(config_of: ConfigOf) -> None:
    plan = plan_of(config_of, scaling={"schedules": [OFFICE]})
    assert (plan.replicas.min, plan.replicas.max, plan.replicas.most) == (1, 1, 6)
    assert plan.cache.slots_per_zone == 4, "6 in two zones, and one to replace"
    assert plan.scaling is not None
    assert plan.scaling.follows_load


def test_from_zero_the_first_answer_takes_the_alarm_and_a_boot(config_of: ConfigOf) -> None:
    plan = plan_of(config_of, scaling={"min": 0, "idleMinutes": 10})
    assert plan.scaling is not None
    assert plan.scaling.first_answer_s is not None
    start, first = plan.cold_start, plan.scaling.first_answer_s
    assert first.low == 60 + start.total - blank_slot_s(start)
    assert first.high == 180 + start.total
    assert plan.scaling.idle_s == 600
    assert plan.replicas.max == 1


def test_nothing_that_runs_costs_no_instance_but_slots_and_load_balancer(config_of: ConfigOf) -> None:
    plan, one = (plan_of(config_of, scaling={"min": low, "max": 1}) for low in (0, 1))
    items = {item.name for item in plan.cost.items}
    assert not items & {"instances", "root volumes", "logs"}
    assert {"cache slots", "load balancer"} <= items
    assert plan.cost.hourly_usd < one.cost.hourly_usd / 3
    level, message = findings(plan)["scales-to-zero"]
    assert level == "INFO"
    assert "503 at once" in message
    assert "0 replicas" in explain(config_of(serving=USUAL, scaling={"min": 0}), plan)


def test_the_cost_of_more_replicas_is_told(config_of: ConfigOf) -> None:
    told = findings(plan_of(config_of, scaling={"max": 4, "schedules": [OFFICE]}))
    assert "with 1 replica and" in told["cost-follows-load"][1]
    assert "with 6 replicas, the most" in told["cost-follows-load"][1]
    assert "office" in told["schedules-cost"][1]
    assert not {"cost-follows-load", "schedules-cost"} & findings(plan_of(config_of)).keys()


def test_a_cache_that_never_fills_adds_no_replica(config_of: ConfigOf) -> None:
    """With few sequences at once the cache stays nearly empty, whatever waits."""
    few = make_plan(config_of(serving={**USUAL, "maxNumSeqs": 4}, scaling={"max": 3, "signal": "kv_cache"}))
    level, message = findings(few)["kv-cache-signal"]
    assert (level, "no replica would ever be added" in message) == ("WARNING", True)
    assert findings(plan_of(config_of, scaling={"max": 3, "signal": "kv_cache"}))["kv-cache-signal"][0] == "INFO"


def test_spot_without_a_base_is_a_warning_where_the_stack_is_kept(config_of: ConfigOf) -> None:
    spot = {"compute": {"capacity": {"spotPercent": 50}}, "scaling": {"max": 3}}
    assert findings(plan_of(config_of, **spot))["spot-without-base"][0] == "WARNING"
    assert findings(plan_of(config_of, cache={"protect": False}, **spot))["spot-without-base"][0] == "INFO"
    based = {**spot, "compute": {"capacity": {"spotPercent": 50, "onDemandBase": 1}}}
    assert "spot-without-base" not in findings(plan_of(config_of, **based))


def test_answers_that_outlast_a_spot_notice_are_told(config_of: ConfigOf) -> None:
    spot = {"capacity": {"spotPercent": 50, "onDemandBase": 1}}
    level, message = findings(plan_of(config_of, compute=spot, scaling={"max": 3}))["spot-drain"]
    assert level == "WARNING"
    assert "100 s of them" in message
    quick = config_of("Qwen/Qwen3-0.6B", serving={"maxModelLen": 256}, compute=spot, scaling={"max": 3})
    assert "spot-drain" not in findings(make_plan(quick))


def test_spot_that_is_never_taken_is_told(config_of: ConfigOf) -> None:
    plan = plan_of(config_of, compute={"capacity": {"spotPercent": 50, "onDemandBase": 2}}, scaling={"max": 2})
    assert "spotPercent does nothing" in findings(plan)["spot-never"][1]


def test_the_dearest_stand_in_is_told_with_its_price(config_of: ConfigOf) -> None:
    plan = plan_of(config_of, compute={"capacity": {"types": ["p5.48xlarge", "g5.2xlarge"]}})
    assert "up to 55.04 on p5.48xlarge" in findings(plan)["stand-ins-cost"][1]


def test_reservations_are_open_or_named(config_of: ConfigOf) -> None:
    opened = plan_of(config_of, compute={"capacity": {"reservations": "open"}}).capacity
    named = plan_of(config_of, compute={"capacity": {"reservations": [BLOCK["id"]]}}).capacity
    assert opened is not None
    assert named is not None
    assert (opened.open_reservations, opened.reservation_ids) == (True, ())
    assert (named.open_reservations, named.reservation_ids) == (False, (BLOCK["id"],))


def test_a_block_is_in_one_zone_and_ends_a_host_before_the_next(config_of: ConfigOf) -> None:
    plan = plan_of(
        config_of,
        compute={"instanceType": "p5.48xlarge", "capacity": {"block": BLOCK}},
        network={"zones": ["us-east-1a", "us-east-1b"]},
        scaling={"min": 2},
    )
    assert plan.cache.zones == 1
    assert plan.cache.slots_per_zone == 3
    assert plan.change is not None
    assert not plan.change.launch_first
    assert {"capacity-block", "terminate-first"} <= findings(plan).keys()
    assert findings(plan)["terminate-first"][0] == "INFO"


@pytest.mark.parametrize(("replicas", "checkpoints"), [(1, (100,)), (2, (50, 100)), (3, (33, 100)), (300, (1, 100))])
def test_a_change_pauses_after_its_first_host(config_of: ConfigOf, replicas: int, checkpoints: tuple[int, ...]) -> None:
    plan = plan_of(config_of, scaling={"min": replicas})
    assert plan.change == ChangePlan(launch_first=True, checkpoints=checkpoints, bake_s=600)


def test_the_only_host_that_ends_first_is_a_downtime(config_of: ConfigOf) -> None:
    level, message = findings(plan_of(config_of, scaling={"strategy": "terminate_first"}))["terminate-first"]
    assert (level, "nothing answers" in message) == ("WARNING", True)


EVERYTHING: dict[str, Any] = {
    "compute": {"capacity": {"types": ["g5.2xlarge", "p5.48xlarge"], "reservations": "open", "spotPercent": 25}},
    "scaling": {"min": 0, "max": 3, "schedules": [OFFICE]},
}


def test_the_page_says_it_in_words(config_of: ConfigOf) -> None:
    config = config_of(serving=USUAL, **EVERYTHING)
    page = explain(config, make_plan(config))
    for words in (
        "Capacity Reservations: any of the account that matches",
        "g6.2xlarge, then 2 others in the order below",
        "25% of all replicas",
        "p5.48xlarge          8  55.0400    1,024  its own, taken at boot",
        "above 75% of 17 per replica",
        "longer than a cold start",
        "after 30 minutes without a request",
        "which gets 503",
        "2 to 6 from 0 8 * * 1-5 to 0 18 * * 1-5 (cron), Etc/UTC",
        "0 to 3 (up to 6 by schedule)",
        "the new host serves before the old one ends",
    ):
        assert words in " ".join(page.split()) or words in page, words
    assert max(map(len, page.splitlines())) <= 120


def test_the_data_has_it_all(config_of: ConfigOf) -> None:
    found = plan_dict(make_plan(config_of(serving=USUAL, **EVERYTHING)))
    assert [each["instance_type"] for each in found["host_types"]] == ["g6.2xlarge", "g5.2xlarge", "p5.48xlarge"]
    assert isinstance(found["host_types"][0]["vllm_args"], list)
    assert found["capacity"]["spot_percent"] == 25
    assert found["scaling"]["schedules"][0]["time_zone"] == "Etc/UTC"
    assert found["scaling"]["first_answer_s"].keys() == {"low", "high"}
    assert found["change"] == {"launch_first": True, "checkpoints": [16, 100], "bake_s": 600}
    assert found["replicas"] == {"min": 0, "max": 3, "most": 6}
