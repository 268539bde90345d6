"""What the rules found, for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from policies.check import Violation
from policies.model import Rule
from policies.read import name_of, type_of


def as_text(violations: Sequence[Violation], *, rules: Sequence[Rule], stack: str) -> str:
    """What stops the deployment last, next to the count of it."""
    ordered = sorted(violations, key=lambda item: (item.stops, item.rule.level == "mandatory"))
    return "\n\n".join([*map(_block, ordered), _summary(violations, rules=rules, stack=stack)]) + "\n"


def as_json(violations: Sequence[Violation], *, rules: Sequence[Rule]) -> str:
    """``{"rules": [ids], "violations": [...], "passes": bool}``."""
    document = {
        "rules": [rule.id for rule in rules],
        "violations": [violation.as_dict() for violation in violations],
        "passes": passes(violations),
    }
    return json.dumps(document, indent=2) + "\n"


def passes(violations: Sequence[Violation]) -> bool:
    return not any(violation.stops for violation in violations)


def _block(violation: Violation) -> str:
    rule, finding = violation.rule, violation.finding
    level = "waived" if violation.waived else rule.level
    lines = [
        f"{level}: {rule.id}: {type_of(finding.urn)} {name_of(finding.urn)}",
        f"    {finding.message}",
        f"    do:    {rule.remedy}",
        f"    stops: {rule.cause}",
    ]
    if violation.waived:
        lines.append(f"    waived: {violation.waived}")
    if violation.ended:
        lines.append(f"    its waiver ended on {violation.ended}")
    return "\n".join(lines)


def _summary(violations: Sequence[Violation], *, rules: Sequence[Rule], stack: str) -> str:
    stopping = sum(violation.stops for violation in violations)
    waived = sum(violation.waived is not None for violation in violations)
    advice = len(violations) - stopping - waived
    outcome = f"{stopping} must be resolved" if stopping else "passes"
    return f"{stack}: {outcome}; {len(rules)} rules, {advice} advisory, {waived} waived"
