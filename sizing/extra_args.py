"""``serving.extraArgs`` against the pinned vLLM's command line: what is wrong, and what it becomes."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from config.errors import Problem
from config.models import FlagValue
from sizing.flag_values import wrong_value
from sizing.flags import FlagSet
from sizing.owned_flags import OWNED, Owned

PATH = "vllm:serving.extraArgs"
SECRETS = ("api-key", "hf-token")  # never repeated in a report

# Flags that templates still carry: removed from vLLM, and what became of them.
REMOVED = {
    "disable-log-requests": "requests are no longer logged unless enable-log-requests is set",
    "swap-space": "vLLM no longer swaps; it recomputes",
    "task": "use runner or convert",
    "guided-decoding-backend": "use structured-outputs-config",
    "rope-scaling": "use hf-overrides",
    "rope-theta": "use hf-overrides",
    "max-seq-len-to-capture": "use max-cudagraph-capture-size",
    "cuda-graph-sizes": "use cudagraph-capture-sizes",
    "calculate-kv-scales": "scales come from the checkpoint",
}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unknown(name: str, value: FlagValue, flags: FlagSet) -> Problem:
    spelled = name.replace("_", "-")
    close = difflib.get_close_matches(spelled, [flag.name for flag in flags.flags], n=3)
    hint, example = "", "enable-auto-tool-choice: true"
    if removed := REMOVED.get(spelled):
        hint = f"; it was removed: {removed}"
    elif close and (owned := OWNED.get(close[0])):
        hint, example = f"; if you mean --{close[0]}, {_instead(owned)}", owned.use or "leave it out"
    elif close:
        hint, example = f"; did you mean {' or '.join(close)}?", f"{close[0]}: {_text(value)}"
    return Problem(
        path=f"{PATH}.{name}",
        given=_text(value),
        allowed=f"the flags of vllm serve {flags.version}, without dashes in front",
        example=example,
        message=f"vLLM {flags.version} does not know the flag --{name}{hint}",
    )


def _instead(owned: Owned) -> str:
    if owned.use is None:
        return f"leave it out: {owned.why}"
    return f"use {owned.use}" + (f": {owned.why}" if owned.why else "")


def _owned(name: str, value: FlagValue, owned: Owned) -> Problem:
    return Problem(
        path=f"{PATH}.{name}",
        given="***" if name in SECRETS else _text(value),
        allowed="flags that the program does not set itself",
        example=owned.use or "leave it out",
        message=f"the program sets --{name} itself; {_instead(owned)}",
    )


def problems(extra: Mapping[str, FlagValue], flags: FlagSet) -> tuple[Problem, ...]:
    """Everything wrong with the mapping, in its order."""
    found = []
    for name, value in extra.items():
        flag = flags.find(name)
        if flag is None:
            found.append(_unknown(name, value, flags))
        elif owned := OWNED.get(flag.name):
            found.append(_owned(flag.name, value, owned))
        elif wrong := wrong_value(name, value, flag):
            allowed, example = wrong
            message = f"--{flag.name} of vLLM {flags.version} does not take this value"
            found.append(
                Problem(path=f"{PATH}.{name}", given=_text(value), allowed=allowed, example=example, message=message)
            )
    return tuple(found)


def more_than_a_line(extra: Mapping[str, FlagValue]) -> tuple[Problem, ...]:
    """Values that a host on AWS cannot be given: its list of arguments has one on each line."""
    return tuple(
        Problem(
            path=f"{PATH}.{name}",
            given=repr(text),
            allowed="one line of printable characters",
            example=f"{name}: '{{{{ messages }}}}'" if name == "chat-template" else f"{name}: {' '.join(text.split())}",
            message="The host gets one line for each argument; this one holds a line break or a control character.",
        )
        for name, value in extra.items()
        for text in (map(str, value) if isinstance(value, list) else [str(value)])
        if not text.isprintable()
    )


def arguments(extra: Mapping[str, FlagValue], flags: FlagSet) -> tuple[str, ...]:
    """The checked mapping as arguments, sorted by name; ``true`` is the bare flag, ``false`` its negation."""
    found: list[str] = []
    for name in sorted(extra):
        flag, value = flags.find(name), extra[name]
        if flag is None:
            continue
        if isinstance(value, bool):
            found.append(f"--{flag.name}" if value else f"--no-{flag.name}")  # checked: false only where it exists
        elif isinstance(value, list) and flag.kind == "list":
            found += [f"--{flag.name}", *map(str, value)]
        else:
            items = value if isinstance(value, list) else [value]
            for item in items:
                found += [f"--{flag.name}", str(item)]
    return tuple(found)
