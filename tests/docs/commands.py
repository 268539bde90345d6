"""Commands as pages and helps show them, and whether the tools would take them."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

from ops.cli import VERBS
from ops.command_line import Parser

ROOT = Path(__file__).resolve().parents[2]
OPS = ["python", "-m", "ops"]
_VARIABLE = re.compile(r"[A-Z_]+=\S*")
_NESTED = re.compile(r"\$\(([^()]+)\)")


def blocks(text: str, language: str) -> list[str]:
    """Fenced blocks, also those of a list item, without its indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, flags=re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def shell_commands(text: str) -> list[list[str]]:
    """The words of each command of each shell block: without comments, variables set before it, redirections."""
    return [words for block in blocks(text, "sh") for line in _lines(block) for words in commands_of(line)]


def inline_commands(text: str, *, of: str = "python -m ops|ops|make") -> list[list[str]]:
    """``python -m ops VERB ...`` and ``make TARGET`` in running text."""
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(rf"`((?:{of}) [a-z][^`]*)`", prose)
    return [
        words for line in found for words in commands_of(re.sub(r"^ops ", "python -m ops ", " ".join(line.split())))
    ]


def commands_of(line: str) -> list[list[str]]:
    """``a && b | c`` are three; so is what stands in ``$(...)`` one of its own."""
    nested = [words for inner in _NESTED.findall(line) for words in commands_of(inner)]
    lexer = shlex.shlex(_NESTED.sub("NESTED", line), posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    into_file = False
    for word in lexer:
        if set(word) <= set("|&;"):
            found.append([])
        elif set(word) <= set("<>"):
            into_file = True
        elif into_file:
            into_file = False
        elif found[-1] or not _VARIABLE.fullmatch(word):
            found[-1].append(word)
    return [*nested, *filter(None, found)]


def _lines(block: str) -> list[str]:
    return [line for line in re.sub(r"\\\n\s*", " ", block).splitlines() if line.split("#")[0].strip()]


def check_ops(words: list[str]) -> None:
    """Raises what the verb's own parser raises. A verb alone, as named in passing, has no arguments."""
    verb, *arguments = words[len(OPS) :]
    assert verb in VERBS, verb
    parser = Parser(prog=verb, allow_abbrev=False)
    importlib.import_module(f"ops.{verb}").add_arguments(parser)
    if arguments:
        parser.parse_args(arguments)


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
