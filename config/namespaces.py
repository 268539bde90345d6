"""The namespaced keys of a stack's configuration: which are ours, which is the region, which are slips."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from config import rules
from config.errors import Problem
from config.models import StackConfig
from config.section import Section
from config.wording import field_of, says, section_of, show

FROM_OUTSIDE = ("stack", "region")  # fields of StackConfig that are no section
SECTIONS = tuple(name for name in StackConfig.model_fields if name not in FROM_OUTSIDE)
NAMESPACE = "vllm"


def is_local(values: Mapping[str, object]) -> bool:
    """Whether the stack is one for this machine, which has no region."""
    return values.get(f"{NAMESPACE}:target") == "local"


def region(values: Mapping[str, object]) -> tuple[str | None, list[Problem]]:
    """``aws:region``, which everything is priced and looked up for; None when it is missing or no region."""
    given = values.get("aws:region")
    if isinstance(given, str):
        try:
            return rules.region(given), []
        except ValueError as error:
            message = str(error)
    else:
        message = "the region is required: pulumi config set aws:region us-east-1"
    return None, [
        Problem(
            path="aws:region",
            given=show(given),
            allowed="the name of an AWS region",
            example="us-east-1",
            message=message,
        )
    ]


def sections(values: Mapping[str, object]) -> tuple[dict[str, object], list[Problem]]:
    """The ``vllm:`` sections by name, and a Problem for each key that is meant for us but is none of them."""
    known: dict[str, object] = {}
    problems = []
    for key, value in values.items():
        namespace, colon, name = key.partition(":")
        if namespace == NAMESPACE and name in SECTIONS:
            if value is not None:  # a section whose lines are all commented out
                known[name] = value
        elif namespace == NAMESPACE or not colon or difflib.get_close_matches(namespace, [NAMESPACE]):
            problems.append(_unknown(key=key, name=name or namespace, value=value))
    return known, problems


def _unknown(*, key: str, name: str, value: object) -> Problem:
    close = difflib.get_close_matches(name, SECTIONS, n=1)
    owner = _owner(name)
    section = owner or (close or ["model"])[0]
    full_name = f"{NAMESPACE}:{section}"
    if owner:
        message = f"{name} is a key of {full_name}: write it there"
    elif close:
        message = f"there is no such key; did you mean {full_name}?"
    else:
        message = "there is no such section"
    field = field_of(StackConfig, section)
    return Problem(
        path=key,
        given=show(value, (name,)),
        allowed=", ".join(f"{NAMESPACE}:{section}" for section in SECTIONS),
        example=f"{full_name}: {says(field).example}" if field else full_name,
        message=message,
    )


def _owner(key: str) -> str | None:
    """The section that has this key, for one that was written a level too high."""
    for name in SECTIONS:
        section: type[Section] | None = section_of(StackConfig.model_fields[name])
        if section and field_of(section, key):
            return name
    return None
