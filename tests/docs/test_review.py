"""docs/review.md: its commands exist, and the keys that it promises are those of the data."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from ops.review import add_arguments
from review.model import (
    Consequence,
    FileChange,
    PlanChange,
    PropertyChange,
    ResourceChange,
    Review,
    Risk,
    StackReview,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "review.md"


def commands() -> list[str]:
    """What is run, without comments and what comes after a `&&` or from the shell's variables."""
    lines = [line.partition("#")[0].strip() for line in PAGE.read_text().splitlines()]
    return [line.removeprefix("python -m ops review") for line in lines if line.startswith("python -m ops review")]


def test_each_command_is_one() -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_arguments(parser)
    assert len(commands()) >= 6
    for command in commands():
        parser.parse_args(command.split())


def test_each_option_is_told() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}
    assert options <= set(re.findall(r"--[a-z-]+", PAGE.read_text()))


def test_the_keys_of_the_json_are_told() -> None:
    told = set(re.findall(r"`([a-z_]+)`", PAGE.read_text().partition("## JSON")[2]))
    of: Iterable[type] = (Review, StackReview, Consequence, PlanChange, ResourceChange, PropertyChange, FileChange)
    assert told == {field.name for each in of for field in fields(each)}


def test_each_risk_is_told() -> None:
    text = PAGE.read_text()
    assert ", ".join(Risk) in text
