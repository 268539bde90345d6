"""``ops secrets set hf-token``: store the HuggingFace token of a stack. It never passes through an argument."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from config.errors import ConfigError, Problem
from machine.names import Names

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

HELP = "Store a secret of a stack: the HuggingFace token that gated models need."
EPILOG = """examples:
  python -m ops secrets set hf-token --stack dev                       # asks for it
  python -m ops secrets set hf-token --stack dev --from-env HF_TOKEN"""
TOKEN_PATTERN = r"hf_[A-Za-z0-9]{16,128}"  # noqa: S105 - the shape of a token, not one
HOW = 'printf %s "$HF_TOKEN" | python -m ops secrets set hf-token --stack dev (or --from-env HF_TOKEN)'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="set")
    command = actions.add_parser("set", help="store a secret", description=HELP, allow_abbrev=False)
    command.add_argument("secret", choices=["hf-token"], help="which secret")
    command.add_argument("value", nargs="*", help=argparse.SUPPRESS)
    command.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    command.add_argument("--from-env", metavar="VARIABLE", help="take it from this environment variable")
    command.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    if args.value:
        raise _wrong(
            "a secret on the command line is seen by every process of this machine and kept in the shell's history: "
            "make a new token and pipe it in"
        )
    token = read_token(from_env=args.from_env, environment=os.environ, stdin=sys.stdin)
    stored, steps = _stored(args.stack, token=token)
    if args.json:
        print(json.dumps({"secret": args.secret, **stored}))
    else:
        print(f"stored the HuggingFace token in {next(iter(stored.values()))}")
    print(steps, file=sys.stderr)
    return 0


def _stored(stack: str, *, token: str) -> tuple[dict[str, str], str]:
    """Where it is now, and what to do."""
    from ops.outputs import deployed, stack_config

    if stack_config(stack).target == "local":
        file = _store_in_file(stack, token=token)
        return {"file": str(file)}, f"A server reads it when it starts: docker restart {Names(stack).server}"
    from ops.clients import client_config, session

    there = deployed(stack)
    arn = there.output("hf_token_secret_arn")
    client = session(there.region).client("secretsmanager", config=client_config())
    stored = {"arn": arn, "version": store_token(client, arn=arn, token=token)}
    return stored, "A host that waits for it goes on within seconds; others read it at their next boot."


def _store_in_file(stack: str, *, token: str) -> Path:
    from machine.secret_files import SecretFiles
    from ops.key_files import file_errors

    files = SecretFiles.of(stack)
    with file_errors(files, doing="store the HuggingFace token"):
        return files.write_hf_token(token)


def read_token(*, from_env: str | None, environment: Mapping[str, str], stdin: TextIO) -> str:
    """From the named variable, or standard input, or asked for without echo. ConfigError when it is no token."""
    if from_env is not None:
        token = environment.get(from_env, "")
        if not token:
            raise _wrong(f"the environment variable {from_env} is not set or is empty")
    elif stdin.isatty():
        token = getpass.getpass("HuggingFace token: ")
    else:
        token = stdin.read()
    token = token.strip()
    if not re.fullmatch(TOKEN_PATTERN, token):
        raise _wrong("this is not a HuggingFace token" if token else "no token came in")
    return token


def store_token(client: SecretsManagerClient, *, arn: str, token: str) -> str:
    """The id of the version that holds it now."""
    from ops.clients import aws_errors

    with aws_errors("store the HuggingFace token"):
        return client.put_secret_value(SecretId=arn, SecretString=token)["VersionId"]


def _wrong(message: str) -> ConfigError:
    return ConfigError(
        [
            Problem(
                path="hf-token",
                given="[hidden]",
                allowed="hf_ and 16 or more letters and digits, by standard input or --from-env",
                example=HOW,
                message=message,
            )
        ]
    )
