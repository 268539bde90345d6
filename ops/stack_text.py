"""Setting a value in the text of a stack file; every other byte stays: comments, order, quoting, line ends.

Round-trip YAML libraries write the whole file anew, in their own layout; here the parser only says where things are.
The caller checks that the result means what it should.
"""

from __future__ import annotations

import json
import re

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from config.namespaces import NAMESPACE

Value = str | tuple[str, ...]
DEFAULT_INDENT = 2
LOOKS_LIKE_A_NUMBER = re.compile(r"[0-9][0-9._eE+-]*")


class CannotEditError(Exception):
    """The file is written in a way that this does not change: with aliases, say."""


def with_value(text: str, *, section: str, key: str, value: Value) -> str:
    """``text`` with ``vllm:<section>`` / ``key`` set. CannotEditError for a shape that is not understood."""
    config = _child(yaml.compose(text, Loader=yaml.SafeLoader), "config")
    if not isinstance(config, MappingNode) or not config.value:
        raise CannotEditError("there is no config: mapping")
    name = f"{NAMESPACE}:{section}"
    found = _child(config, name)
    if found is None:
        return _with_section(text, config, name=name, entry=f"{key}: {_shown(value)}")
    if isinstance(found, MappingNode):
        old = _child(found, key)
        if isinstance(old, ScalarNode):
            return _spliced(text, old, _shown(value, quote=old.style or ""))
        if old is not None:
            raise CannotEditError(f"{name} holds {key} as a list or a mapping")
        return _with_entry(text, found, f"{key}: {_shown(value)}")
    if isinstance(found, ScalarNode):
        return _as_mapping(text, config, found, name=name, key=key, value=value)
    raise CannotEditError(f"{name} is a list")


def _child(node: Node | None, name: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _shown(value: Value, *, quote: str = "") -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    # A commit of digits, or of digits and one e, would be read as a number.
    quote = quote or ('"' if LOOKS_LIKE_A_NUMBER.fullmatch(value) else "")
    return f"{quote}{value}{quote}"


def _spliced(text: str, node: Node, new: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    space = " " if start == end else ""  # an empty value begins right after the colon
    return f"{text[:start]}{space}{new}{text[end:]}"


def _with_section(text: str, config: MappingNode, *, name: str, entry: str) -> str:
    if config.flow_style:
        return _with_entry(text, config, f"{name}: {{{entry}}}")
    column = config.value[0][0].start_mark.column
    inner = column + _step(config, column=column)
    return _after_line(text, _end(text, config), [f"{' ' * column}{name}:", f"{' ' * inner}{entry}"])


def _with_entry(text: str, section: MappingNode, entry: str) -> str:
    if section.flow_style:
        if not section.value:
            start = text.index("{", section.start_mark.index) + 1
            return f"{text[:start]}{entry}{text[start:].lstrip()}"
        end = _end(text, section.value[-1][1], after=section.value[-1][0])
        return f"{text[:end]}, {entry}{text[end:]}"
    column = section.value[0][0].start_mark.column
    return _after_line(text, _end(text, section), [f"{' ' * column}{entry}"])


def _as_mapping(text: str, config: MappingNode, found: ScalarNode, *, name: str, key: str, value: Value) -> str:
    """A section given as text: the id of a model, JSON as ``pulumi config set`` stores it, or nothing."""
    start, end = found.start_mark.index, found.end_mark.index
    written = text[start:end]
    if not written or found.tag.endswith(":null"):
        return _spliced(text, found, f"{{{key}: {_shown(value)}}}")
    if found.value.lstrip().startswith("{"):
        return _spliced(text, found, _with_json(found.value, key=key, value=value))
    if name != f"{NAMESPACE}:model" or found.style in ("|", ">"):
        raise CannotEditError(f"{name} is a text")
    if config.flow_style:
        return _spliced(text, found, f"{{id: {written}, {key}: {_shown(value)}}}")
    column = config.value[0][0].start_mark.column
    indent = " " * (column + _step(config, column=column))
    before = text[:start].rstrip(" \t") + _line_end(text) + f"{indent}id: {written}"
    return _after_line(before + text[end:], len(before), [f"{indent}{key}: {_shown(value)}"])


def _with_json(text: str, *, key: str, value: Value) -> str:
    try:
        content = json.loads(text)
    except ValueError:
        raise CannotEditError("a section is a text that is no JSON") from None
    dumped = json.dumps({**content, key: value}).replace("'", "''")
    return f"'{dumped}'"


def _step(config: MappingNode, *, column: int) -> int:
    """How far the file indents what stands in a section: as its own sections do, else as config: does."""
    for _, value in config.value:
        if isinstance(value, MappingNode) and not value.flow_style and value.value:
            step: int = value.value[0][0].start_mark.column - column
            if step > 0:
                return step
    return column or DEFAULT_INDENT


def _end(text: str, node: Node, *, after: Node | None = None) -> int:
    """Where the last character of a node is. A block ends, for the parser, only where the next one begins."""
    if after is not None and node.start_mark.index < after.end_mark.index:
        raise CannotEditError(f"{after.value} is an alias")  # its marks are those of what it stands for
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        end: int = node.end_mark.index
        return len(text[:end].rstrip())
    last = node.value[-1]
    return _end(text, last[1], after=last[0]) if isinstance(last, tuple) else _end(text, last)


def _after_line(text: str, index: int, lines: list[str]) -> str:
    """``lines`` below the line that ``index`` is on; a comment at its end stays there."""
    newline = _line_end(text)
    end = text.find(newline, index)
    if end < 0:
        return text + newline + newline.join(lines)
    return text[:end] + newline + newline.join(lines) + text[end:]


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
