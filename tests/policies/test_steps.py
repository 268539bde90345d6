"""Rules about what an update does to what is there."""

from __future__ import annotations

import pytest

from policies.model import Resource
from policies.read import PreviewError, deployment_of
from tests.policies.pairs import BALANCER, GROUP, HELD, POOL, PROD, VOLUME
from tests.policies.previews import entry, preview, state
from tests.policies.small import RULES, broken, made, step

REPLACEMENT = ("create-replacement", "replace", "delete-replaced")


def slot(*, protect: bool, production: bool = False) -> Resource:
    tags = {**POOL, **(PROD if production else {})}
    return made(VOLUME, "slot", tags=tags, protect=protect, ignored=HELD)


@pytest.mark.parametrize("op", ["replace", "delete-replaced"])
def test_a_slot_is_never_replaced(op: str) -> None:
    assert broken("cache-is-kept", steps=[step(op, slot(protect=False))]) == [
        "this update would replace a volume of the cache"
    ]


@pytest.mark.parametrize(
    ("old", "refused"),
    [
        (slot(protect=True), True),
        (slot(protect=False, production=True), True),
        (slot(protect=False), False),
        (made(VOLUME, "scratch"), False),
    ],
)
def test_a_slot_is_deleted_only_where_the_stack_file_lets_it_go(old: Resource, refused: bool) -> None:
    found = broken("cache-is-kept", steps=[step("delete", old)])
    assert found == (["this update would delete a volume of the cache"] if refused else [])


@pytest.mark.parametrize("op", ["create", "update", "same", "create-replacement"])
def test_other_steps_end_nothing(op: str) -> None:
    assert broken("cache-is-kept", steps=[step(op, slot(protect=True))]) == []
    assert broken("service-is-kept", steps=[step(op, made(BALANCER, tags=PROD))]) == []


@pytest.mark.parametrize(
    ("type_", "says"), [(BALANCER, "replace it: clients know"), (GROUP, "replace it: all its hosts end")]
)
def test_in_production_the_service_is_not_replaced(type_: str, says: str) -> None:
    (message,) = broken("service-is-kept", steps=[step("replace", made(type_, tags=PROD))])
    assert says in message
    assert broken("service-is-kept", steps=[step("replace", made(type_))]) == []


def test_in_production_the_service_is_not_deleted() -> None:
    (message,) = broken("service-is-kept", steps=[step("delete", made(BALANCER, tags=PROD))])
    assert "delete it" in message


def test_a_preview_is_read_as_the_engine_prints_it() -> None:
    old = slot(protect=True)
    steps = [entry(op, old, diff=("snapshotId", "tags.Name", "sizes[0].gib")) for op in REPLACEMENT]
    deployment = deployment_of([state(old)], preview(*steps))
    assert [found.op for found in deployment.steps] == list(REPLACEMENT)
    assert deployment.steps[1].changed == ("sizes", "snapshotId", "tags")
    assert deployment.steps[1].old == deployment.steps[2].old
    assert len(list(RULES["cache-is-kept"].check(deployment))) == 3  # its graph lets it be replaced, and two steps


def test_what_only_the_preview_has_is_checked_too() -> None:
    key = made("aws:ec2/keyPair:KeyPair", "mine")
    deployment = deployment_of([state(slot(protect=True))], preview(entry("create", key)))
    assert [found.urn for found in RULES["ssh-is-closed"].check(deployment)] == [key.urn]


def test_secrets_and_unknowns_of_the_engine_are_marked() -> None:
    hidden = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"hf_x"'}
    given = {**state(made("a:b/c:C")), "inputs": {"x": hidden, "y": ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"]}}
    (resource,) = deployment_of([given]).resources
    assert resource.inputs == {"x": "[secret]", "y": ["[unknown]"]}


def test_the_preview_of_another_stack_is_refused() -> None:
    other = entry("update", made(BALANCER))
    other["urn"] = other["urn"].replace(":small::", ":other::")
    with pytest.raises(PreviewError, match="it is of stack other"):
        deployment_of([state(made(BALANCER))], preview(other))


@pytest.mark.parametrize("document", [{}, {"steps": 3}, {"steps": [3]}, {"steps": [{"op": "same"}]}, {"errors": []}])
def test_what_is_no_preview_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(PreviewError, match="pulumi preview --stack NAME --json"):
        deployment_of([state(made(BALANCER))], document)
