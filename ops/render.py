"""``python -m ops render``: everything that reaches a host, as text."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path

from config.models import StackConfig
from config.sources import load_stack_file
from ops.local_target import refuse_local
from sizing.prepare import prepare
from userdata.options import AwsNames, host_options
from userdata.render import cloud_config, host_files

HELP = "Everything that reaches a host: the decoded user data, then each script. Needs no account and no network."
EPILOG = """examples:
  python -m ops render --stack dev | less"""

# Names that AWS gives, unknown before the first `pulumi up`.
PLACEHOLDERS = AwsNames(**{field.name: f"[{field.name.replace('_', '-')}]" for field in fields(AwsNames)})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="render the hosts of Pulumi.NAME.yaml")


def run(args: argparse.Namespace) -> int:
    """Prints the texts, each under its path. ConfigError with every problem of the stack file."""
    root = Path()
    loaded = load_stack_file(stack=args.stack, root=root)
    if loaded.config is not None:
        refuse_local(
            loaded.config,
            message="a stack on this machine has no host to set up: its containers, with all that they are given, are "
            "in the graph",
            example=f"python -m ops graph --stack {args.stack} --json",
        )
    config, plan = prepare(loaded, root=root)
    print(heading("user data"))
    print(cloud_config(host_options(config=config, plan=plan, names=names_of(config))))
    for name, text in host_files().items():
        print(heading(f"/opt/vllm/{name}"))
        print(text)
    return 0


def names_of(config: StackConfig) -> AwsNames:
    """What is known before the first `pulumi up`: also images, where the stack makes none and caches none."""
    cached = config.image.pull_through is not None
    return replace(
        PLACEHOLDERS,
        image=PLACEHOLDERS.image if cached or config.image.build is not None else None,
        prometheus_image=PLACEHOLDERS.prometheus_image if cached else None,
    )


def heading(path: str) -> str:
    return f"##### {path} #####"
