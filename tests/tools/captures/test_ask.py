"""A provider is asked about every alteration; this one is a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.captures.alter import Kind
from tools.captures.ask import MADE, observations, state_of
from tools.captures.provider import UNKNOWN, Difference, Properties, ProviderError, Resource
from tools.captures.table import Answer, Observation

THING = Resource(type="aws:ec2/thing:Thing", name="thing", inputs={"size": 1, "vpcId": "vpc-1"})


class Provider:
    """``size`` is updated and gives a new ``version``, ``vpcId`` is required and replaces; ``mode`` is AWS's choice."""

    def checked(self, resource: Resource) -> dict[str, Any]:
        return {**resource.inputs, "name": "thing-1234567"}

    def created(self, resource: Resource, *, inputs: Properties) -> dict[str, Any]:
        return {**inputs, "id": UNKNOWN, "version": UNKNOWN, "zones": UNKNOWN, "nested": {"deep": [UNKNOWN]}}

    def difference(self, resource: Resource, *, state: Properties, before: Properties, after: Properties) -> Difference:
        if "vpcId" not in after:
            raise ProviderError("vpcId: missing required property")
        compared = {**after, "zones": [], "id": MADE}
        changed = sorted(name for name in {*compared, *before} if state.get(name) != compared.get(name))
        return Difference(
            changed=tuple(changed), replacing=("vpcId",) if "vpcId" in changed else (), delete_first=False
        )

    def updated(
        self, resource: Resource, *, state: Properties, before: Properties, after: Properties
    ) -> dict[str, Any]:
        return {**state, **after, "version": state["version"] if after == before else UNKNOWN}


def asked() -> Mapping[tuple[str, Kind], Observation]:
    provider: Any = Provider()
    return {(item.path, item.kind): item for item in observations(provider, THING)}


def test_a_resource_that_was_never_made_is_as_its_creation_would_leave_it() -> None:
    provider: Any = Provider()
    state = state_of(provider, THING, inputs=THING.inputs)
    assert state == {
        "size": 1,
        "vpcId": "vpc-1",
        "id": MADE,
        "version": "",
        "zones": [],
        "nested": {"deep": []},
    }


def test_every_property_of_the_program_is_asked_about_and_no_other() -> None:
    assert {item.path for item in asked().values()} == {"size", "vpcId"}


def test_an_update_says_what_is_unknown_after_it() -> None:
    found = asked()["size", Kind.CHANGED]
    assert (found.answer, found.computed) == (Answer.UPDATE, ("version",))


def test_a_replacement_is_one() -> None:
    assert asked()["vpcId", Kind.CHANGED].answer is Answer.REPLACE
    assert asked()["vpcId", Kind.UNKNOWN].answer is Answer.REPLACE


def test_what_nobody_can_do_is_left_out() -> None:
    assert ("vpcId", Kind.REMOVED) not in asked()
    assert ("vpcId", Kind.ADDED) not in asked()
