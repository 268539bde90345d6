"""Rows of ``test_bad_input`` about ``scaling`` and ``compute.capacity``, in the form of ``bad_input``."""

from __future__ import annotations

from typing import Any

OFFICE: dict[str, Any] = {"name": "office", "start": "0 8 * * 1-5", "end": "0 18 * * 1-5", "min": 2}
BLOCK = {"id": "cr-0123456789abcdef0", "zone": "us-east-1a"}
IN_A_BLOCK: dict[str, Any] = {
    "vllm:compute": {"instanceType": "p5.48xlarge", "capacity": {"block": BLOCK}},
    "vllm:network": {"zones": ["us-east-1a", "us-east-1b"]},
}


def _schedules(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"vllm:scaling": {"schedules": [{**OFFICE, **each} for each in changes]}}


def _capacity(**keys: Any) -> dict[str, Any]:
    return {"vllm:compute": {"capacity": keys}}


def _block(**changes: dict[str, Any]) -> dict[str, Any]:
    return {**IN_A_BLOCK, **{f"vllm:{section}": value for section, value in changes.items()}}


SCHEDULE = "vllm:scaling.schedules[0]"
SECOND = "vllm:scaling.schedules[1]"
CAPACITY = "vllm:compute.capacity"

SCALING: list[tuple[Any, ...]] = [
    ({"vllm:scaling": {"min": 3, "max": 1}}, "vllm:scaling.min", "3", "which is 1", "1", "min 3 is above max 1"),
    ({"vllm:scaling": {"min": -1}}, "vllm:scaling.min", "-1", "0 to 1000", "1", "greater than or equal to 0"),
    ({"vllm:scaling": {"max": 0}}, "vllm:scaling.max", "0", "1 to 1000", "1", "greater than or equal to 1"),
    (
        {"vllm:scaling": {"signal": "gpu_utilization"}},
        *("vllm:scaling.signal", "gpu_utilization", "in_flight", "in_flight", "near 100% as soon as one request runs"),
    ),
    (
        {"vllm:scaling": {"signal": "DCGM_FI_DEV_GPU_UTIL"}},
        *("vllm:scaling.signal", "GPU_UTIL", "kv_cache", "in_flight", "never added for GPU utilisation"),
    ),
    (
        {"vllm:scaling": {"signal": "in-flight"}},
        *("vllm:scaling.signal", "in-flight", "in_flight", "in_flight", "did you mean in_flight"),
    ),
    ({"vllm:scaling": {"target": 75}}, "vllm:scaling.target", "75", "0.1 to 1", "0.75", "less than or equal to 1"),
    (
        {"vllm:scaling": {"idleMinutes": 10}},
        *("vllm:scaling.idleMinutes", "10", "min is 1 or more", "min: 0", "ends only with min: 0"),
    ),
    (
        {"vllm:scaling": {"strategy": "predictive"}},
        *("vllm:scaling.strategy", "predictive", "terminate_first", "launch_first", "this must be"),
    ),
    # cron
    (_schedules({"start": "0 8 * * MON-FRI"}), f"{SCHEDULE}.start", "MON-FRI", "cron", '"0 8', "days as 0-6"),
    (_schedules({"start": "@daily"}), f"{SCHEDULE}.start", "@daily", "cron", '"0 8', "five fields"),
    (_schedules({"start": "0 0 8 * * 1"}), f"{SCHEDULE}.start", "0 0 8", "cron", '"0 8', "neither seconds nor years"),
    (_schedules({"start": "*/5 8 * * 1"}), f"{SCHEDULE}.start", "*/5 8", "one minute", '"0 8', "one number"),
    (_schedules({"end": "0 18 L * *"}), f"{SCHEDULE}.end", "L", "cron", '"0 8', "the day of month 'L' is none"),
    (_schedules({"end": "0 18 ? * 1"}), f"{SCHEDULE}.end", "?", "cron", '"0 8', "the day of month '?' is none"),
    (_schedules({"end": "0 18 * * 5#1"}), f"{SCHEDULE}.end", "5#1", "cron", '"0 8', "the day of week '5#1' is none"),
    (_schedules({"end": "0 24 * * *"}), f"{SCHEDULE}.end", "24", "cron", '"0 8', "the hour is out of range"),
    (_schedules({"end": "0 18-8 * * *"}), f"{SCHEDULE}.end", "18-8", "cron", '"0 8', "runs backwards"),
    (_schedules({"start": 8}), f"{SCHEDULE}.start", "8", "cron", '"0 8', "not a whole number"),
    (
        _schedules({"start": "0 8 30 2 *", "end": "0 8 1 3 *"}),
        *(f"{SCHEDULE}.start", "30 2", "a time that comes", "0 8", "no such month has that day"),
    ),
    # time zones
    (_schedules({"timeZone": "Berlin"}), f"{SCHEDULE}.timeZone", "Berlin", "IANA", "Europe/", "mean Europe/Berlin?"),
    (_schedules({"timeZone": "UTC"}), f"{SCHEDULE}.timeZone", "UTC", "IANA", "Europe/", "mean Etc/UTC?"),
    (_schedules({"timeZone": "Europe"}), f"{SCHEDULE}.timeZone", "Europe", "IANA", "Europe/", "not the name"),
    (_schedules({"timeZone": "/etc/x"}), f"{SCHEDULE}.timeZone", "/etc/x", "IANA", "Europe/", "not the name"),
    # schedules
    (_schedules({"min": 3, "max": 2}), f"{SCHEDULE}.min", "3", "schedules[0].max, which is 2", "2", "above max 2"),
    (
        _schedules({"name": "Office Hours"}),
        f"{SCHEDULE}.name",
        "Office",
        "small letters",
        "office-hours",
        "this is not",
    ),
    (_schedules({"from": "x"}), f"{SCHEDULE}.from", "x", f"in {SCHEDULE}: name, start", "name:", "has no key from"),
    ({"vllm:scaling": {"schedules": ["x"]}}, SCHEDULE, "x", "schedules", "[{name", "must be a mapping"),
    ({"vllm:scaling": {"schedules": {}}}, "vllm:scaling.schedules", "{}", "schedules", "[{name", "must be a list"),
    (
        _schedules({}, {"start": "0 20 * * *", "end": "0 22 * * *"}),
        *(f"{SECOND}.name", "office", "no other schedule", "office-2", "schedules[0] has it already"),
    ),
    (
        _schedules({"end": "0 8 * * 1"}),
        *(f"{SCHEDULE}.end", "office: 0 8", "another time than start", "0 18", "first at 2027-01-04 08:00 Etc/UTC"),
    ),
    (
        _schedules({}, {"name": "lunch", "start": "0 12 * * 3", "end": "0 13 * * 3"}),
        *(f"{SECOND}.start", "lunch: 0 12", "neither overlap nor meet", "start: ", "office and lunch collide"),
    ),
    (
        _schedules({}, {"name": "evening", "start": "0 18 * * 1-5", "end": "0 22 * * 1-5"}),
        *(f"{SECOND}.start", "evening: 0 18", "neither", "start: ", "first at 2027-01-01 18:00 Etc/UTC"),
    ),
    (
        _schedules({}, {"name": "yearly", "start": "0 0 24 12 *", "end": "0 0 2 1 *"}),
        *(f"{SECOND}.start", "yearly: 0 0 24", "neither", "start: ", "first at 2027-12-24 08:00"),
    ),
]
CAPACITIES: list[tuple[Any, ...]] = [
    ({"vllm:compute": {"capacity": [{"market": "spot"}]}}, CAPACITY, "market", "types", "{types", "not a list"),
    (_capacity(market="spot"), f"{CAPACITY}.market", "spot", "spotPercent", "types: auto", "has no key market"),
    (_capacity(types=["auto"]), f"{CAPACITY}.types", "auto", "auto, or 1 to 7", "auto", "none of what is allowed"),
    (_capacity(types=[]), f"{CAPACITY}.types", "[]", "auto, or 1 to 7", "auto", "none of what is allowed"),
    (_capacity(types="g6"), f"{CAPACITY}.types", "g6", "auto, or 1 to 7", "auto", "none of what is allowed"),
    (
        _capacity(types=["g5.2xlarge", "g6e.2xlarge", "g5.2xlarge"]),
        *(f"{CAPACITY}.types[2]", "g5.2xlarge", "once", "[g5.2xlarge, g6e.2xlarge]", "types[0] is the same"),
    ),
    (
        {"vllm:compute": {"instanceType": "g6.2xlarge", "capacity": {"types": ["g6.2xlarge", "g5.2xlarge"]}}},
        *(f"{CAPACITY}.types[0]", "g6.2xlarge", "once", "[g5.2xlarge]", "always tried first"),
    ),
    (_capacity(reservations="all"), f"{CAPACITY}.reservations", "all", "open", "[cr-", "none of what is allowed"),
    (_capacity(reservations=["cr-1"]), f"{CAPACITY}.reservations", "cr-1", "open", "[cr-", "none of what is allowed"),
    (
        _capacity(reservations=[BLOCK["id"]] * 2),
        *(f"{CAPACITY}.reservations[1]", "cr-", "once", "[cr-", "reservations[0] is the same"),
    ),
    (_capacity(spotPercent=101), f"{CAPACITY}.spotPercent", "101", "0 to 100", "50", "less than or equal to 100"),
    (_capacity(onDemandBase=1), f"{CAPACITY}.onDemandBase", "1", "without spotPercent", "{onDemand", "is on demand"),
    (
        _capacity(onDemandBase=1, spotPercent=0),
        *(f"{CAPACITY}.onDemandBase", "1", "spotPercent above 0", "{onDemand", "every replica is on demand"),
    ),
    (
        _capacity(reservations="open", spotPercent=100),
        *(f"{CAPACITY}.reservations", "100", "onDemandBase above 0", "{onDemand", "spot instances use no reservation"),
    ),
    # a block
    (
        _block(compute={"instanceType": "p5.48xlarge", "capacity": {"block": BLOCK, "types": "auto"}}),
        *(f"{CAPACITY}.block", "block beside types", "block alone", "{block", "leave block out, or types"),
    ),
    (
        _block(
            compute={"instanceType": "p5.48xlarge", "capacity": {"block": BLOCK, "spotPercent": 50, "onDemandBase": 1}}
        ),
        *(f"{CAPACITY}.block", "onDemandBase, spotPercent", "block alone", "{block", "and from nowhere else"),
    ),
    (
        _block(compute={"capacity": {"block": BLOCK}}),
        *("vllm:compute.instanceType", "auto", "Capacity Block is of", "p5.48xlarge", "is of one type"),
    ),
    (
        _block(network={}),
        *("vllm:network.zones", "nothing", "us-east-1a among them", "[us-east-1a, us-east-1b]", "nowhere else"),
    ),
    (
        _block(network={"zones": ["us-east-1b", "us-east-1c"]}),
        *("vllm:network.zones", "us-east-1b", "us-east-1a among them", "[us-east-1a", "name that zone"),
    ),
    (
        _block(
            compute={"instanceType": "p5.48xlarge", "capacity": {"block": {**BLOCK, "zone": "eu-west-1a"}}},
        ),
        *(f"{CAPACITY}.block.zone", "eu-west-1a", "zone of us-east-1", "us-east-1a", "take a block there"),
    ),
    (
        _block(compute={"instanceType": "p5.48xlarge", "capacity": {"block": {"zone": "us-east-1a"}}}),
        *(f"{CAPACITY}.block.id", "nothing", "cr-", "cr-0123456789abcdef0", "required"),
    ),
]
BAD_FLEET_INPUT = [*SCALING, *CAPACITIES]

GOOD_FLEETS: list[dict[str, Any]] = [
    IN_A_BLOCK,
    {"vllm:scaling": {"min": 0}},
    {"vllm:scaling": {"min": 0, "idleMinutes": 5, "max": 3}},
    _schedules({}),
    _schedules({"min": 0}, {"name": "night", "start": "1 18 * * *", "end": "59 7 * * *"}),
    _schedules({"start": "0 8 29 2 *"}, {"name": "b", "start": "0 20 */2 1,6 0-7/2", "end": "0 21 * * *"}),
    _schedules({"timeZone": "Europe/Berlin"}, {"name": "b", "start": "0 18 * * 1-5", "end": "0 20 * * 1-5"}),
    _capacity(),
    _capacity(types="auto", onDemandBase=1, spotPercent=50, reservations="open"),
    _capacity(types=["g5.2xlarge", "p5.48xlarge"], reservations=[BLOCK["id"]]),
    {"vllm:compute": {"instanceType": "g6.2xlarge", "capacity": {"types": ["g5.2xlarge"]}}},
]
"""What is not complained about."""
