"""API keys in the stack's secret: what is kept, what is refused, and two people at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ops.api_keys import ApiKey, new_key
from ops.errors import OpsError
from ops.key_store import SecretKeyStore
from rehearsal.aws.server import EmulatedAws

CREATED = "2026-01-31T12:00:00+00:00"


def key(name: str) -> ApiKey:
    return ApiKey(name=name, key=f"sk-{name}-0123456789", created=CREATED)


@pytest.fixture
def client() -> Iterator[Any]:
    with EmulatedAws() as aws:
        yield aws.client("secretsmanager")


@pytest.fixture
def arn(client: Any) -> str:
    return str(client.create_secret(Name="keys")["ARN"])


@pytest.fixture
def store(client: Any, arn: str) -> SecretKeyStore:
    return SecretKeyStore(client=client, secret_arn=arn)


def test_a_secret_without_a_value_holds_no_keys(store: SecretKeyStore) -> None:
    assert store.read() == {}


def test_keys_are_kept_in_the_shape_that_hosts_read(store: SecretKeyStore, client: Any, arn: str) -> None:
    store.add(key("alice"))
    store.add(key("bob"))
    value = client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"]
    assert json.loads(value) == {
        "keys": {name: {"key": f"sk-{name}-0123456789", "created": CREATED} for name in ("alice", "bob")}
    }


def test_a_name_is_used_once(store: SecretKeyStore) -> None:
    store.add(key("alice"))
    with pytest.raises(OpsError, match="a key of this name already") as caught:
        store.add(ApiKey(name="alice", key="sk-other", created=CREATED))
    assert "sk-alice" not in str(caught.value)
    assert store.read()["alice"] == key("alice")


def test_a_revoked_key_is_gone_and_the_others_stay(store: SecretKeyStore) -> None:
    store.add(key("alice"))
    store.add(key("bob"))
    store.revoke("alice")
    assert list(store.read()) == ["bob"]


def test_the_last_key_is_not_revoked(store: SecretKeyStore) -> None:
    store.add(key("alice"))
    with pytest.raises(OpsError, match="add another first"):
        store.revoke("alice")
    assert list(store.read()) == ["alice"]


def test_an_unknown_key_is_named_with_those_that_exist(store: SecretKeyStore) -> None:
    store.add(key("alice"))
    with pytest.raises(OpsError, match="allowed: alice"):
        store.revoke("bob")


class Meanwhile:
    """A client that lets somebody else act once, right before this one stores its value."""

    def __init__(self, client: Any, act: Callable[[], None]) -> None:
        self._client = client
        self._acts = [act]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_secret_value(self, **arguments: Any) -> Any:
        while self._acts:
            self._acts.pop()()
        return self._client.put_secret_value(**arguments)


def meanwhile(client: Any, act: Callable[[], None]) -> Any:
    return Meanwhile(client, act)


def test_a_key_added_meanwhile_is_not_lost(store: SecretKeyStore, client: Any, arn: str) -> None:
    store.add(key("first"))
    slow = SecretKeyStore(client=meanwhile(client, lambda: store.add(key("meanwhile"))), secret_arn=arn)
    slow.add(key("slow"))
    assert list(store.read()) == ["first", "meanwhile", "slow"]


def test_two_first_keys_at_once_are_both_kept(store: SecretKeyStore, client: Any, arn: str) -> None:
    slow = SecretKeyStore(client=meanwhile(client, lambda: store.add(key("meanwhile"))), secret_arn=arn)
    slow.add(key("slow"))
    assert sorted(store.read()) == ["meanwhile", "slow"]


def test_a_name_taken_meanwhile_is_refused(store: SecretKeyStore, client: Any, arn: str) -> None:
    store.add(key("first"))
    slow = SecretKeyStore(client=meanwhile(client, lambda: store.add(key("alice"))), secret_arn=arn)
    with pytest.raises(OpsError, match="a key of this name already"):
        slow.add(ApiKey(name="alice", key="sk-other", created=CREATED))
    assert store.read()["alice"] == key("alice")


def test_no_label_of_ours_is_left_behind(store: SecretKeyStore, client: Any, arn: str) -> None:
    for name in ("a", "b", "c"):
        store.add(key(name))
    stages = client.describe_secret(SecretId=arn)["VersionIdsToStages"].values()
    assert {label for labels in stages for label in labels} == {"AWSCURRENT", "AWSPREVIOUS"}


@pytest.mark.parametrize("text", ["sk-plain-text-key", '{"keys": []}', '{"keys": {"a": "sk-x-secret"}}', "[]", "{}"])
def test_a_damaged_secret_is_neither_used_nor_echoed(store: SecretKeyStore, client: Any, arn: str, text: str) -> None:
    client.put_secret_value(SecretId=arn, SecretString=text)
    with pytest.raises(OpsError, match="holds something else") as caught:
        store.add(key("alice"))
    assert "sk-" not in str(caught.value).replace('"sk-..."', "")
    assert client.get_secret_value(SecretId=arn)["SecretString"] == text


def test_a_missing_secret_is_an_aws_error(client: Any) -> None:
    store = SecretKeyStore(client=client, secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:no-aaaaaa")
    with pytest.raises(OpsError, match="could not read the stack's API keys"):
        store.read()


def test_too_many_keys_are_refused_before_aws_does(store: SecretKeyStore) -> None:
    store.add(ApiKey(name="long", key="sk-" + "x" * 40_000, created=CREATED))
    with pytest.raises(OpsError, match="more than a secret can hold"):
        store.add(ApiKey(name="longer", key="sk-" + "x" * 40_000, created=CREATED))


def test_keys_are_long_different_and_hidden_in_repr() -> None:
    first, second = new_key(), new_key()
    assert first != second
    assert first.startswith("sk-")
    assert len(first) > 40
    assert first not in repr(ApiKey(name="a", key=first, created=CREATED))
