"""The keys of the role, from the metadata service of a rehearsed host and from one that has trouble."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from rehearsal.host.imds import Identity, MetadataService
from rehearsal.host.web import Request
from tests.userdata.aws_call.service import Answer, Asked, answering
from userdata.files.aws_call.credentials import FixedKeys, Metadata, RoleKeys, keys_of
from userdata.files.aws_call.errors import NotSentError

NOW = datetime(2026, 11, 24, 15, 0, 0, tzinfo=UTC)
ROLE = "/latest/meta-data/iam/security-credentials/"
IDENTITY = Identity(
    instance_id="i-0123456789abcdef0", instance_type="g6.2xlarge", zone="us-east-1a", region="us-east-1", user_data=""
)


@dataclass(kw_only=True)
class Service:
    """``key``: of the keys that it gives; ``ends``: when they do. ``texts`` by path replace what it would say."""

    key: str = "first"
    ends: str = "2026-11-24T21:00:00Z"
    token: str = "a"
    silent: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self.silent:
            return Answer(status=500)
        if asked.method == "PUT":
            return Answer(body=self.token)
        if asked.headers.get("x-aws-ec2-metadata-token") != self.token:
            return Answer(status=401)
        keys = {"AccessKeyId": self.key, "SecretAccessKey": "s", "Token": "t", "Expiration": self.ends}
        texts = {ROLE: "role\n", f"{ROLE}role": json.dumps(keys)} | self.texts
        return Answer(body=texts[asked.path]) if asked.path in texts else Answer(status=404)


@dataclass(kw_only=True)
class Stage:
    service: Service
    keys: RoleKeys
    now_s: float = 0


@contextmanager
def staged(service: Service) -> Iterator[Stage]:
    with answering(service.answer) as address:
        stage = Stage(service=service, keys=RoleKeys(metadata=Metadata(address=address), wall=lambda: NOW))
        stage.keys.clock = lambda: stage.now_s
        yield stage


def test_the_rehearsed_metadata_service_gives_its_keys() -> None:
    service = MetadataService(identity=IDENTITY, target_lifecycle_state=lambda: "InService")

    def answer(asked: Asked) -> Answer:
        given = service.respond(Request(method=asked.method, path=asked.path, query={}, headers=asked.headers))
        return Answer(status=given.status, body=str(given.body), headers=dict(given.headers))

    with answering(answer) as address:
        found = keys_of({"IMDS": address}).get()
    assert (found.key_id, found.secret, found.token) == ("rehearsal", "rehearsal", "rehearsal")


def test_keys_are_asked_for_once_while_they_are_good() -> None:
    with staged(Service()) as stage:
        assert stage.keys.get().key_id == "first"
        asked = len(stage.service.asked)
        stage.now_s = 3599
        assert stage.keys.get().key_id == "first"
        assert len(stage.service.asked) == asked


@pytest.mark.parametrize(("ends", "renewed_s"), [("2026-11-24T15:40:00Z", 1800), ("2026-11-24T21:00:00Z", 3600)])
def test_keys_are_renewed_before_they_end_and_each_hour(ends: str, renewed_s: float) -> None:
    with staged(Service(ends=ends)) as stage:
        stage.keys.get()
        stage.service.key = "second"
        stage.now_s = renewed_s - 1
        assert stage.keys.get().key_id == "first"
        stage.now_s = renewed_s
        assert stage.keys.get().key_id == "second"


def test_keys_that_aws_refused_are_not_used_again() -> None:
    with staged(Service()) as stage:
        stage.keys.get()
        stage.service.key = "second"
        stage.keys.forget()
        assert stage.keys.get().key_id == "second"


def test_old_keys_stay_while_the_metadata_service_is_silent() -> None:
    with staged(Service()) as stage:
        stage.keys.get()
        stage.service.silent = True
        stage.now_s = 4000
        assert stage.keys.get().key_id == "first"


def test_a_session_token_that_is_no_longer_good_is_replaced() -> None:
    with staged(Service()) as stage:
        stage.keys.get()
        stage.service.token, stage.service.key = "b", "second"
        stage.keys.forget()
        assert stage.keys.get().key_id == "second"


@pytest.mark.parametrize(
    "service",
    [
        Service(silent=True),
        Service(texts={ROLE: ""}),
        Service(texts={ROLE: "other"}),
        Service(texts={f"{ROLE}role": "<html>"}),
        Service(texts={f"{ROLE}role": "{}"}),
        Service(ends="soon"),
    ],
)
def test_without_keys_nothing_was_sent(service: Service) -> None:
    with staged(service) as stage, pytest.raises(NotSentError, match="metadata service"):
        stage.keys.get()


def test_a_metadata_service_that_is_not_there_is_said() -> None:
    with pytest.raises(NotSentError, match="does not answer"):
        Metadata(address="http://127.0.0.1:9").get("instance-id")


def test_keys_of_the_environment_come_first() -> None:
    keys = keys_of({"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"})
    assert isinstance(keys, FixedKeys)
    keys.forget()
    assert (keys.get().key_id, keys.get().token) == ("k", "")
