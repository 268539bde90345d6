"""``ops bake``: fills a cache slot once and makes a snapshot of it, from which new slots start."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.command_line import positive_seconds
from ops.errors import failure
from ops.local_target import refuse_local, volumes_of

if TYPE_CHECKING:
    from ops.bake.aws import Snapshot
    from ops.outputs import Deployed

HELP = "Make a snapshot of a filled cache slot, with image and model; new slots then start from it."
EPILOG = """examples:
  python -m ops bake --stack prod"""
BOOT_MARGIN_S = 600  # beside the host's own deadline: launch, and a log that is late
FALLBACK_TIMEOUT_S = 3600.0
NOT_PINNED = "not pinned"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    parser.add_argument("--again", action="store_true", help="although this version has a snapshot already")
    parser.add_argument(
        "--timeout-s",
        type=positive_seconds,
        metavar="S",
        help="give up a builder that has not served after so many seconds (default: from the plan's own timers)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    from ops.bake.aws import Workshop
    from ops.bake.steps import Baker
    from ops.outputs import deployed, stack_config
    from ops.rollout import Clock, progress

    files, _ = volumes_of(args.stack)
    refuse_local(
        stack_config(args.stack),
        message=f"a stack on this machine keeps the model in the volume {files} (or in vllm:cache.path), from which "
        "every start reads: there is nothing to make a snapshot for",
        example=f"docker volume inspect {files}",
    )
    stack = deployed(args.stack)
    _refuse_encrypted(args.stack)
    shop = Workshop.of(stack, about=about(stack))
    timeout_s = args.timeout_s or boot_timeout_s(stack.outputs.get("plan"))
    baker = Baker(shop=shop, clock=Clock(), say=progress, boot_timeout_s=timeout_s)
    snapshot = baker.bake(again=args.again)
    changed = write_snapshot(stack, snapshot)
    former = [each.id for each, _ in shop.snapshots() if each.id != snapshot.id]
    report(stack.stack, snapshot, former=former, changed=changed, as_json=args.json)
    return 0


def about(stack: Deployed) -> dict[str, str]:
    """Tags that say what a snapshot holds."""
    plan = stack.outputs.get("plan")
    gpu = plan.get("gpu", "") if isinstance(plan, Mapping) else ""
    image = stack.config.image
    return {
        "vllm:model": stack.config.model.id,
        "vllm:revision": stack.config.model.revision or NOT_PINNED,
        "vllm:image": f"{image.repository}@{image.digest}" if image.digest else f"{image.repository}:{image.tag}",
        "vllm:gpu": gpu,  # the compile cache is of this GPU
    }


def boot_timeout_s(plan: Any) -> float:
    """By the stack's own ``plan`` output."""
    try:
        return float(plan["timers"]["boot_deadline_s"] + BOOT_MARGIN_S)
    except (KeyError, TypeError):
        return FALLBACK_TIMEOUT_S


def _refuse_encrypted(stack: str) -> None:
    """Before an hour of work, not after it."""
    from config.stack_file import read_stack_file
    from ops.pin import encrypted_keys

    if ("cache", "snapshotId") in encrypted_keys(read_stack_file(stack=stack, root=Path.cwd())):
        raise failure(
            path="vllm:cache.snapshotId",
            given="[encrypted]",
            message="bake writes this value, and it is encrypted: a snapshot's id is no secret, set it in plain text",
        )


def write_snapshot(stack: Deployed, snapshot: Snapshot) -> bool:
    """Whether the stack file is another one now."""
    from ops.stack_write import write

    if stack.config.cache.snapshot_id == snapshot.id:
        return False
    write({("cache", "snapshotId"): snapshot.id}, stack=stack.stack, root=Path.cwd())
    return True


def report(stack: str, snapshot: Snapshot, *, former: list[str], changed: bool, as_json: bool) -> None:
    file = f"Pulumi.{stack}.yaml"
    if as_json:
        document = {"stack": stack, "snapshot_id": snapshot.id, "file": file, "changed": changed, "former": former}
        print(json.dumps(document))
        return
    print(snapshot.id)
    if changed:
        print(
            f"{file} is changed: review it (git diff {file}) and commit it. Slots made from now on start from the "
            "snapshot; those that exist stay as they are",
            file=sys.stderr,
        )
    else:
        print(f"{file} names it already", file=sys.stderr)
    for each in former:
        print(f"an older one costs on: aws ec2 delete-snapshot --snapshot-id {each}", file=sys.stderr)
