"""``ops keys``: add, list and revoke the API keys of a stack, and have its hosts take them one after the other.

A key is shown once, when it is made.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from config.errors import ConfigError, Problem
from config.secret_shapes import SHAPES
from machine.names import Names
from ops.api_keys import ApiKey, KeyStore, new_key
from ops.errors import OpsError
from ops.local_target import refuse_local
from ops.outputs import stack_config

if TYPE_CHECKING:
    from ops.key_hosts import StackHosts
    from ops.outputs import Deployed

HELP = "Add, list and revoke the API keys of a stack; its hosts take them one after the other."
EPILOG = """examples:
  python -m ops keys add laptop --stack dev          # shown once
  python -m ops keys list --stack prod --json
  python -m ops keys revoke laptop --stack prod --surge"""
NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
ACTIONS = {
    "add": "make a key and show it once; it works when the hosts have taken it",
    "list": "names, dates and last four characters",
    "revoke": "take a key away; it works until the hosts have taken those that are left",
    "restart": "have the hosts take the keys as they are; goes on where add or revoke was interrupted",
}
Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stack's keys are. ``take(surge)``: its servers take them; returns what ``--json`` says of that."""

    store: KeyStore
    take: Callable[[bool], Document]
    hint: str  # what to do when they shall not take them now


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(ACTIONS))
    for action, summary in ACTIONS.items():
        command = actions.add_parser(action, help=summary, description=summary, allow_abbrev=False)
        if action in ("add", "revoke"):
            command.add_argument("name", metavar="NAME", help="who or what uses the key")
            command.add_argument("--no-restart", action="store_true", help="the hosts shall not take it now")
        if action != "list":
            command.add_argument("--surge", action="store_true", help="replace each host, by one that serves before")
        command.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
        command.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    if args.action in ("add", "revoke"):
        check_name(args.name)
    if args.action == "restart":
        refuse_local(
            stack_config(args.stack),
            message="the one server of this machine takes its keys when it starts",
            example=f"docker restart {Names(args.stack).server}",
        )
    leave_hosts = args.action == "list" or (args.action != "restart" and args.no_restart)
    place = place_of(args.stack, leave_hosts=leave_hosts)
    if args.action == "list":
        show(place.store, as_json=args.json)
        return 0
    document: Document = {}
    if args.action == "add":
        document = add(place.store, name=args.name, now=datetime.now(UTC), as_json=args.json)
    elif args.action == "revoke":
        document = revoke(place.store, name=args.name, as_json=args.json)
    status = 0
    if leave_hosts:
        print(place.hint, file=sys.stderr)
    else:
        status = _take(place, surge=args.surge, document=document, as_json=args.json, stack=args.stack)
    if args.json:
        print(json.dumps(document))
    return status


def _take(place: Place, *, surge: bool, document: Document, as_json: bool, stack: str) -> int:
    """Adds to ``document``, in which a new key is not lost when the hosts fail."""
    try:
        document |= place.take(surge)
    except OpsError as error:
        if not (as_json and document):
            raise
        document["errors"] = [error.problem.as_dict()]
        return 1
    except KeyboardInterrupt:
        if as_json and document:
            print(json.dumps(document))
        print(f"go on with: python -m ops keys restart --stack {stack}", file=sys.stderr)
        raise
    return 0


def place_of(stack: str, *, leave_hosts: bool) -> Place:
    """OpsError for a stack that lacks what is needed, before a key is made."""
    from ops.outputs import deployed

    if stack_config(stack).target == "local":
        from machine.secret_files import SecretFiles
        from ops.key_files import FileKeyStore

        hint = local_next_steps(stack)
        return Place(store=FileKeyStore(SecretFiles.of(stack)), take=lambda _: _say(hint), hint=hint)
    from ops.clients import client_config, session
    from ops.key_hosts import StackHosts
    from ops.key_store import SecretKeyStore

    there = deployed(stack)
    client = session(there.region).client("secretsmanager", config=client_config())
    store = SecretKeyStore(client=client, secret_arn=there.output("api_keys_secret_arn"))
    hint = next_steps(stack)
    if leave_hosts:
        return Place(store=store, take=lambda _: _say(hint), hint=hint)
    hosts = StackHosts.of(there, store=store)
    return Place(store=store, take=lambda surge: _restart(there, hosts, surge=surge), hint=hint)


def _say(line: str) -> Document:
    print(line, file=sys.stderr)
    return {}


def _restart(there: Deployed, hosts: StackHosts, *, surge: bool) -> Document:
    from ops import key_rotation
    from ops.rollout import Clock, default_timeout_s, progress

    plan = there.outputs.get("plan")
    clock = Clock()
    if not hosts.observe().instances:
        progress("no host runs: the next one takes the keys as they are")
        return {"restarted": [], "surge": surge}
    progress("until they have been restarted, hosts go on with the keys that they have")
    if surge:
        key_rotation.surge(hosts, timeout_s=default_timeout_s(plan), clock=clock, say=progress, stack=there.stack)
    rotation = key_rotation.Rotation(
        hosts=hosts,
        stack=there.stack,
        timeout_s=key_rotation.host_timeout_s(plan),
        gap=key_rotation.gap(plan),
        clock=clock,
        say=progress,
    )
    restarted = rotation.run()
    progress("every host has the keys as they are now")
    return {"restarted": list(restarted), "surge": surge}


def check_name(name: str) -> None:
    if not re.fullmatch(NAME_PATTERN, name) or SHAPES.search(name):  # a key in the place of a name would be listed
        raise ConfigError(
            [
                Problem(
                    path="NAME",
                    given=name or '""',
                    allowed="1 to 64 letters, digits and . _ -",
                    example="python -m ops keys add alice --stack dev",
                    message="this cannot be the name of a key",
                )
            ]
        )


def add(store: KeyStore, *, name: str, now: datetime, as_json: bool) -> Document:
    """Shows the key at once: what comes after may take long, or fail."""
    key = ApiKey(name=name, key=new_key(), created=now.isoformat(timespec="seconds"))
    store.add(key)
    if not as_json:
        print(key.key, flush=True)
    return {"name": key.name, "key": key.key, "created": key.created}


def show(store: KeyStore, *, as_json: bool) -> None:
    keys = store.read().values()
    if as_json:
        entries = [{"name": key.name, "created": key.created, "last4": key.last4} for key in keys]
        print(json.dumps({"keys": entries}))
        return
    for key in keys:
        print(f"{key.name}  {key.created}  ...{key.last4}")
    if not keys:
        print("no key yet: python -m ops keys add NAME --stack STACK", file=sys.stderr)


def revoke(store: KeyStore, *, name: str, as_json: bool) -> Document:
    store.revoke(name)
    if not as_json:
        print(f"revoked {name}", flush=True)
    return {"revoked": name}


def local_next_steps(stack: str) -> str:
    """As on AWS, keys are read when vLLM starts."""
    return f"A server that runs already reads keys when it starts: docker restart {Names(stack).server}"


def next_steps(stack: str) -> str:
    """Hosts read the keys when vLLM starts, so those that run already have to be told."""
    return (
        "A host that waits for its first key takes it within seconds. Hosts that serve already go on with their keys, "
        f"until\n  python -m ops keys restart --stack {stack}"
    )
