"""What the types that hosts of one stack may have differ in: ``/etc/vllm/types.json``, where there are several."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sizing.fleet_plan import HostType
from sizing.plan import Plan
from userdata.env import arguments_text, type_environment
from userdata.files.host_type import Group, groups_of, with_flags


def types_text(plan: Plan) -> str:
    """A type a line, as ``files/host_type.py`` reads them. By name: another order of preference is none of a host's
    business, and would replace them all."""
    types = sorted(plan.host_types, key=lambda each: each.instance_type)
    rows = [f"{json.dumps(each.instance_type)}: {_row(each, planned=plan.vllm_args)}" for each in types]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _row(each: HostType, *, planned: tuple[str, ...]) -> str:
    arguments_text(each.vllm_args)  # refuses what does not fit on a line
    row: dict[str, Any] = {"env": type_environment(each)}
    flags = own_flags(planned, each.vllm_args)
    row |= {"args": each.vllm_args} if flags is None else {"flags": flags}
    return json.dumps(row, ensure_ascii=False)


def own_flags(planned: Sequence[str], own: Sequence[str]) -> Mapping[str, Sequence[str] | None] | None:
    """The flags whose values differ, for ``with_flags``; None where that cannot make ``own`` of ``planned``, as with a
    flag that is given twice. The order of different flags means nothing to vLLM."""
    mine, its = dict(_flags(planned)), dict(_flags(own))
    flags = {flag: values for flag, values in its.items() if mine.get(flag) != values}
    gone = {flag: None for flag in mine if flag not in its}
    made = with_flags(planned, {**flags, **gone})
    return {**flags, **gone} if _in_any_order(made) == _in_any_order(own) else None


def _in_any_order(arguments: Sequence[str]) -> list[Group]:
    first, *groups = groups_of(arguments)
    return [first, *sorted(groups, key=lambda group: group[0])]


def _flags(arguments: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    return [(group[0], group[1:]) for group in groups_of(arguments)[1:]]
