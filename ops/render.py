"""``python -m ops render``: everything that reaches a host, as text."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from config.sources import load_stack_file
from sizing.prepare import prepare
from userdata.options import AwsNames, host_options
from userdata.render import cloud_config, host_files

HELP = "Everything that reaches a host: the decoded user data, then each script. Needs no account and no network."

# Names that AWS gives, unknown before the first `pulumi up`.
PLACEHOLDERS = AwsNames(**{field.name: f"[{field.name.replace('_', '-')}]" for field in fields(AwsNames)})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", required=True, metavar="NAME", help="render the hosts of Pulumi.NAME.yaml")


def run(args: argparse.Namespace) -> int:
    """Prints the texts, each under its path. ConfigError with every problem of the stack file."""
    root = Path()
    config, plan = prepare(load_stack_file(stack=args.stack, root=root), root=root)
    print(heading("user data"))
    print(cloud_config(host_options(config=config, plan=plan, names=PLACEHOLDERS)))
    for name, text in host_files().items():
        print(heading(f"/opt/vllm/{name}"))
        print(text)
    return 0


def heading(path: str) -> str:
    return f"##### {path} #####"
