"""``ops keys`` with hosts, against an emulated AWS: the tag, what the hosts say, an instance refresh."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.api_keys import ApiKey
from ops.errors import OpsError
from ops.key_hosts import KEYS_TAG, StackHosts
from ops.key_store import SecretKeyStore
from ops.rollout.view import Fleet
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import Folder, make_folder
from tests.rehearsal.aws.cloud import GROUP, Cloud

LOG_GROUP = "hosts"


@pytest.fixture
def waits() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cloud(waits: ManualClock) -> Iterator[Cloud]:
    with EmulatedAws(waits=waits) as aws:
        cloud = Cloud(aws)
        aws.client("logs").create_log_group(logGroupName=LOG_GROUP)
        yield cloud


def with_tags(cloud: Cloud, *, size: int = 1, kind: str = "g6.2xlarge") -> None:
    """The group, whose instances show their tags."""
    data = cloud.template(user_data="x") | {
        "InstanceType": kind,
        "MetadataOptions": {"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
    }
    cloud.ec2.create_launch_template_version(LaunchTemplateId=cloud.template_id, LaunchTemplateData=data)
    cloud.create_group(size=size, LaunchTemplate={"LaunchTemplateId": cloud.template_id, "Version": "2"})


@pytest.fixture
def hosts(cloud: Cloud) -> StackHosts:
    secrets = cloud.aws.client("secretsmanager")
    store = SecretKeyStore(client=secrets, secret_arn=secrets.create_secret(Name="keys")["ARN"])
    fleet = Fleet(
        autoscaling=cloud.autoscaling,
        elbv2=cloud.elb,
        logs=cloud.aws.client("logs"),
        group=GROUP,
        target_group_arn=cloud.target_group_arn,
        log_group=LOG_GROUP,
    )
    return StackHosts(fleet=fleet, store=store, ec2=cloud.ec2, stack="dev")


def say(cloud: Cloud, instance_id: str, *, step: str, reason: str) -> None:
    """As the host does."""
    logs = cloud.aws.client("logs")
    if not logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=instance_id)["logStreams"]:
        logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=instance_id)
    message = json.dumps({"step": step, "status": "ok", "reason": reason, "duration_s": 1.5})
    events = [{"timestamp": time.time_ns() // 1_000_000, "message": message}]
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=instance_id, logEvents=events)


def only(cloud: Cloud) -> str:
    return cloud.instance_id(state="InService")


def tags(cloud: Cloud, instance_id: str) -> dict[str, str]:
    (instance,) = cloud.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"]
    return {tag["Key"]: tag["Value"] for tag in instance["Tags"]}


def test_a_host_is_told_by_a_tag(cloud: Cloud, hosts: StackHosts) -> None:
    with_tags(cloud)
    hosts.tell(only(cloud), "version-2")
    assert tags(cloud, only(cloud))[KEYS_TAG] == "version-2"


def test_a_host_without_tags_in_its_metadata_is_not_told(cloud: Cloud, hosts: StackHosts) -> None:
    cloud.create_group()
    with pytest.raises(OpsError, match="an older program launched this host") as caught:
        hosts.tell(only(cloud), "version-2")
    assert caught.value.problem.example.endswith("ops keys restart --stack dev --surge")
    assert KEYS_TAG not in tags(cloud, only(cloud))


def test_a_type_that_sees_no_new_tags_is_not_told(cloud: Cloud, hosts: StackHosts) -> None:
    with_tags(cloud, kind="p3.2xlarge")
    with pytest.raises(OpsError, match=r"a running p3\.2xlarge does not see a new tag"):
        hosts.tell(only(cloud), "version-2")


def test_the_version_is_that_of_the_current_value(hosts: StackHosts) -> None:
    assert hosts.version() is None
    versions = []
    for name in ("a", "b"):
        hosts.store.add(ApiKey(name=name, key=f"sk-{name}", created="2026-01-01T00:00:00+00:00"))
        versions.append(hosts.version())
    assert len({None, *versions}) == 3
    value = hosts.store.client.get_secret_value(SecretId=hosts.store.secret_arn)
    assert value["VersionId"] == versions[-1]


def test_what_a_host_has_said_is_read(cloud: Cloud, hosts: StackHosts) -> None:
    with_tags(cloud)
    assert hosts.keys_of(only(cloud)).version is None
    say(cloud, only(cloud), step="secrets", reason="keys of version version-1")
    assert hosts.keys_of(only(cloud)).version == "version-1"


def test_every_host_is_replaced_once(cloud: Cloud, hosts: StackHosts) -> None:
    with_tags(cloud)
    refresh_id = hosts.replace_all()
    assert cloud.refresh()["InstanceRefreshId"] == refresh_id
    assert cloud.refresh()["Preferences"]["SkipMatching"] is False
    with pytest.raises(OpsError, match="a rollout is under way"):
        hosts.replace_all()


@pytest.fixture
def folder(cloud: Cloud, hosts: StackHosts, tmp_path: Path) -> Folder:
    outputs = {
        "api_keys_secret_arn": hosts.store.secret_arn,
        "autoscaling_group": GROUP,
        "target_group_arn": cloud.target_group_arn,
        "log_group": LOG_GROUP,
    }
    return make_folder(tmp_path, outputs=outputs, environment=cloud.aws.environment())


@pytest.fixture
def obedient(cloud: Cloud, hosts: StackHosts, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Hosts that do at once as the tag says, time that passes at once; returns the ids of those that were told."""
    told: list[str] = []
    original = StackHosts.tell

    def tell(self: StackHosts, instance_id: str, version: str) -> None:
        original(self, instance_id, version)
        told.append(instance_id)
        say(cloud, instance_id, step="keys", reason=f"keys of version {version}")

    monkeypatch.setattr(StackHosts, "tell", tell)
    monkeypatch.setattr("ops.key_rotation.POLL_S", 0.01)
    return lambda: told


