"""Deployments of a few resources, for rules that look at nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.check import violations_of
from policies.loader import load_rules
from policies.model import Deployment, Resource, Step
from tests.policies.days import TODAY

PRODUCTION = {"tags": {"environment": "production"}}
RULES = {rule.id: rule for rule in load_rules()}


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:small::vllm::{type_}::{name}"


def made(
    type_: str, name: str = "it", /, *, protect: bool = False, ignored: Iterable[str] = (), **inputs: Any
) -> Resource:
    """A resource whose inputs that are Resources are links: the value is their name."""
    depends = {key: (value.urn,) for key, value in inputs.items() if isinstance(value, Resource)}
    plain = {key: value.name if isinstance(value, Resource) else value for key, value in inputs.items()}
    outputs: Any = plain.pop("outputs", {})
    return Resource(
        urn=urn(type_, name),
        type=type_,
        name=name,
        inputs=plain,
        outputs=outputs,
        depends=depends,
        protect=protect,
        ignore_changes=tuple(ignored),
    )


def step(op: str, old: Resource) -> Step:
    return Step(op=op, urn=old.urn, type=old.type, name=old.name, old=old)


def broken(rule: str, *resources: Resource, steps: Iterable[Step] = ()) -> list[str]:
    """The messages of the rule about these resources."""
    deployment = Deployment(resources=resources, steps=tuple(steps))
    found = violations_of(deployment, rules=[RULES[rule]], today=TODAY)
    return [violation.finding.message for violation in found]


def user_data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The same thing as it must not be and as it may be. ``says``: words of the message."""

    rule: str
    bad: tuple[Resource, ...]
    says: str
    good: tuple[Resource, ...]

    def __str__(self) -> str:
        return f"{self.rule}: {self.says}"


def pair(rule: str, says: str, bad: Resource | Iterable[Resource], good: Resource | Iterable[Resource]) -> Pair:
    return Pair(rule=rule, says=says, bad=_several(bad), good=_several(good))


def _several(given: Resource | Iterable[Resource]) -> tuple[Resource, ...]:
    return (given,) if isinstance(given, Resource) else tuple(given)


def plan_outputs(*, monthly_usd: float, findings: Iterable[Mapping[str, str]] = ()) -> dict[str, Any]:
    return {"plan": {"cost": {"monthly_usd": monthly_usd}, "findings": list(findings)}}
