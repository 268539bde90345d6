"""How checks are run: together, in their order, each that cannot look a finding; and how findings are shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from config.parse import parse
from ops.doctor.case import Case
from ops.doctor.check import Check, Need
from ops.doctor.checks import budget
from ops.doctor.examine import CREDENTIALS, PULUMI, examine
from ops.doctor.model import Finding, error, errors_of, ok, skipped, warning
from ops.doctor.report import text
from ops.errors import failure
from sizing.prepare import prepare
from tests.ops.doctor.looking import look

TOKEN = "hf_" + "aB3" * 11


def a_case(*, outputs: Mapping[str, Any] | None = None, **sections: Any) -> Case:
    """Of a stack that nobody asks AWS about."""
    raw = {"aws:region": "us-east-1", "vllm:model": "meta-llama/Llama-3.1-8B-Instruct"}
    config, plan = prepare(
        parse(stack="dev", raw={**raw, **{f"vllm:{name}": value for name, value in sections.items()}})
    )
    return Case(config=config, plan=plan, environment={}, ask_pulumi=lambda stack, environment: outputs or {})


def silent(text: str) -> None:
    del text


def check(name: str, *, needs: Need = "nothing", says: Finding | Exception | None = None) -> Check:
    def look(case: Case) -> Iterator[Finding]:
        del case
        if isinstance(says, Exception):
            raise says
        yield says or ok("fine")

    return Check(id=name, asks="?", look=look, needs=needs)


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeThings")


def test_they_run_side_by_side_and_keep_their_order() -> None:
    """The first waits for the last: one after the other they would never end."""
    begun = threading.Event()

    def first(case: Case) -> Iterator[Finding]:
        del case
        yield ok(str(begun.wait(timeout=30)))

    def last(case: Case) -> Iterator[Finding]:
        del case
        begun.set()
        yield ok("last")

    checks = [Check(id="a", asks="?", look=first), Check(id="b", asks="?", look=last)]
    said: list[str] = []
    found = examine(a_case(), checks=checks, say=said.append)
    assert [(each.id, each.seen) for each in found] == [("a", "True"), ("b", "last")]
    assert said == ["waiting for a", ""]


def test_what_needs_aws_waits_for_the_credentials() -> None:
    bad = check(CREDENTIALS, says=error("expired", fix="aws sso login"))
    found = examine(a_case(), checks=[check("quota", needs="aws"), bad], say=silent)
    assert [(each.id, each.level) for each in found] == [("quota", "skipped"), (CREDENTIALS, "error")]
    good = examine(a_case(), checks=[check("quota", needs="aws"), check(CREDENTIALS)], say=silent)
    assert [each.level for each in good] == ["ok", "ok"]


def test_what_needs_a_deployed_stack_says_why_it_did_not_look() -> None:
    def refused(stack: str, environment: object) -> dict[str, str]:
        del environment
        raise failure(path=f"stack {stack}", message="pulumi is not logged in: pulumi login")

    checks = [check(CREDENTIALS), check("targets", needs="deployed")]
    (_, nothing) = examine(a_case(), checks=checks, say=silent)
    assert (nothing.level, nothing.seen) == ("skipped", "nothing is deployed yet")
    unknown = replace(a_case(), ask_pulumi=refused)
    (_, not_known) = examine(unknown, checks=checks, say=silent)
    assert PULUMI in not_known.seen
    (_, there) = examine(a_case(outputs={"zones": []}), checks=checks, say=silent)
    assert there.level == "ok"


@pytest.mark.parametrize(
    ("raised", "level", "fix"),
    [
        (refusal("AccessDenied"), "warning", "run this as a role that may read it: docs/doctor.md lists the calls"),
        (refusal("Throttling"), "error", "check the network and the proxy, then run it again"),
        (refusal("ExpiredToken"), "error", "aws sso login"),
        (failure(path="x", message="it is gone: pulumi up"), "error", "pulumi up"),
        (failure(path="x", message="odd", example="do this"), "error", "do this"),
    ],
)
def test_a_check_that_cannot_look_is_a_finding(raised: Exception, level: str, fix: str) -> None:
    (found,) = examine(a_case(), checks=[check("x", says=raised)], say=silent)
    assert (found.id, found.level, found.fix) == ("x", level, fix)


def test_a_fault_without_a_remedy_is_a_fault_of_ours() -> None:
    for level in ("warning", "error"):
        with pytest.raises(ValueError, match="helps nobody"):
            Finding(level=level, seen="bad")
    assert skipped("why").fix == ""


def test_no_finding_says_a_secret() -> None:
    finding = error(f"token {TOKEN}", fix=f"export HF_TOKEN={TOKEN}")
    assert TOKEN not in str(finding)
    assert TOKEN not in str(errors_of([failure(path="x", message=TOKEN).problem]))


def test_people_get_counts_in_the_end() -> None:
    findings = [
        replace(each, id="x") for each in (ok("a"), warning("b", fix="c"), error("d", fix="e"), error("f", fix="g"))
    ]
    lines = text("dev", findings).splitlines()
    assert lines[1:3] == ["WARNING  x  b", "            fix: c"]
    assert lines[-1] == "dev: 2 errors, 1 warning, 1 ok"


@pytest.mark.parametrize(
    ("usd", "notify", "levels"),
    [(None, True, ["skipped"]), (5000, True, ["ok"]), (10, True, ["warning"]), (10, False, ["warning", "warning"])],
)
def test_the_budget_is_compared_with_the_plan(usd: float | None, notify: bool, levels: list[str]) -> None:
    given = {} if usd is None else {"monthlyUsd": usd}
    case = a_case(budget=given, monitoring={"notify": ["a@example.com"]} if notify else {})
    found = look(budget.CHECK, case)
    assert [finding.level for finding in found] == levels
    assert all(finding.fix for finding in found if finding.level != "ok")
