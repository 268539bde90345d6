"""Which of the stack's types this host has, and what follows: ``host_type.py TYPES_FILE ARGS_FILE TYPE RUN_DIR``.

TYPES_FILE holds the types by name, each with its variables and with the flags of vLLM whose values differ from those in
ARGS_FILE, which are the preferred type's. Writes RUN_DIR/args and RUN_DIR/type.env, which lib.sh reads, and prints what
was chosen. The reason why not goes to standard error, with status 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Group = tuple[str, ...]
"""A flag and its values; the first one is what stands before any flag."""


def groups_of(arguments: Iterable[str]) -> list[Group]:
    groups: list[list[str]] = [[]]
    for argument in arguments:
        if argument.startswith("--"):
            groups.append([])
        groups[-1].append(argument)
    return [tuple(group) for group in groups]


def with_flags(arguments: Sequence[str], flags: Mapping[str, Sequence[str] | None]) -> list[str]:
    """``arguments`` with the values of ``flags`` in place of theirs; None takes a flag away, a new one comes last."""
    first, *planned = groups_of(arguments)
    own = {flag: None if values is None else (flag, *values) for flag, values in flags.items()}
    known = {group[0] for group in planned}
    groups = [own.get(group[0], group) for group in planned] + [own[flag] for flag in own if flag not in known]
    return [argument for group in (first, *groups) if group for argument in group]


def arguments_of(row: Mapping[str, Any], planned: Sequence[str]) -> list[str]:
    """``row``: of one type. One whose arguments differ in more than values has them all."""
    return list(row["args"]) if "args" in row else with_flags(planned, row["flags"])


def unknown(instance_type: str, types: Iterable[str]) -> str:
    return (
        f"this instance is a {instance_type}, and the stack is planned for {', '.join(types)}: name it in "
        f"vllm:compute.capacity.types (types: [{instance_type}]) or take it out of the group, then pulumi up"
    )


def summary(row: Mapping[str, Any]) -> str:
    wants = [f"{name}={value}" for name, value in row["env"].items()]
    if "args" in row:
        return ", ".join((*wants, "all arguments of its own"))
    flags = [" ".join((flag, *(("left out",) if values is None else values))) for flag, values in row["flags"].items()]
    return ", ".join((*wants, *flags))


def _write(file: Path, text: str) -> None:
    """Never half a file."""
    new = file.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def main() -> int:
    types_file, args_file, instance_type, run_dir = sys.argv[1:]
    types = json.loads(Path(types_file).read_text(encoding="utf-8"))
    if instance_type not in types:
        sys.stderr.write(unknown(instance_type, types) + "\n")
        return 1
    row = types[instance_type]
    planned = Path(args_file).read_text(encoding="utf-8").removesuffix("\n").split("\n")
    args = Path(run_dir, "args")
    _write(args, "".join(f"{argument}\n" for argument in arguments_of(row, planned)))
    variables = {**row["env"], "VLLM_ARGS": args}
    _write(Path(run_dir, "type.env"), "".join(f'{name}="{value}"\n' for name, value in variables.items()))
    sys.stdout.write(f"{instance_type}: {summary(row)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
