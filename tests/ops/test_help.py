"""Each verb's help ends with examples, and they are commands that it takes."""

from __future__ import annotations

import pytest

from ops.cli import VERBS, main
from tests.docs.commands import OPS, check_ops, commands_of


def examples(verb: str, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    assert main([verb, "--help"]) == 0
    _, _, shown = capsys.readouterr().out.partition("\nexamples:\n")
    lines = shown.partition("\n\n")[0].splitlines()
    return [words for line in lines for words in commands_of(line) if words[:3] == OPS]


@pytest.mark.parametrize("verb", VERBS)
def test_examples_are_commands(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = examples(verb, capsys)
    assert shown
    for words in shown:
        assert words[3] == verb
        assert len(words) > 4 or verb == "review"
        check_ops(words)


def test_a_description_is_wrapped_and_examples_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    main(["smoke", "--help"])
    description, _, after = capsys.readouterr().out.partition("options:")
    assert max(map(len, description.splitlines())) <= 100
    assert max(map(len, after.splitlines())) > 100
