"""What the provider says to every alteration of a resource."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tools.captures.alter import Alteration, alterations, changes_only, top
from tools.captures.provider import UNKNOWN, Plugin, ProviderError, Resource
from tools.captures.table import Answer, Observation

SLOW = ("aws:wafv2/webAcl:WebAcl",)
"""Types with so many properties inside each other that one plan takes seconds."""
MADE = "made"  # the id of what was never made
_ROUNDS = 3


def observations(plugin: Plugin, resource: Resource) -> Iterator[Observation]:
    """Raises ProviderError when it refuses the resource itself; what it refuses of the alterations is left out."""
    inputs = plugin.checked(resource)
    names = sorted(resource.inputs)
    slow = resource.type in SLOW
    asked = changes_only(inputs, names=names) if slow else alterations(inputs, names=names, unknown=UNKNOWN)
    states: dict[str, dict[str, Any]] = {}
    for alteration in asked:
        try:
            key = json.dumps(alteration.before, sort_keys=True)
            if key not in states:
                states[key] = state_of(plugin, resource, inputs=alteration.before)
            yield observed(plugin, resource, alteration=alteration, state=states[key])
        except ProviderError:
            continue  # such a change nobody can make: the property is required, or does not go with another one


def observed(plugin: Plugin, resource: Resource, *, alteration: Alteration, state: Mapping[str, Any]) -> Observation:
    """Raises ProviderError when it refuses the change."""
    before, after = alteration.before, alteration.after
    found = plugin.difference(resource, state=state, before=before, after=after)
    answer = Answer.REPLACE if found.replacing else Answer.UPDATE if found.changed else Answer.NONE
    unknown: set[str] = set()
    changed = {top(path) for path in found.changed}
    if answer is Answer.UPDATE:
        outputs = plugin.updated(resource, state=state, before=before, after=after)
        unknown = {name for name, value in outputs.items() if has_unknown(value)} - {*before, *after}
    return Observation(
        type=resource.type,
        path=alteration.path,
        kind=alteration.kind,
        answer=answer,
        also=tuple(sorted(unknown & changed)),
        computed=tuple(sorted(unknown)),
    )


def state_of(plugin: Plugin, resource: Resource, *, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The resource as if it had been made: what its creation would show, with nothing in place of what is unknown
    before, and such that the same inputs change nothing."""
    state = _known(plugin.created(resource, inputs=inputs))
    for _ in range(_ROUNDS):
        state = {**state, "id": MADE}
        changed = {top(path) for path in plugin.difference(resource, state=state, before=inputs, after=inputs).changed}
        if not changed:
            break
        planned = _known(plugin.updated(resource, state=state, before=inputs, after=inputs))
        lists: dict[str, Any] = {name: [] for name in changed - inputs.keys() if planned.get(name) == state.get(name)}
        state = planned | lists
    return {**state, "id": MADE}


def has_unknown(value: Any) -> bool:
    return UNKNOWN in json.dumps(value)


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value if item != UNKNOWN]
    return "" if value == UNKNOWN else value
