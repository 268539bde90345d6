"""``ops tunnel``: an internal endpoint on a local port, through a host of the stack and Session Manager.

An endpoint with HTTPS is not reached through its load balancer: at the local end the name is 127.0.0.1, which its
certificate is not for. The tunnel then ends at the host itself, where vLLM listens on its own port.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from config.errors import ConfigError, Problem
from ops.errors import failure
from ops.local_target import refuse_local
from sizing.vllm_args import PORT as VLLM_PORT

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient

    from config.models import StackConfig
    from ops.outputs import Deployed

HELP = "Reach an internal endpoint from this machine, through a host of the stack; ends with Ctrl-C."
EPILOG = """examples:
  python -m ops tunnel --stack dev                       # http://localhost:8000/v1
  python -m ops tunnel --stack dev --port 9000 --print"""
TO_LOAD_BALANCER = "AWS-StartPortForwardingSessionToRemoteHost"
TO_HOST = "AWS-StartPortForwardingSession"
DEFAULT_PORT = 8000
INSTALL = {
    "aws": "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    "session-manager-plugin": "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, metavar="N", help=f"the local port (default {DEFAULT_PORT})"
    )
    parser.add_argument("--print", action="store_true", help="print the command instead of running it")
    parser.add_argument("--json", action="store_true", help="with --print: the command as one JSON document")


def run(args: argparse.Namespace) -> int:
    from ops.clients import client_config, session
    from ops.outputs import deployed, stack_config

    check_port(args.port, only_print=args.print)
    config = stack_config(args.stack)
    base_url = f"http://localhost:{config.endpoint.port}/v1"
    refuse_local(
        config,
        message=f"the endpoint is on this machine already, no tunnel is needed: call {base_url}",
        example=f"export OPENAI_BASE_URL={base_url}",
    )
    stack = deployed(args.stack)
    refuse_public(stack)
    if not args.print:
        check_programs(os.environ)
    direct = ends_at_host(stack)
    if not direct:
        check_way(stack.config)
    client = session(stack.region).client("autoscaling", config=client_config())
    instance_id = in_service_instance(client, group=stack.output("autoscaling_group"), stack=stack.stack)
    command = tunnel_command(stack, instance_id=instance_id, port=args.port)
    base_url = f"http://127.0.0.1:{args.port}/v1"
    if direct:
        print(about_direct(stack, instance_id=instance_id, base_url=base_url), file=sys.stderr)
    if args.print:
        document = {"command": command, "base_url": base_url, "direct": direct}
        print(json.dumps(document) if args.json else shlex.join(command))
        return 0
    print(f"base URL for OpenAI clients: {base_url}", file=sys.stderr)
    return 0 if subprocess.run(command, check=False).returncode == 0 else 1


def refuse_public(stack: Deployed) -> None:
    """ConfigError that says how to call an endpoint which needs no tunnel."""
    if stack.config.endpoint.exposure != "public":
        return
    endpoint = stack.output("endpoint")
    allowed = stack.config.endpoint.allowed_cidrs
    raise ConfigError(
        [
            Problem(
                path="vllm:endpoint.exposure",
                given="public",
                allowed="a stack with an internal endpoint",
                example=f"export OPENAI_BASE_URL={endpoint}",
                message=f"no tunnel is needed: call {endpoint}"
                + (f", from an address in {', '.join(allowed)} (vllm:endpoint.allowedCidrs)" if allowed else ""),
            )
        ]
    )


def ends_at_host(stack: Deployed) -> bool:
    """Whether the deployed endpoint speaks HTTPS, so that the load balancer is no way in."""
    return str(stack.output("endpoint")).startswith("https://")


def about_direct(stack: Deployed, *, instance_id: str, base_url: str) -> str:
    return (
        f"the endpoint's certificate is for its own name, so the tunnel ends at vLLM on {instance_id}, not at the "
        f"load balancer; to check it: python -m ops smoke --stack {stack.stack} --direct --base-url {base_url}"
    )


def check_port(port: int, *, only_print: bool) -> None:
    """ConfigError for no port, OpsError for one that is taken."""
    if not 1 <= port <= 65535:
        raise ConfigError(
            [
                Problem(
                    path="--port",
                    given=str(port),
                    allowed="1 to 65535",
                    example=f"--port {DEFAULT_PORT}",
                    message="this is not a port",
                )
            ]
        )
    if only_print:
        return
    with socket.socket() as probe:
        # As the plugin does: a port in TIME_WAIT may be taken again.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise failure(
                path="--port",
                given=str(port),
                allowed="a port that is free on this machine",
                example=f"--port {port + 1}",
                message=f"this port cannot be used: {error.strerror}",
            ) from None


def check_programs(environment: Mapping[str, str], *, verb: str = "tunnel") -> None:
    """OpsError that names the first program that is missing, and where it is from."""
    for program, where in INSTALL.items():
        if shutil.which(program, path=environment.get("PATH", "")) is None:
            raise failure(
                path=program,
                given="not on PATH",
                message=f"the {verb} needs {program}: {where}",
                example=f"python -m ops {verb} --stack dev --print",
            )


def check_way(config: StackConfig) -> None:
    """OpsError when the load balancer does not let the hosts in, through which the tunnel goes.

    Nothing is said about a network whose range the stack file does not know.
    """
    if config.network.mode == "existing":
        return
    allowed = [IPv4Network(cidr) for cidr in config.endpoint.allowed_cidrs or (config.network.cidr,)]
    network = IPv4Network(config.network.cidr)
    if not any(network.subnet_of(cidr) for cidr in allowed):
        raise failure(
            path="vllm:endpoint.allowedCidrs",
            given=", ".join(map(str, allowed)),
            allowed=f"ranges that cover the network's own, {network}",
            example=f"[{network}]",
            message="the tunnel goes through a host, and the load balancer lets no host in",
        )


def in_service_instance(client: AutoScalingClient, *, group: str, stack: str) -> str:
    """A host that serves. OpsError when none does yet."""
    from ops.clients import aws_errors

    with aws_errors("find a host of the stack"):
        groups = client.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    instances: list[Any] = [instance for found in groups for instance in found.get("Instances", [])]
    serving = sorted(i["InstanceId"] for i in instances if i["LifecycleState"] == "InService")
    if not serving:
        states = ", ".join(f"{i['InstanceId']} {i['LifecycleState']}" for i in instances)
        raise failure(
            path="tunnel",
            given=states or "no instance",
            message="the way leads through a host in service, and there is none",
            example=f"python -m ops rollout --stack {stack} --wait",
        )
    return str(serving[0])


def tunnel_command(stack: Deployed, *, instance_id: str, port: int) -> list[str]:
    """The AWS CLI's command that forwards ``port`` to the load balancer, or to the host itself."""
    if ends_at_host(stack):
        document, there = TO_HOST, {"portNumber": [str(VLLM_PORT)]}
    else:
        listener_port = urlsplit(stack.output("endpoint")).port or 80
        document = TO_LOAD_BALANCER
        there = {"host": [stack.output("load_balancer_dns")], "portNumber": [str(listener_port)]}
    parameters = {**there, "localPortNumber": [str(port)]}
    return [
        *("aws", "ssm", "start-session", "--region", stack.region, "--target", instance_id),
        *("--document-name", document, "--parameters", json.dumps(parameters)),
    ]
