"""Every wait in the system, derived from the cold start and the speed. Seconds. ``broken`` states the inequalities.

Limits of AWS: load balancer idle timeout 1-4000, deregistration delay 0-3600, hook heartbeat timeout 30-7200 and at
most 100 heartbeats or 48 h in all; health check interval 5-300, thresholds 2-10.
"""

from __future__ import annotations

import math

from sizing.cold_start import INSTANCE_S, blank_slot_s, engine_start_s
from sizing.plan import ColdStart, Timers
from sizing.speed import Speed

MARGIN = 2.0  # of every estimate: being early only costs a slower verdict on a broken boot
BOOT_FLOOR_S = 1800  # time for a person to put the keys of a new stack
ENGINE_FLOOR_S = 600  # vLLM's own default
HEARTBEAT_INTERVAL_S = 60
REGISTRATION_S = 60  # from InService to the first health check that counts
HEALTH_INTERVAL_S = 10
HEALTHY_THRESHOLD = 2
UNHEALTHY_THRESHOLD = 3
IDLE_FLOOR_S = 300
IDLE_LIMIT_S = 4000
KEEP_ALIVE_MORE_S = 30
DRAIN_FLOOR_S = 120
DRAIN_LIMIT_S = 1800  # keeps the terminating hook, which holds it twice, below its 7200 s
STOP_MORE_S = 30
TERMINATE_MORE_S = 60
STALL_FLOOR_S = 180  # kernels that a first request compiles take about a minute
HEARTBEAT_LIMIT_S = 7200
HEARTBEATS_LIMIT = 100
HOOK_LIMIT_S = 48 * 3600
LAUNCH_HEARTBEAT_S = 2 * HEARTBEAT_INTERVAL_S + 3 * INSTANCE_S
BOOT_LONGEST_S = min(HEARTBEATS_LIMIT * LAUNCH_HEARTBEAT_S, HOOK_LIMIT_S)


def _minutes_up(seconds: float) -> int:
    return math.ceil(seconds / 60) * 60


def _bounded(seconds: float, *, low: int, high: int) -> int:
    return max(low, min(_minutes_up(seconds), high))


def timers(*, start: ColdStart, speed: Speed) -> Timers:
    # A client that does not stream gets its first byte after the whole answer.
    silence = max(MARGIN * speed.slowest_first_token_s, speed.longest_answer_s)
    idle = _bounded(silence, low=IDLE_FLOOR_S, high=IDLE_LIMIT_S)
    drain = _bounded(speed.longest_answer_s, low=DRAIN_FLOOR_S, high=DRAIN_LIMIT_S)
    engine = _bounded(MARGIN * engine_start_s(start), low=ENGINE_FLOOR_S, high=BOOT_LONGEST_S)
    settle = REGISTRATION_S + HEALTH_INTERVAL_S * (HEALTHY_THRESHOLD + 1)
    return Timers(
        boot_deadline_s=_bounded(MARGIN * start.total, low=BOOT_FLOOR_S, high=BOOT_LONGEST_S),
        cache_wait_s=_minutes_up(min(drain_s(drain), blank_slot_s(start))),
        launch_heartbeat_timeout_s=LAUNCH_HEARTBEAT_S,
        launch_heartbeat_interval_s=HEARTBEAT_INTERVAL_S,
        engine_ready_timeout_s=engine,
        grace_period_s=settle,
        instance_warmup_s=settle,
        idle_timeout_s=idle,
        keep_alive_s=idle + KEEP_ALIVE_MORE_S,
        deregistration_delay_s=drain,
        shutdown_timeout_s=drain,
        stop_timeout_s=drain + STOP_MORE_S,
        terminate_heartbeat_timeout_s=drain_s(drain) + TERMINATE_MORE_S,
        health_interval_s=HEALTH_INTERVAL_S,
        healthy_threshold=HEALTHY_THRESHOLD,
        unhealthy_threshold=UNHEALTHY_THRESHOLD,
        stall_s=_minutes_up(max(STALL_FLOOR_S, MARGIN * speed.slowest_first_token_s)),
    )


def drain_s(deregistration_s: int) -> int:
    """From the terminating state of a host to its released slot."""
    return 2 * deregistration_s + STOP_MORE_S


def broken(t: Timers, *, start: ColdStart, speed: Speed) -> tuple[str, ...]:
    """The inequalities that do not hold, as sentences; empty for every plan that is handed out."""
    rules = {
        "boot deadline covers the cold start": t.boot_deadline_s >= MARGIN * start.total,
        "boot deadline covers vLLM's own timeout": t.boot_deadline_s >= t.engine_ready_timeout_s,
        "one lost heartbeat does not end a launch": t.launch_heartbeat_timeout_s > 2 * t.launch_heartbeat_interval_s,
        "the first heartbeat comes in time": t.launch_heartbeat_timeout_s > INSTANCE_S + t.launch_heartbeat_interval_s,
        "AWS allows as many heartbeats as a boot needs": t.boot_deadline_s
        <= min(HEARTBEATS_LIMIT * t.launch_heartbeat_timeout_s, HOOK_LIMIT_S),
        "vLLM waits for its engine": t.engine_ready_timeout_s >= MARGIN * engine_start_s(start),
        "grace and warm-up cover registration and the healthy threshold": all(
            max(60, t.health_interval_s * t.healthy_threshold) <= settle <= 180
            for settle in (t.grace_period_s, t.instance_warmup_s)
        ),
        "idle timeout outlasts the slowest first token": t.idle_timeout_s > speed.slowest_first_token_s
        or t.idle_timeout_s == IDLE_LIMIT_S,
        "idle timeout outlasts the longest answer": t.idle_timeout_s >= speed.longest_answer_s
        or t.idle_timeout_s == IDLE_LIMIT_S,
        "drain outlasts the longest answer": t.deregistration_delay_s >= speed.longest_answer_s
        or t.deregistration_delay_s == DRAIN_LIMIT_S,
        "vLLM drains as long as the load balancer": t.shutdown_timeout_s >= t.deregistration_delay_s,
        "idle timeout within AWS's limit": t.idle_timeout_s <= IDLE_LIMIT_S,
        "vLLM keeps connections longer than the load balancer": t.keep_alive_s > t.idle_timeout_s,
        "stop outlasts the drain": t.stop_timeout_s > t.shutdown_timeout_s,
        "deregistration within AWS's limit": t.deregistration_delay_s <= 3600,
        "terminating hook outlasts deregistration and stop": t.terminate_heartbeat_timeout_s
        > t.deregistration_delay_s + t.stop_timeout_s,
        "terminating hook within AWS's limit": t.terminate_heartbeat_timeout_s <= HEARTBEAT_LIMIT_S,
        "a cold start after the wait for a slot is within the boot deadline": t.boot_deadline_s
        >= t.cache_wait_s + start.total,
        "the wait for a slot costs no more than the slot saves": t.cache_wait_s <= blank_slot_s(start) + 60,
        "a stall outlasts the slowest first token": t.stall_s > speed.slowest_first_token_s,
        "the load balancer turns from a stalled host before the group does": t.stall_s
        > t.health_interval_s * t.unhealthy_threshold,
    }
    return tuple(sentence for sentence, holds in rules.items() if not holds)
