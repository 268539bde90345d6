"""What the model can do for clients from now on, and what the planner warns of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from review.consequences.facts import Facts, count
from review.consequences.money import OVER
from review.model import Consequence, Risk
from review.plans import flags_of

CONTEXT = "--max-model-len"
FEATURES = {
    "--enable-auto-tool-choice": "tool calls",
    "--tool-call-parser": "tool calls",
    "--reasoning-parser": "reasoning apart from the answer",
    "--enable-lora": "LoRA adapters",
}
AT_A_TIME = "typical_concurrency"
WARNING = "WARNING"


def consequences(facts: Facts) -> Iterator[Consequence]:
    old, new = facts.before.plan, facts.after.plan
    if not old or not new:
        return
    before, after = flags_of(old.get("vllm_args") or ()), flags_of(new.get("vllm_args") or ())
    yield from _context(before, after)
    lost = sorted({what for flag, what in FEATURES.items() if flag in before and flag not in after})
    if lost:
        yield Consequence(
            id="features-gone", risk=Risk.HIGH, text=f"Requests that use {' or '.join(lost)} fail from now on."
        )
    yield from _concurrency(old, new)
    yield from _warnings(old, new)


def _context(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Consequence]:
    old, new = (str(flags.get(CONTEXT, "")) for flags in (before, after))
    if old.isdigit() and new.isdigit() and int(new) < int(old):
        yield Consequence(
            id="context-shorter",
            risk=Risk.HIGH,
            text=f"Requests of more than {int(new):,} tokens, prompt and answer, are refused; so far {int(old):,} were "
            "allowed.",
        )


def _concurrency(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Consequence]:
    before, after = old.get(AT_A_TIME), new.get(AT_A_TIME)
    if isinstance(before, int) and isinstance(after, int) and after < before:
        yield Consequence(
            id="fewer-at-a-time",
            risk=Risk.MEDIUM,
            text=f"A replica runs {count(after, 'request')} at a time in place of {before:,}; others wait.",
        )


def _warnings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Consequence]:
    known = {finding["id"] for finding in old.get("findings") or ()}
    for finding in new.get("findings") or ():
        if finding["level"] == WARNING and finding["id"] not in {*known, OVER}:
            yield Consequence(
                id=f"plan-{finding['id']}", risk=Risk.MEDIUM, text=f"The plan warns: {finding['message']}."
            )
