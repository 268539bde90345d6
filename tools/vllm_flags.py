"""Capture what the pinned vLLM accepts on its command line, as data that the planner checks against.

Run it with the Python of a real vLLM; nothing else knows its flags exactly:

    DIR/venv/bin/python tools/vllm_flags.py > sizing/data/vllm-0.32.0-flags.json

Kinds: ``flag`` takes no value (``--no-NAME`` undoes it), ``value`` takes one, ``optional`` one or none, ``int`` a
whole number, ``count`` one that may be written as 8k or 8K, ``float`` a number, ``json`` an object, ``list`` several
in a row, ``repeat`` several with the flag before each; ``of`` is the kind of each of several, where it is not plain.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module, metadata
from typing import Any


def serve_parser() -> argparse.ArgumentParser:
    """The parser of ``vllm serve``, from vLLM itself."""
    flexible = import_module("vllm.utils.argparse_utils").FlexibleArgumentParser
    make = import_module("vllm.entrypoints.launchers.cli_args").make_arg_parser
    parser: argparse.ArgumentParser = make(flexible(prog="vllm serve"))
    return parser


def converter_of(action: argparse.Action) -> str:
    """The name of what turns the text into a value, below vLLM's wrappers for optional types and error messages."""
    convert: Any = action.type
    while "return_type" in getattr(getattr(convert, "__code__", None), "co_freevars", ()):
        convert = convert.__closure__[convert.__code__.co_freevars.index("return_type")].cell_contents
    return f"{getattr(convert, '__module__', '')}.{getattr(convert, '__name__', '')}".lower()


def value_kind(action: argparse.Action) -> str:
    name = converter_of(action)
    if "human_readable_int" in name:
        return "count"
    if name.startswith("json.") or "dataclass" in name or "dict_type" in name:
        return "json"
    return {"builtins.int": "int", "builtins.float": "float"}.get(name, "value")


def kind_of(action: argparse.Action) -> str:
    if isinstance(action, argparse.BooleanOptionalAction) or action.nargs == 0:
        return "flag"
    if isinstance(action, argparse._AppendAction):
        return "repeat"
    if action.nargs in ("+", "*"):
        return "list"
    return "optional" if action.nargs == "?" else value_kind(action)


def describe(action: argparse.Action) -> dict[str, Any]:
    longs = sorted({option for option in action.option_strings if option.startswith("--")}, key=len)
    choices = sorted(str(choice) for choice in action.choices if choice is not None) if action.choices else []
    fact: dict[str, Any] = {"kind": kind_of(action), "spellings": longs}
    if fact["kind"] in ("list", "repeat", "optional") and value_kind(action) != "value":
        fact["of"] = value_kind(action)
    if choices:
        fact["choices"] = choices
    return fact


def flags(parser: argparse.ArgumentParser) -> dict[str, dict[str, Any]]:
    """By name without dashes; the name is the spelling whose words match the stored attribute, where there is one."""
    found: dict[str, dict[str, Any]] = {}
    for action in parser._actions:
        fact = describe(action)
        names = [spelling.removeprefix("--") for spelling in fact["spellings"]]
        if not names:
            continue
        wanted = action.dest.replace("_", "-")
        found[wanted if wanted in names else names[0]] = fact
    return dict(sorted(found.items()))


def quantization_floor() -> dict[str, float | None]:
    """Each quantization method and the lowest CUDA compute capability it runs on (None: vLLM does not say)."""
    package = import_module("vllm.model_executor.layers.quantization")
    floors: dict[str, float | None] = {}
    for method in package.QUANTIZATION_METHODS:
        try:
            floors[method] = package.get_quantization_config(method).get_min_capability() / 10
        except Exception as error:  # some methods import what only a GPU build has
            print(f"{method}: {error}", file=sys.stderr)
            floors[method] = None
    return dict(sorted(floors.items()))


def one_flag_a_line(document: dict[str, Any]) -> str:
    """JSON whose diff between two vLLM versions reads as a list of flags."""
    rows = [f"  {json.dumps(name)}: {json.dumps(fact)}" for name, fact in document.pop("flags").items()]
    head = json.dumps(document, indent=1).removesuffix("\n}")
    return head + ',\n "flags": {\n' + ",\n".join(rows) + "\n }\n}"


def main() -> None:
    parser = serve_parser()
    document = {
        "vllm_version": metadata.version("vllm").split("+")[0],
        "source": "tools/vllm_flags.py, run with the Python of that vLLM (CPU build: the parser is the same)",
        "quantization_min_capability": quantization_floor(),
        "kv_cache_dtypes": next(fact["choices"] for name, fact in flags(parser).items() if name == "kv-cache-dtype"),
        "flags": flags(parser),
    }
    print(one_flag_a_line(document))


if __name__ == "__main__":
    main()
