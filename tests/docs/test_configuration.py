"""docs/configuration.md is what the models say, and says everything that they check."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from config import cross, reference
from config.models import StackConfig
from config.namespaces import SECTIONS
from config.parse import parse
from config.placeholders import PLACEHOLDERS
from config.section import Section
from config.wording import section_of
from tests.docs.readme import ROOT

PAGE = (ROOT / "docs/configuration.md").read_text()
KEYS_PART = PAGE[PAGE.index("## Keys") : PAGE.index("## Encrypted values")]
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def keys() -> Iterator[tuple[str, str]]:
    for name in SECTIONS:
        section: type[Section] | None = section_of(StackConfig.model_fields[name])
        if section is not None:
            yield from ((name, field.alias or key) for key, field in section.model_fields.items())


def part_of(section: str) -> str:
    """The text from one section's heading to the next."""
    return KEYS_PART.split(f"### `vllm:{section}`\n")[1].split("\n### ")[0]


def test_the_page_is_up_to_date() -> None:
    assert reference.render() == PAGE, "python -m config.reference > docs/configuration.md"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_there(section: str) -> None:
    assert f"### `vllm:{section}`\n" in KEYS_PART


@pytest.mark.parametrize(("section", "key"), list(keys()), ids="-".join)
def test_every_key_has_a_row_that_says_what_it_is_for(section: str, key: str) -> None:
    (row,) = (line for line in part_of(section).splitlines() if line.startswith(f"| `{key}` |"))
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    assert len(cells) == 5
    assert all(cells)
    assert cells[-1].endswith(".")


@pytest.mark.parametrize(("section", "key"), list(keys()), ids="-".join)
def test_editors_are_told_the_same(section: str, key: str) -> None:
    schema = json.loads((ROOT / "config/schema.json").read_text())
    description = schema["$defs"][section.capitalize()]["properties"][key]["description"]
    purpose, _, allowed = description.partition(" Allowed: ")
    assert purpose in part_of(section)
    assert allowed


def test_every_rule_between_keys_is_told() -> None:
    checked = {*cross.RULES, *cross.MANY, *cross.AWS_RULES, *cross.AWS_MANY, *cross.REGION_RULES}
    assert set(reference.RULES) == checked
    assert all(sentence in PAGE for sentence in reference.RULES.values())


def test_every_placeholder_is_listed() -> None:
    assert all(f"| `{entry.key}` | `{entry.text}` | {entry.todo} |" in PAGE for entry in PLACEHOLDERS)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_are_good_stack_files(text: str) -> None:
    loaded = parse(stack="example", raw=yaml.safe_load(text)["config"])
    assert loaded.problems == ()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == len(reference.EXAMPLES) > 0


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert reference.table(["a"], [["x | y"]]).splitlines()[2] == r"| x \| y |"
