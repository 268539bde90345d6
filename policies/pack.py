"""The rules as the Pulumi CLI runs them, on all resources at the end of a preview or an update.

Without an import of pulumi_policy, whose packages this project's do not go with: ``__main__.py`` joins the two. The CLI
tells a pack the resources and no steps, so rules about what an update replaces find nothing here.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from policies.check import violations_of
from policies.loader import load_rules
from policies.model import Deployment, Resource, Rule
from policies.read import UNKNOWN
from policies.waivers import Waiver, read_waivers

Report = Callable[[str, str], None]
"""Takes a message and the URN."""


class GivenOptions(Protocol):
    @property
    def protect(self) -> bool: ...
    @property
    def ignore_changes(self) -> Sequence[str]: ...


class Given(Protocol):
    """What of pulumi_policy's PolicyResource is read here."""

    @property
    def urn(self) -> str: ...
    @property
    def resource_type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def props(self) -> Mapping[str, Any]: ...
    @property
    def opts(self) -> GivenOptions: ...
    @property
    def property_dependencies(self) -> Mapping[str, Sequence[Given]]: ...


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One rule for the CLI. ``unknown``: what an access to a value raises that is not known before the update."""

    rule: Rule
    waivers: tuple[Waiver, ...]
    unknown: type[Exception]

    def validate(self, resources: Iterable[Given], report: Report) -> None:
        deployment = Deployment(resources=tuple(_resource(item, self.unknown) for item in resources))
        today = datetime.datetime.now(tz=datetime.UTC).date()
        for violation in violations_of(deployment, rules=[self.rule], waivers=self.waivers, today=today):
            if violation.waived is None:
                report(f"{violation.finding.message}. Do: {self.rule.remedy}", violation.finding.urn)


def policies(*, unknown: type[Exception]) -> tuple[Policy, ...]:
    """One for each rule, with the waivers beside them. Raises WaiverError."""
    rules = load_rules()
    waivers = read_waivers(rules={rule.id for rule in rules})
    return tuple(Policy(rule=rule, waivers=waivers, unknown=unknown) for rule in rules)


def _resource(given: Given, unknown: type[Exception]) -> Resource:
    properties = _plain(given.props, unknown)
    return Resource(
        urn=given.urn,
        type=given.resource_type,
        name=given.name,
        inputs=properties,
        outputs=properties,
        depends={key: tuple(item.urn for item in items) for key, items in given.property_dependencies.items()},
        protect=given.opts.protect,
        ignore_changes=tuple(given.opts.ignore_changes),
    )


def _plain(value: Any, unknown: type[Exception]) -> Any:
    if isinstance(value, Mapping):
        return {key: _read(value, key, unknown) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_read(value, index, unknown) for index in range(len(value))]
    return value


def _read(holder: Any, key: Any, unknown: type[Exception]) -> Any:
    try:
        return _plain(holder[key], unknown)
    except unknown:
        return UNKNOWN
