"""Which stacks there are to deploy on AWS, and where, as their files say."""

from __future__ import annotations

from pathlib import Path

from config.errors import ConfigError
from config.stack_file import read_stack_file


def regions_of_stacks(root: Path) -> dict[str, str]:
    """Stack -> region, of each file for AWS that can be read; whether the rest of it is right is no question here."""
    names = [file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in root.glob("Pulumi.*.yaml")]
    found = {}
    for name in sorted(names):
        try:
            values = read_stack_file(stack=name, root=root)
        except ConfigError:
            continue
        if values.get("vllm:target", "aws") == "aws" and isinstance(values.get("aws:region"), str):
            found[name] = str(values["aws:region"])
    return found
