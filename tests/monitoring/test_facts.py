from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from config.sources import load_stack_file
from monitoring.alarms import metric_alarms
from monitoring.facts import Facts, Term
from sizing.plan import Plan
from sizing.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]


@cache
def plan(stack: str) -> Plan:
    return prepare(load_stack_file(stack=stack, root=ROOT), root=ROOT)[1]


def test_terms_are_the_facts() -> None:
    assert set(get_args(Term)) == Facts.terms()
    facts = Facts.of(plan("dev"))
    assert all(facts.value(term) > 0 for term in get_args(Term))


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_they_are_the_plans(stack: str) -> None:
    flags = {flag.name: flag.value for flag in plan(stack).flags}
    facts = Facts.of(plan(stack))
    assert str(facts.max_num_seqs) == flags["--max-num-seqs"]
    assert str(facts.max_num_seqs + facts.queue_room) == flags["--max-num-queued-reqs"]
    assert facts.stall_s == plan(stack).timers.stall_s
    assert f"{facts.gpu_memory_asked:g}" == flags["--gpu-memory-utilization"]


def test_what_the_user_gives_last_counts() -> None:
    given = replace(plan("dev"), vllm_args=(*plan("dev").vllm_args, "--max-num-seqs=3", "--max-num-queued-reqs", "5"))
    facts = Facts.of(given)
    assert (facts.max_num_seqs, facts.queue_room) == (3, 2)


def test_a_queue_without_room_still_has_a_limit() -> None:
    given = replace(plan("dev"), vllm_args=("model", "--max-num-seqs", "4", "--max-num-queued-reqs", "4"))
    assert Facts.of(given).queue_room == 1


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_limits_that_follow_can_be_reached(stack: str) -> None:
    """A limit above what vLLM can have would never ring."""
    facts = Facts.of(plan(stack))
    limit = {alarm.id: alarm.threshold for alarm in metric_alarms(stack=stack, facts=facts, thresholds={})}
    assert 0 < limit["requests-waiting"] < facts.queue_room
    assert limit["running-at-ceiling"] == facts.max_num_seqs
    assert facts.gpu_memory_asked < limit["gpu-memory"] < 1
    assert facts.cold_start_s < limit["slow-boot"] < facts.boot_deadline_s
    assert facts.first_token_s < limit["slow-first-token"] < plan(stack).timers.idle_timeout_s
    assert facts.inter_token_s < limit["slow-tokens"]


def test_without_an_estimate_of_speed_there_are_limits_all_the_same() -> None:
    facts = Facts.of(replace(plan("dev"), throughput=None))
    assert facts.first_token_s > 0
    assert facts.inter_token_s > 0
    assert facts.typical_answer_s > 0
