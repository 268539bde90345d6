"""docs/sizing.md shows what the command prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ops.cli import main
from sizing.catalog import DATA

DOC = (Path(__file__).resolve().parents[2] / "docs" / "sizing.md").read_text()
EXAMPLES = re.findall(r"```console\n\$ python -m ops (.+)\n((?:.*\n)+?)```", DOC)


def test_there_is_an_example() -> None:
    assert EXAMPLES


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_examples_are_what_is_printed(command: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out == shown


def test_every_data_file_is_described() -> None:
    assert all(f"`{path.name}`" in DOC for path in DATA.glob("*.json"))
