"""The captured table against the provider of this machine: every change of what the prod stack makes, asked again."""

from __future__ import annotations

from functools import cache

import pytest

from review.model import Forces
from review.replacement import load_table
from tests.e2e.support import need
from tests.program.cases import load_case
from tools.capture_replacements import capture, subjects
from tools.captures.ask import SLOW
from tools.captures.process import NoProgramError, Program, find_program
from tools.captures.provider import running_plugin
from tools.captures.table import document

pytestmark = pytest.mark.e2e

ANSWERS = {"replace": Forces.YES, "update": Forces.NO}
TYPES = sorted({resource.type for resource in subjects([load_case("prod").graph])} - {*SLOW})


@cache
def found_program() -> Program | None:
    try:
        return find_program()
    except NoProgramError:
        return None


@pytest.fixture(scope="module")
def captured() -> dict[str, dict[str, list[str]]]:
    program = found_program()
    need(program is not None, "no plugin of the aws package")
    assert program is not None
    asked = [resource for resource in subjects([load_case("prod").graph]) if resource.type in TYPES]
    with running_plugin(program) as plugin:
        made = document(capture(plugin, asked), provider=program.provider, captured="")
    types: dict[str, dict[str, list[str]]] = made["types"]
    return types


@pytest.mark.parametrize("type_", TYPES)
def test_the_provider_says_again_what_it_said(captured: dict[str, dict[str, list[str]]], type_: str) -> None:
    table = load_table()
    said = {path: forces for key, forces in ANSWERS.items() for path in captured[type_][key]}
    assert said
    assert {path: table.forces(type_, path) for path in said} == said


@pytest.mark.parametrize("type_", TYPES)
def test_what_an_update_makes_unknown_is_the_same(captured: dict[str, dict[str, list[str]]], type_: str) -> None:
    assert {*captured[type_]["computed"]} == load_table().of(type_).computed


def test_the_table_is_of_the_provider_that_is_rehearsed_with() -> None:
    program = found_program()
    need(program is not None, "no plugin of the aws package")
    assert program is not None
    assert load_table().provider == program.provider
