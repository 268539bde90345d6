"""Documents as ``pulumi preview --json`` prints them, with the keys that are read."""

from __future__ import annotations

from typing import Any

from policies.model import Resource


def state(resource: Resource, **inputs: Any) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "custom": True,
        "inputs": {**resource.inputs, **inputs},
        "protect": resource.protect,
        "propertyDependencies": {key: list(urns) for key, urns in resource.depends.items()},
    }


def entry(op: str, resource: Resource, *, diff: tuple[str, ...] = (), **new: Any) -> dict[str, Any]:
    """A step to a resource that is there, or with ``create`` to one that is not."""
    found: dict[str, Any] = {"op": op, "urn": resource.urn, "detailedDiff": {key: {"kind": "update"} for key in diff}}
    if op != "create":
        found["oldState"] = state(resource)
    if op != "delete":
        found["newState"] = state(resource, **new)
    return found


def preview(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"config": {}, "steps": list(entries), "diagnostics": [], "changeSummary": {}}