def serve(cloud: Cloud, waits: ManualClock, *, size: int) -> list[str]:
    """So many hosts that serve; their ids."""
    with_tags(cloud, size=size)
    waits.advance(600)
    return [instance["InstanceId"] for instance in cloud.group()["Instances"]]


def test_a_new_key_is_shown_and_taken_by_every_host(
    cloud: Cloud, waits: ManualClock, hosts: StackHosts, folder: Folder, obedient: Callable[[], list[str]]
) -> None:
    ids = serve(cloud, waits, size=2)
    added = folder.ops("keys", "add", "alice", "--stack", "dev", "--json")
    assert added.returncode == 0, added.stderr
    document: dict[str, Any] = json.loads(added.stdout)
    assert document["key"].startswith("sk-")
    assert document["restarted"] == ids == obedient()
    assert document["key"] not in added.stderr
    assert {tags(cloud, id_)[KEYS_TAG] for id_ in ids} == {hosts.version()}


def test_a_restart_goes_on_where_it_was(
    cloud: Cloud, waits: ManualClock, folder: Folder, obedient: Callable[[], list[str]]
) -> None:
    serve(cloud, waits, size=2)
    added = folder.ops("keys", "add", "alice", "--stack", "dev", "--no-restart")
    assert "python -m ops keys restart --stack dev" in added.stderr
    assert obedient() == []
    assert folder.ops("keys", "restart", "--stack", "dev").returncode == 0
    assert len(obedient()) == 2
    again = folder.ops("keys", "restart", "--stack", "dev", "--json")
    assert json.loads(again.stdout) == {"restarted": [], "surge": False}
    assert len(obedient()) == 2


def test_a_key_is_not_lost_when_the_hosts_cannot_take_it(cloud: Cloud, waits: ManualClock, folder: Folder) -> None:
    cloud.create_group()
    waits.advance(600)
    added = folder.ops("keys", "add", "alice", "--stack", "dev", "--json")
    assert added.returncode == 1
    document = json.loads(added.stdout)
    assert document["key"].startswith("sk-")
    assert "an older program" in document["errors"][0]["message"]
    shown = folder.ops("keys", "add", "bob", "--stack", "dev")
    assert (shown.returncode, shown.stdout[:3]) == (1, "sk-")


def test_a_revoked_key_is_said_to_work_until_the_hosts_have_the_others(
    cloud: Cloud, waits: ManualClock, folder: Folder, obedient: Callable[[], list[str]]
) -> None:
    serve(cloud, waits, size=1)
    folder.ops("keys", "add", "alice", "--stack", "dev", "--no-restart")
    folder.ops("keys", "add", "bob", "--stack", "dev", "--no-restart")
    revoked = folder.ops("keys", "revoke", "alice", "--stack", "dev")
    assert revoked.stdout == "revoked alice\n"
    assert revoked.stderr.startswith("until they have been restarted, hosts go on with the keys that they have")
    assert "one replica: nobody is served for" in revoked.stderr
    assert len(obedient()) == 1
