"""What the pack makes of the resources that the Pulumi CLI hands it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.loader import load_rules
from policies.pack import Given, Policy, policies

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


class UnknownError(Exception):
    """As pulumi_policy's: raised by the access to a value that is not known yet."""


class Properties(Mapping[str, Any]):
    """A mapping like pulumi_policy's, in which ``...`` stands for what is not known yet."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        if self._values[key] is ...:
            raise UnknownError
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass
class Options:
    protect: bool = False
    ignore_changes: list[str] = field(default_factory=list)


@dataclass
class Resource:
    resource_type: str
    name: str
    props: Mapping[str, Any]
    opts: Options = field(default_factory=Options)
    property_dependencies: Mapping[str, list[Given]] = field(default_factory=dict)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:small::vllm::{self.resource_type}::{self.name}"


def reported(rule: str, *resources: Resource) -> list[tuple[str, str]]:
    policy: Policy = next(item for item in policies(unknown=UnknownError) if item.rule.id == rule)
    found: list[tuple[str, str]] = []
    policy.validate(resources, lambda message, urn: found.append((message, urn)))
    return found


def test_there_is_a_policy_for_each_rule() -> None:
    assert [item.rule for item in policies(unknown=UnknownError)] == list(load_rules())


def test_a_violation_is_reported_with_what_to_do() -> None:
    host = Resource(TEMPLATE, "host", Properties({"keyName": "mine", "userData": ...}))
    ((message, urn),) = reported("ssh-is-closed", host)
    assert urn == host.urn
    assert message.startswith("hosts get an SSH key")
    assert "Do: remove the rule or the key" in message


def test_what_is_not_known_yet_is_passed_over() -> None:
    host = Resource(TEMPLATE, "host", Properties({"keyName": ..., "blockDeviceMappings": [Properties({"ebs": ...})]}))
    assert [message for message, _ in reported("ssh-is-closed", host)] != []  # set, whatever to
    assert reported("secrets-not-in-inputs", host) == []


def test_links_and_options_are_handed_on() -> None:
    bucket = Resource("aws:s3/bucket:Bucket", "own", {})
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    encryption = Resource(kind, "own", {"bucket": "own"}, property_dependencies={"bucket": [bucket]})
    assert reported("buckets-encrypted", bucket) != []
    assert reported("buckets-encrypted", bucket, encryption) == []
    held = Options(protect=True, ignore_changes=["availabilityZone", "kmsKeyId", "snapshotId"])
    tags = {"vllm:cache-pool": "small", "environment": "production"}
    slot = Resource("aws:ebs/volume:Volume", "slot", {"tags": tags}, opts=held)
    assert reported("cache-is-kept", slot) == []
    assert reported("cache-is-protected", slot) == []
    slot.opts = Options()
    assert reported("cache-is-kept", slot) != []
    assert reported("cache-is-protected", slot) != []
