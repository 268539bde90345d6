"""The metadata service answers as EC2 does when version 2 is required."""

from __future__ import annotations

import json

from rehearsal.host.imds import ROLE, TOKEN_PATH, Identity, MetadataService
from rehearsal.host.web import Answer, Request

IDENTITY = Identity(
    instance_id="i-0123456789abcdef0",
    instance_type="g6.2xlarge",
    zone="us-east-1b",
    region="us-east-1",
    user_data="#cloud-config\n",
    interfaces={"02:00:00:00:00:01": "eni-0a", "02:00:00:00:00:02": "eni-0b"},
)


def service(*, state: str = "InService") -> MetadataService:
    return MetadataService(identity=IDENTITY, target_lifecycle_state=lambda: state)


def ask(metadata: MetadataService, path: str, *, method: str = "GET", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return metadata.respond(Request(method=method, path=path, query={}, headers=named))


def token(metadata: MetadataService) -> str:
    answer = ask(metadata, TOKEN_PATH, method="PUT", x_aws_ec2_metadata_token_ttl_seconds="60")
    assert answer.status == 200
    assert isinstance(answer.body, str)
    return answer.body


def read(metadata: MetadataService, path: str) -> Answer:
    return ask(metadata, path, x_aws_ec2_metadata_token=token(metadata))


def test_without_a_token_nothing_is_told() -> None:
    assert ask(service(), "/latest/meta-data/instance-id").status == 401
    made_up = ask(service(), "/latest/meta-data/instance-id", x_aws_ec2_metadata_token="made-up")
    assert made_up.status == 401


def test_a_token_needs_a_lifetime_that_aws_allows() -> None:
    for ttl in ("", "0", "21601", "soon"):
        answer = ask(service(), TOKEN_PATH, method="PUT", x_aws_ec2_metadata_token_ttl_seconds=ttl)
        assert answer.status == 400


def test_network_interfaces_are_found_by_their_addresses() -> None:
    metadata = service()
    folder = "/latest/meta-data/network/interfaces/macs/"
    macs = str(read(metadata, folder).body).split()
    assert [read(metadata, f"{folder}{mac}interface-id").body for mac in macs] == ["eni-0a", "eni-0b"]


def test_the_instance_learns_who_it_is() -> None:
    metadata = service()
    told = {
        key: read(metadata, f"/latest/meta-data/{key}").body
        for key in ("instance-id", "instance-type", "placement/availability-zone", "placement/region")
    }
    assert set(told.values()) == {IDENTITY.instance_id, IDENTITY.instance_type, IDENTITY.zone, IDENTITY.region}
    assert read(metadata, "/latest/user-data").body == IDENTITY.user_data
    document = json.loads(str(read(metadata, "/latest/dynamic/instance-identity/document").body))
    assert document["instanceId"] == IDENTITY.instance_id


def test_the_role_has_keys_that_open_nothing() -> None:
    metadata = service()
    assert read(metadata, "/latest/meta-data/iam/security-credentials/").body == ROLE
    keys = json.loads(str(read(metadata, f"/latest/meta-data/iam/security-credentials/{ROLE}").body))
    assert keys["AccessKeyId"] == keys["SecretAccessKey"] == "rehearsal"
    assert keys["Expiration"] > keys["LastUpdated"]


def test_the_lifecycle_state_is_asked_each_time() -> None:
    states = iter(["InService", "Terminated"])
    metadata = MetadataService(identity=IDENTITY, target_lifecycle_state=lambda: next(states))
    path = "/latest/meta-data/autoscaling/target-lifecycle-state"
    assert [read(metadata, path).body, read(metadata, path).body] == ["InService", "Terminated"]


def test_what_ec2_announces_is_not_there_before() -> None:
    notices: dict[str, dict[str, str]] = {}
    metadata = MetadataService(
        identity=IDENTITY,
        target_lifecycle_state=lambda: "InService",
        spot_action=lambda: notices.get("spot"),
        rebalance=lambda: notices.get("rebalance"),
    )
    paths = {
        "spot": "/latest/meta-data/spot/instance-action",
        "rebalance": "/latest/meta-data/events/recommendations/rebalance",
    }
    for name, path in paths.items():
        assert read(metadata, path).status == 404
        notices[name] = {"time": "2026-11-24T08:22:00Z"}
        assert json.loads(str(read(metadata, path).body)) == notices[name]


def test_tags_are_there_where_the_instance_shows_them_and_as_they_are_now() -> None:
    tags: dict[str, str] = {"Name": "vllm-dev-host"}
    shown = MetadataService(identity=IDENTITY, target_lifecycle_state=lambda: "InService", tags=lambda: tags)
    path = "/latest/meta-data/tags/instance/vllm:keys"
    assert read(shown, path).status == 404
    tags["vllm:keys"] = "version"
    assert read(shown, path).body == "version"
    assert str(read(shown, "/latest/meta-data/tags/instance/").body).split() == ["Name", "vllm:keys"]
    assert read(service(), "/latest/meta-data/tags/instance/Name").status == 404


def test_what_is_not_there_is_not_found() -> None:
    assert read(service(), "/latest/meta-data/spot/instance-action").status == 404
    assert read(service(), "/latest/meta-data/no-such-key").status == 404
