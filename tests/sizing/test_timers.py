"""The inequalities between the waits hold for whatever cold start and speed a plan has."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing.plan import ColdStart, Timers
from sizing.speed import Speed
from sizing.timers import BOOT_LONGEST_S, broken, timers

PHASES = ("instance", "cache_slot", "secrets", "image", "download", "load", "engine", "probe")


def start_of(*seconds: int) -> ColdStart:
    return ColdStart(total=sum(seconds), phases=tuple(zip(PHASES, seconds, strict=True)))


@given(
    st.lists(st.integers(1, 1500), min_size=len(PHASES), max_size=len(PHASES)),
    st.floats(0.01, 20_000),
    st.floats(0.01, 100_000),
)
def test_every_inequality_holds(seconds: list[int], first_token_s: float, generation_s: float) -> None:
    start = start_of(*seconds)
    speed = Speed(slowest_first_token_s=first_token_s, longest_generation_s=generation_s)
    assert broken(timers(start=start, speed=speed), start=start, speed=speed) == ()


USUAL = start_of(60, 30, 5, 300, 80, 60, 100, 10)
SPEED = Speed(slowest_first_token_s=20, longest_generation_s=700)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"boot_deadline_s": 60}, "boot deadline covers the cold start"),
        ({"engine_ready_timeout_s": 9000}, "boot deadline covers vLLM's own timeout"),
        ({"launch_heartbeat_timeout_s": 120}, "one lost heartbeat does not end a launch"),
        ({"launch_heartbeat_timeout_s": 110}, "the first heartbeat comes in time"),
        ({"boot_deadline_s": 40_000}, "AWS allows as many heartbeats as a boot needs"),
        ({"engine_ready_timeout_s": 10}, "vLLM waits for its engine"),
        ({"grace_period_s": 900}, "grace and warm-up cover registration and the healthy threshold"),
        ({"instance_warmup_s": 10}, "grace and warm-up cover registration and the healthy threshold"),
        ({"idle_timeout_s": 15}, "idle timeout outlasts the slowest first token"),
        ({"idle_timeout_s": 719}, "idle timeout outlasts the longest answer"),
        ({"deregistration_delay_s": 719}, "drain outlasts the longest answer"),
        ({"shutdown_timeout_s": 700}, "vLLM drains as long as the load balancer"),
        ({"idle_timeout_s": 4001}, "idle timeout within AWS's limit"),
        ({"keep_alive_s": 60}, "vLLM keeps connections longer than the load balancer"),
        ({"stop_timeout_s": 700}, "stop outlasts the drain"),
        ({"deregistration_delay_s": 3601}, "deregistration within AWS's limit"),
        ({"terminate_heartbeat_timeout_s": 800}, "terminating hook outlasts deregistration and stop"),
        ({"terminate_heartbeat_timeout_s": 7201}, "terminating hook within AWS's limit"),
        ({"cache_wait_s": 1200}, "a cold start after the wait for a slot is within the boot deadline"),
        ({"cache_wait_s": 460}, "the wait for a slot costs no more than the slot saves"),
        ({"stall_s": 20}, "a stall outlasts the slowest first token"),
        ({"stall_s": 30}, "the load balancer turns from a stalled host before the group does"),
    ],
)
def test_each_inequality_is_really_checked(changes: dict[str, int], sentence: str) -> None:
    bent = replace(timers(start=USUAL, speed=SPEED), **changes)
    assert sentence in broken(bent, start=USUAL, speed=SPEED)


def test_timers_follow_their_causes() -> None:
    usual = timers(start=USUAL, speed=SPEED)
    slower_start = timers(start=start_of(60, 30, 5, 300, 2000, 900, 300, 10), speed=SPEED)
    slower_model = timers(start=USUAL, speed=Speed(slowest_first_token_s=400, longest_generation_s=1500))
    assert slower_start.boot_deadline_s > usual.boot_deadline_s
    assert slower_start.engine_ready_timeout_s > usual.engine_ready_timeout_s
    assert slower_start.grace_period_s == usual.grace_period_s  # counted from InService, so not from the boot
    assert slower_model.idle_timeout_s > usual.idle_timeout_s
    assert slower_model.deregistration_delay_s > usual.deregistration_delay_s
    assert slower_model.stop_timeout_s > usual.stop_timeout_s
    assert slower_model.stall_s > usual.stall_s


def test_a_restart_of_vllm_is_not_given_the_time_of_a_download() -> None:
    """Step model-files has the files before vLLM starts; a vLLM that hangs in its start is found that much sooner."""
    usual = timers(start=USUAL, speed=SPEED)
    slow_hub = timers(start=start_of(60, 30, 5, 300, 2000, 60, 100, 10), speed=SPEED)
    assert slow_hub.boot_deadline_s > usual.boot_deadline_s
    assert slow_hub.engine_ready_timeout_s == usual.engine_ready_timeout_s


def test_a_boot_waits_for_a_slot_only_while_that_is_faster_than_a_blank_volume() -> None:
    quick = Speed(slowest_first_token_s=1, longest_generation_s=20)
    assert timers(start=USUAL, speed=quick).cache_wait_s == 300  # a leaving host has drained by then
    assert timers(start=USUAL, speed=SPEED).cache_wait_s == 420  # image and model are there again by then


def test_the_longest_boot_is_what_heartbeats_allow() -> None:
    assert timers(start=start_of(60, 30, 5, 300, 90_000, 900, 300, 10), speed=SPEED).boot_deadline_s == BOOT_LONGEST_S


def test_all_timers_are_positive_whole_seconds() -> None:
    usual = timers(start=USUAL, speed=SPEED)
    assert all(getattr(usual, field.name) > 0 for field in fields(Timers))
