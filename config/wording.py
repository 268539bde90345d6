"""Turning what pydantic found into Problems that a person can act on."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from config.errors import Problem
from config.models import StackConfig
from config.plain_secrets import looks_secret
from config.secret_shapes import HIDDEN, hide
from config.section import Section
from config.tree import Path, dotted
from config.types import Says

SHOWN_MAX = 200
_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys to values",
    "list_type": "a list",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}


def problem_of(error: ErrorDetails, *, model_is_text: bool = False) -> tuple[Path, Problem]:
    """The Problem that one pydantic error stands for, and the place in the tree that it spoils."""
    path, section, field = locate(error["loc"])
    if error["type"] == "extra_forbidden":
        return path, unknown_key(path=path, section=section, given=error["input"])
    about = says(field) if field else Says(allowed="", example="")
    if error["type"] == "missing":
        given, message = "nothing", "this key is required"
    else:
        given, message = (
            show(error["input"], path),
            _message(error, about, is_union=len(error["loc"]) > len(path)),
        )
    shown = ("model",) if model_is_text and path == ("model", "id") else path
    return path, Problem(path=dotted(shown), given=given, allowed=about.allowed, example=about.example, message=message)


def locate(loc: tuple[int | str, ...]) -> tuple[Path, type[Section], FieldInfo | None]:
    """Follow a pydantic location to the field it is about; its tail may name members of unions instead."""
    section: type[Section] = StackConfig
    path: Path = ()
    field: FieldInfo | None = None
    for index, part in enumerate(loc):
        path = (*path, part)
        if isinstance(part, int) and field is not None and is_list(field):
            continue  # an item of a list of sections
        field = field_of(section, str(part))
        inner = section_of(field) if field else None
        if inner is None:
            return (*path, *_items(field, loc[index + 1 :])), section, field
        section = inner
    return path, section, field


def _items(field: FieldInfo | None, rest: tuple[int | str, ...]) -> Path:
    """The part of a location that names an item of a list or a key of a mapping."""
    if field is None or not rest or not (isinstance(rest[0], int) or _is_mapping(field.annotation)):
        return ()
    return rest[:1]


def _is_mapping(annotation: object) -> bool:
    return dict in (get_origin(annotation), *(get_origin(arg) for arg in get_args(annotation)))


def field_of(section: type[Section], alias: str) -> FieldInfo | None:
    return next((f for f in section.model_fields.values() if f.alias == alias), None)


def is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def section_of(field: FieldInfo) -> type[Section] | None:
    """The section that a field holds, also where it may be left out or is one of a list."""
    members = get_args(field.annotation) or (field.annotation,)
    return next((each for each in members if isinstance(each, type) and issubclass(each, Section)), None)


def says(field: FieldInfo) -> Says:
    """What the field says about itself; a section lists its keys."""
    section = None if is_list(field) else section_of(field)
    if section is not None:
        return Says(allowed="a mapping with " + ", ".join(keys(section)), example=example_of(section))
    found = [m for m in field.metadata if isinstance(m, Says)] + [
        m for arg in get_args(field.annotation) for m in getattr(arg, "__metadata__", ()) if isinstance(m, Says)
    ]
    return found[0]


def keys(section: type[Section]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]


def example_of(section: type[Section]) -> str:
    """With what it requires, or with its first key."""
    fields = list(section.model_fields.values())
    needed = [field for field in fields if field.is_required()] or fields[:1]
    return "{" + ", ".join(f"{field.alias}: {says(field).example}" for field in needed) + "}"


def unknown_key(*, path: Path, section: type[Section], given: object) -> Problem:
    known = keys(section)
    close = difflib.get_close_matches(_camel(str(path[-1])), known, n=1, cutoff=0.6)
    parent = dotted(path[:-1])
    best = field_of(section, close[0]) if close else None
    return Problem(
        path=dotted(path),
        given=show(given, path),
        allowed=f"in {parent}: " + ", ".join(known),
        example=f"{close[0]}: {says(best).example}" if best else example_of(section).strip("{}"),
        message=f"{parent} has no key {path[-1]}" + (f"; did you mean {close[0]}?" if close else ""),
    )


def _camel(name: str) -> str:
    head, *rest = name.replace("-", "_").split("_")
    return head + "".join(word.capitalize() for word in rest)


def _message(error: ErrorDetails, about: Says, *, is_union: bool) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if is_union:
        return "this is none of what is allowed here"
    if kind in _EXPECTED:
        return f"this must be {_EXPECTED[kind]}, not {kind_of(error['input'])}"
    if kind == "literal_error":
        return _literal(error, context)
    if kind == "string_pattern_mismatch":
        return f"this is not {about.allowed}"
    return error["msg"].replace("Input should", "this must")


def _literal(error: ErrorDetails, context: Mapping[str, Any]) -> str:
    choices = [c.strip("'") for c in str(context["expected"]).replace(" or ", ", ").split(", ")]
    close = difflib.get_close_matches(str(error["input"]), choices, n=1)
    return f"this must be {context['expected']}" + (f"; did you mean {close[0]}?" if close else "")


def kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a whole number", float: "a number with a fraction", dict: "a mapping"}
    return "nothing" if value is None else names.get(type(value), "a list")


def show(value: object, path: Path = ()) -> str:
    """The value as written, on one line; secrets hidden."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return HIDDEN if looks_secret(path=path, value=value) else _short(value) or '""'
    return _short(hide(json.dumps(value, default=str, ensure_ascii=False)))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 3] + "..."
