"""What another number of hosts, now or at times, means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review.model import Consequence, Risk
from tests.review.consequences.told import PLAN, fleet, told
from tests.review.graphs import SCHEDULE, resource


def plan(*, follows_load: bool = True, target: float = 0.75, low: int = 1, **more: Any) -> Mapping[str, Any]:
    scaling = {"follows_load": follows_load, "signal": "in_flight", "target": target, **more}
    return {**PLAN, "replicas": {"min": low, "max": 4}, "scaling": scaling}


def of_plans(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Consequence]:
    return told(fleet(), fleet(), plans=(before, after))


def action(name: str = "office-start", *, low: int = 2, recurrence: str = "0 8 * * 1-5") -> dict[str, Any]:
    inputs = {
        "scheduledActionName": name,
        "recurrence": recurrence,
        "timeZone": "Europe/Berlin",
        "minSize": low,
        "maxSize": 4,
    }
    return resource(SCHEDULE, name, inputs)


def test_hosts_that_begin_and_cease_to_follow_the_load() -> None:
    found = of_plans(plan(follows_load=False), plan())["follows-load"]
    assert (found.risk, "between 1 and 4" in found.text) == (Risk.LOW, True)
    assert of_plans(plan(), plan(follows_load=False))["follows-load-no-more"].risk is Risk.MEDIUM


def test_another_target_replaces_nothing() -> None:
    higher = of_plans(plan(target=0.6), plan(target=0.9))["scaling-target"]
    assert higher.risk is Risk.MEDIUM
    assert higher.text == (
        "Each host is held at a load of 0.9 in place of 0.6: fewer hosts for the same load, and longer waits at a "
        "peak. Nothing is replaced for it."
    )
    assert of_plans(plan(target=0.9), plan(target=0.6))["scaling-target"].risk is Risk.LOW
    other = of_plans(plan(), plan(signal="kv_cache"))["scaling-target"]
    assert "of 0.75 (used part of the KV cache) in place of 0.75. " in other.text


def test_a_fleet_that_may_be_empty_refuses_its_first_request() -> None:
    asleep = plan(low=0, idle_s=1800, first_answer_s={"low": 300, "high": 1380})
    found = told(fleet(hosts=1), fleet(hosts=1), plans=(plan(), asleep))["may-be-empty"]
    assert found.risk is Risk.HIGH
    assert found.text == (
        "After 30 minutes without a request no host runs. The request after that is refused with 503 and starts one, "
        "and so are all until it serves, about 5 to 23 minutes later: clients must try again."
    )
    assert of_plans(asleep, plan())["never-empty"].risk is Risk.LOW
    assert "in place of 30 minutes" in of_plans(asleep, {**asleep, "scaling": {"idle_s": 3600}})["idle-time"].text


def test_a_bound_of_none_is_told_once() -> None:
    before, after = fleet(hosts=1), fleet(hosts=0)
    after[2]["inputs"]["maxSize"] = 1
    found = told(before, after, plans=(plan(), plan(low=0, idle_s=1800)))
    assert "may-be-empty" in found
    assert "size-minSize" not in found


def test_schedules() -> None:
    new = told(fleet(), [*fleet(), action()])
    assert new["schedule"].text == ("At `0 8 * * 1-5` (Europe/Berlin) the bounds become 2 to 4 hosts: `office-start`.")
    assert "begins next time" in new["schedule-begins"].text
    assert "bounds become 3 to 4" in told([*fleet(), action()], [*fleet(), action(low=3)])["schedule"].text
    gone = told([*fleet(), action()], fleet())["schedule-gone"]
    assert (gone.risk, "stay until something sets others" in gone.text) == (Risk.MEDIUM, True)


def test_a_fleet_that_may_be_empty_rolls_the_hosts_that_run() -> None:
    before, after = (fleet(text, hosts=0) for text in "ab")
    for graph in (before, after):
        graph[2]["inputs"]["maxSize"] = 3
    assert told(before, after)["hosts-roll"].text.startswith("Hosts that run then are replaced by an instance refresh")


def test_alarms_that_only_scale_are_none_for_people() -> None:
    scaling = resource("vllm:components:Scaling")
    alarm = resource("aws:cloudwatch/metricAlarm:MetricAlarm", "vllm-scale-in", parent=scaling)
    assert "alarms-added" not in told(fleet(), [*fleet(), scaling, alarm])
    assert "alarms-gone" not in told([*fleet(), scaling, alarm], fleet())
