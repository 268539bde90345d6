"""From the JSON of ``ops graph --json`` and of ``pulumi preview --json`` to what rules read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from policies.model import Deployment, Resource, Step

UNKNOWN, SECRET = "[unknown]", "[secret]"
_UNKNOWN_OF_ENGINE = (
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
)
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""How the engine writes "not known yet" for a text, a truth, a number, a list and an object; and the key by which it
marks a secret (pulumi: sdk/go/common/resource/plugin/rpc.go, and resource.SigKey)."""
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a public constant of Pulumi


class PreviewError(Exception):
    """The file is no preview of this stack. The text says what it is and how to make one."""


def deployment_of(graph: Iterable[Mapping[str, Any]], preview: Mapping[str, Any] | None = None) -> Deployment:
    """``graph``: what ``ops graph --json`` prints. ``preview``: adds the steps, and resources that only it has.
    Raises PreviewError."""
    resources = tuple(resource_of(item) for item in graph)
    if preview is None:
        return Deployment(resources=resources)
    steps = _steps(preview)
    _same_stack(resources, steps)
    known = {resource.urn for resource in resources}
    more = {step.urn: step.new for step in steps if step.new is not None and step.urn not in known}
    return Deployment(resources=(*resources, *more.values()), steps=steps)


def resource_of(item: Mapping[str, Any]) -> Resource:
    """From the graph or from a state of the engine: the keys are the same."""
    urn = str(item["urn"])
    return Resource(
        urn=urn,
        type=str(item["type"]),
        name=name_of(urn),
        inputs=_plain(item.get("inputs") or {}),
        outputs=_plain(item.get("outputs") or {}),
        depends={key: tuple(urns or ()) for key, urns in (item.get("propertyDependencies") or {}).items()},
        protect=bool(item.get("protect")),
        ignore_changes=tuple(item.get("ignoreChanges") or ()),
    )


def name_of(urn: str) -> str:
    return urn.rpartition("::")[2]


def type_of(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _steps(preview: Mapping[str, Any]) -> tuple[Step, ...]:
    entries = preview.get("steps")
    if not isinstance(entries, Sequence) or not all(isinstance(entry, Mapping) and "urn" in entry for entry in entries):
        raise PreviewError("it has no list of steps: make it with `pulumi preview --stack NAME --json`")
    return tuple(_step(entry) for entry in entries)


def _step(entry: Mapping[str, Any]) -> Step:
    urn = str(entry["urn"])
    old, new = entry.get("oldState"), entry.get("newState")
    changed = entry.get("detailedDiff") or entry.get("diffReasons") or ()
    return Step(
        op=str(entry.get("op")),
        urn=urn,
        type=type_of(urn),
        name=name_of(urn),
        changed=tuple(sorted({str(path).partition(".")[0].partition("[")[0] for path in changed})),
        old=resource_of(old) if isinstance(old, Mapping) else None,
        new=resource_of(new) if isinstance(new, Mapping) else None,
    )


def _same_stack(resources: Sequence[Resource], steps: Sequence[Step]) -> None:
    stacks = {item.urn.split("::")[0] for item in resources}
    others = sorted(
        {step.urn.split("::")[0].rpartition(":")[2] for step in steps if step.urn.split("::")[0] not in stacks}
    )
    if others:
        raise PreviewError(f"it is of stack {', '.join(others)}")


def _plain(value: Any) -> Any:
    """The engine's marks in the words of the graph."""
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _SECRET_SIGNATURE:
            return SECRET
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWN_OF_ENGINE else value
