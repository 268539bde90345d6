"""Whether a value of ``serving.extraArgs`` is one that the flag takes: kind, choices, one or several."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from config.models import FlagValue
from sizing.flags import Flag, Kind

# vllm/utils/argparse_utils.py human_readable_int: k, m, g, t are powers of 1000, K, M, G, T whole powers of 1024.
COUNT = re.compile(r"\d+(\.\d+)?[kmgt]|\d+[KMGT]")
COUNT_IN_JSON = re.compile(r"\b\d+(?:\.\d+)?[kKmMgGtT]\b")  # vllm/engine/arg_utils.py expands them
SEVERAL = ("list", "repeat")


def wrong_value(name: str, value: FlagValue, flag: Flag) -> tuple[str, str] | None:
    """What would be allowed and a good value, or None when the value is fine."""
    if flag.kind == "flag":
        allowed = "true or false" if flag.negatable else "true, or leave it out"
        return None if value is True or (value is False and flag.negatable) else (allowed, f"{name}: true")
    if flag.kind == "optional" and isinstance(value, bool):
        return None if value else ("true, or a value", f"{name}: true")
    if isinstance(value, bool):
        return (f"{_words(flag)}: this flag is not a switch", f"{name}: {_example(flag)}")
    if isinstance(value, list) and flag.kind not in SEVERAL:
        return (f"one value: {_words(flag)}", f"{name}: {value[0] if value else _example(flag)}")
    items = value if isinstance(value, list) else [value]
    if all(_fits(str(item), flag) for item in items):
        return None
    return (_words(flag), f"{name}: {_example(flag)}")


def _kind(flag: Flag) -> Kind:
    """Of one value, also where the flag takes several."""
    return flag.of if flag.kind in (*SEVERAL, "optional") else flag.kind


def _fits(text: str, flag: Flag) -> bool:
    if flag.choices:
        return text in flag.choices
    check = CHECKS.get(_kind(flag))
    return check is None or check(text.strip())


def _is_int(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+", text) is not None


def _is_count(text: str) -> bool:
    return _is_int(text) or COUNT.fullmatch(text) is not None


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_json(text: str) -> bool:
    try:
        json.loads(COUNT_IN_JSON.sub("0", text))
    except ValueError:
        return False
    return True


CHECKS: Mapping[Kind, Callable[[str], bool]] = {
    "int": _is_int,
    "count": _is_count,
    "float": _is_float,
    "json": _is_json,
}
WORDS: Mapping[Kind, str] = {
    "int": "a whole number",
    "count": "a whole number, or one such as 8k (8000) or 8K (8192)",
    "float": "a number",
    "json": "JSON in quotes",
}
EXAMPLES: Mapping[Kind, str] = {"int": "1", "count": "8192", "float": "0.5", "json": "'{\"key\": 1}'"}


def _words(flag: Flag) -> str:
    one = ", ".join(flag.choices) if flag.choices else WORDS.get(_kind(flag), "a text")
    return f"one or more of: {one}" if flag.kind in SEVERAL and flag.choices else one


def _example(flag: Flag) -> str:
    return flag.choices[0] if flag.choices else EXAMPLES.get(_kind(flag), "VALUE")
