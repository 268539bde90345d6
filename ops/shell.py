"""``ops shell``: a shell on a replica, or one command there, through Session Manager; nothing listens for it.

It is the AWS CLI's own session: IAM says who may, CloudTrail keeps who did.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from machine.names import Names
from ops.errors import failure
from ops.local_target import refuse_local
from ops.tunnel import check_programs

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient

    from ops.outputs import Deployed

HELP = "A shell on a replica through Session Manager, or one command there; also on one that still boots or drains."
COMMAND_DOCUMENT = "AWS-StartInteractiveCommand"
INSTANCE_ID = re.compile(r"i-[0-9a-f]{1,17}")
SERVES = "InService"


@dataclass(frozen=True, kw_only=True)
class Host:
    id: str
    state: str


EPILOG = """examples:
  python -m ops shell --stack dev
  python -m ops shell --stack prod i-0a1b2c3d4e5f60718
  python -m ops shell --stack prod -- sudo docker logs --tail 50 vllm

It needs the AWS CLI and its Session Manager plugin. Exit status: 1 when no session could be held."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    parser.add_argument("--print", action="store_true", help="print the AWS CLI's command instead of running it")
    parser.add_argument("--json", action="store_true", help="with --print: the command as one JSON document")
    parser.add_argument(
        "words",
        nargs="*",
        metavar="[REPLICA] [-- COMMAND ...]",
        help="instance id or its beginning, as ops status shows it (default: one that serves); what to run there, "
        "such as -- sudo docker logs --tail 50 vllm (default: a shell)",
    )


def run(args: argparse.Namespace) -> int:
    """The session's end: 0, or 1 when it could not be held. What a command there ends with is not told by AWS."""
    from ops.clients import client_config, session
    from ops.outputs import deployed, stack_config

    server = Names(args.stack).server
    refuse_local(
        stack_config(args.stack),
        message=f"a stack on this machine has no host: {server} is a container here",
        example=f"docker exec -it {server} bash",
    )
    replica, words = parted(args.words)
    stack = deployed(args.stack)
    if not args.print:
        check_programs(os.environ, verb="shell")
    client = session(stack.region).client("autoscaling", config=client_config())
    hosts = hosts_of(client, group=stack.output("autoscaling_group"))
    host = chosen(hosts, replica=replica, stack=stack.stack)
    command = shell_command(stack, host=host, words=words)
    if args.print:
        print(json.dumps({"command": command, "instance_id": host.id}) if args.json else shlex.join(command))
        return 0
    print(about(host, hosts), file=sys.stderr)
    with _interrupts_are_the_sessions():
        return 0 if subprocess.run(command, check=False).returncode == 0 else 1


def parted(words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The replica, where one is named, and the command."""
    if words and INSTANCE_ID.fullmatch(words[0]):
        return words[0], words[1:]
    return None, words


def hosts_of(client: AutoScalingClient, *, group: str) -> list[Host]:
    """Those of the group, the ones that serve first."""
    from ops.clients import aws_errors

    with aws_errors("find the hosts of the stack"):
        groups = client.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    instances: list[Any] = [instance for found in groups for instance in found.get("Instances", [])]
    hosts = [Host(id=each["InstanceId"], state=each["LifecycleState"]) for each in instances]
    return sorted(hosts, key=lambda host: (host.state != SERVES, host.id))


def chosen(hosts: Sequence[Host], *, replica: str | None, stack: str) -> Host:
    """The host that is named; OpsError when there is none, or the beginning of its id is that of several."""
    if not hosts:
        raise failure(
            path="shell",
            given="no instance",
            message="the stack has no host now: see why it launches none",
            example=f"python -m ops rollout --stack {stack}",
        )
    found = [host for host in hosts if replica is None or host.id.startswith(replica)]
    if replica is not None and len(found) != 1:
        raise failure(
            path="REPLICA",
            given=replica,
            allowed=", ".join(f"{host.id} ({host.state})" for host in hosts),
            example=f"python -m ops shell --stack {stack} {hosts[0].id}",
            message="no host of the stack has this id" if not found else "several hosts have ids that begin so",
        )
    return found[0]


def shell_command(stack: Deployed, *, host: Host, words: Sequence[str]) -> list[str]:
    """The AWS CLI's command. ``words`` are one command line for the shell there, quoted as they were given here."""
    command = ["aws", "ssm", "start-session", "--region", stack.region, "--target", host.id]
    if not words:
        return command
    line = words[0] if len(words) == 1 else shlex.join(words)
    return [*command, "--document-name", COMMAND_DOCUMENT, "--parameters", json.dumps({"command": [line]})]


def about(host: Host, hosts: Sequence[Host]) -> str:
    others = [f"{other.id} ({other.state})" for other in hosts if other != host]
    return f"{host.id} ({host.state})" + (f"; also there: {', '.join(others)}" if others else "")


@contextmanager
def _interrupts_are_the_sessions() -> Iterator[None]:
    """Ctrl-C is for what runs there. The session gets it, too, and starts with the usual handler."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
