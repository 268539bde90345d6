"""Which API keys each host of a stack serves with, and how a host is told of others: by a tag of its instance.

A host says in its stream of the log group which version of the secret it has: at its boot with the step ``secrets``,
later with the step ``keys``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from ops.clients import aws_errors, client_config, code_of, session
from ops.errors import failure
from ops.key_store import SecretKeyStore
from ops.rollout.state import Snapshot
from ops.rollout.view import RECENT_EVENTS, Fleet

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from ops.outputs import Deployed

KEYS_TAG = "vllm:keys"
# SkipMatching would skip them all. Between 100 and 100 percent nothing can be replaced, and then AWS "launches a new
# instance before terminating an old one" (API reference, RefreshPreferences, 2026-11): one at a time, whatever the
# group's own maintenance policy says.
SURGE: Any = {"SkipMatching": False, "MinHealthyPercentage": 100, "MaxHealthyPercentage": 100}
_VERSION = re.compile(r"keys of version ([A-Za-z0-9-]{1,64})")
# Metadata of a running instance follow its tags on Nitro types only ("View tags for your EC2 instances using instance
# metadata", EC2 user guide, 2026-11). Of GPU types these are none.
_BEFORE_NITRO = re.compile(r"(?:p2|p3|g3|g3s)\.")


@dataclass(frozen=True, kw_only=True)
class HostKeys:
    """``version``: with which the host serves or will serve; None when it has not said so. ``failure``: why it could
    not take others, since then; ``failed_at``: of the host's clock, only to tell two failures apart. ``waits``: its
    boot waits for a first key."""

    version: str | None = None
    failure: str = ""
    failed_at: int = 0
    waits: bool = False


class Hosts(Protocol):
    """What a rotation needs of a stack."""

    def observe(self) -> Snapshot: ...

    def version(self) -> str | None:
        """Of the secret's current value; None while it has none."""

    def keys_of(self, instance_id: str) -> HostKeys: ...

    def tell(self, instance_id: str, version: str) -> None: ...

    def replace_all(self) -> str:
        """Has the group replace every host, each after its replacement serves; the id of the refresh."""


@dataclass(frozen=True, kw_only=True)
class StackHosts:
    """Those of a deployed stack."""

    fleet: Fleet
    store: SecretKeyStore
    ec2: EC2Client
    stack: str

    @classmethod
    def of(cls, stack: Deployed, *, store: SecretKeyStore) -> StackHosts:
        client = session(stack.region).client("ec2", config=client_config())
        return cls(fleet=Fleet.of(stack), store=store, ec2=client, stack=stack.stack)

    def observe(self) -> Snapshot:
        return self.fleet.observe()

    def version(self) -> str | None:
        return self.store.version()

    def keys_of(self, instance_id: str) -> HostKeys:
        with aws_errors("read what a host says of its keys"):
            try:
                events = self.fleet.logs.get_log_events(
                    logGroupName=self.fleet.log_group,
                    logStreamName=instance_id,
                    startFromHead=False,
                    limit=RECENT_EVENTS,
                )["events"]
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":
                    return HostKeys()
                raise
        return keys_in((event.get("timestamp", 0), event.get("message", "")) for event in events)

    def tell(self, instance_id: str, version: str) -> None:
        with aws_errors("tell a host of its new keys"):
            found = self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
            self._check_that_it_hears(found[0]["Instances"][0])
            self.ec2.create_tags(Resources=[instance_id], Tags=[{"Key": KEYS_TAG, "Value": version}])

    def _check_that_it_hears(self, instance: Mapping[str, Any]) -> None:
        kind = instance.get("InstanceType", "")
        shows_tags = instance.get("MetadataOptions", {}).get("InstanceMetadataTags") == "enabled"
        if shows_tags and not _BEFORE_NITRO.match(kind):
            return
        why = f"a running {kind} does not see a new tag" if shows_tags else "an older program launched this host"
        raise failure(
            path=f"host {instance['InstanceId']}",
            message=f"{why}, so it cannot be told of new keys: have the hosts replaced",
            example=f"python -m ops keys restart --stack {self.stack} --surge",
        )

    def replace_all(self) -> str:
        with aws_errors("start an instance refresh"):
            try:
                answer = self.fleet.autoscaling.start_instance_refresh(
                    AutoScalingGroupName=self.fleet.group, Strategy="Rolling", Preferences=SURGE
                )
            except ClientError as error:
                if code_of(error) == "InstanceRefreshInProgress":
                    raise rollout_under_way(self.stack) from error
                raise
        return answer["InstanceRefreshId"]


def keys_in(events: Iterable[tuple[int, str]]) -> HostKeys:
    """What the events of one host, each with its time, come to."""
    keys = HostKeys()
    for at, message in events:
        try:
            event = json.loads(message)
            step, status, reason = event["step"], event["status"], str(event.get("reason", ""))
        except (ValueError, KeyError, TypeError):
            continue
        named = _VERSION.match(reason)
        if step in ("secrets", "keys") and status == "ok" and named:
            keys = HostKeys(version=named[1])
        elif step == "keys" and status == "failed":
            keys = HostKeys(version=keys.version, failure=reason, failed_at=at)
        elif step == "secrets" and status == "waiting":
            keys = HostKeys(waits=True)
    return keys


def rollout_under_way(stack: str) -> Exception:
    return failure(
        path=f"stack {stack}",
        message="a rollout is under way, and hosts launched from now on have the keys as they are: await its end, then "
        "have those take them that are left",
        example=f"python -m ops rollout --stack {stack} --wait && python -m ops keys restart --stack {stack}",
    )
