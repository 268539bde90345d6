"""From what the provider said to the table."""

from __future__ import annotations

from typing import Any

from tools.captures.alter import Kind
from tools.captures.table import Answer, Observation, differences, document

TYPE = "aws:ec2/thing:Thing"


def said(path: str, answer: Answer, kind: Kind = Kind.CHANGED, **more: Any) -> Observation:
    return Observation(type=TYPE, path=path, kind=kind, answer=answer, **more)


def entry(*observations: Observation) -> dict[str, Any]:
    made = document(observations, provider="aws 1.2.3", captured="2026-01-02")
    found: dict[str, Any] = made["types"][TYPE]
    return found


def test_properties_are_sorted_by_what_their_change_does() -> None:
    assert entry(
        said("vpcId", Answer.REPLACE), said("tags", Answer.UPDATE), said("size", Answer.UPDATE), said("x", Answer.NONE)
    ) == {"replace": ["vpcId"], "update": ["size", "tags"], "computed": []}


def test_a_block_is_one_line_unless_its_fields_differ() -> None:
    found = entry(
        said("ebs.size", Answer.UPDATE),
        said("ebs.kind", Answer.UPDATE),
        said("disks[*].name", Answer.REPLACE),
        said("disks[*].size", Answer.UPDATE),
    )
    assert (found["replace"], found["update"]) == (["disks[*].name"], ["disks[*].size", "ebs"])


def test_the_gravest_answer_to_a_change_counts() -> None:
    found = entry(
        said("subnets", Answer.UPDATE, Kind.LONGER),
        said("subnets", Answer.REPLACE, Kind.SHORTER),
        said("rules", Answer.NONE, Kind.SHORTER),
        said("rules", Answer.UPDATE, Kind.LONGER),
    )
    assert (found["replace"], found["update"]) == (["subnets"], ["rules"])


def test_what_has_no_value_is_known_by_its_being_unknown() -> None:
    found = entry(said("ingress", Answer.UPDATE, Kind.UNKNOWN), said("ingress", Answer.NONE, Kind.REMOVED))
    assert found == {"replace": [], "update": ["ingress"], "computed": [], "whenRemoved": {"none": ["ingress"]}}


def test_other_answers_to_other_changes_are_told() -> None:
    found = entry(
        said("cidrIpv4", Answer.UPDATE),
        said("cidrIpv4", Answer.REPLACE, Kind.REMOVED),
        said("cidrIpv4", Answer.REPLACE, Kind.ADDED),
        said("cidrIpv4", Answer.UPDATE, Kind.UNKNOWN),
    )
    assert found["whenRemoved"] == found["whenAdded"] == {"replace": ["cidrIpv4"]}
    assert "whenUnknown" not in found


def test_an_exception_that_depends_on_the_rest_is_none() -> None:
    found = entry(
        said("internal", Answer.REPLACE),
        said("internal", Answer.NONE, Kind.ADDED),
        said("internal", Answer.REPLACE, Kind.ADDED),
    )
    assert "whenAdded" not in found


def test_an_output_is_computed_by_every_update_or_by_some() -> None:
    found = entry(
        said("userData", Answer.UPDATE, computed=("latestVersion", "hash")),
        said("tags", Answer.UPDATE, computed=("latestVersion",)),
        said("tags", Answer.UPDATE, Kind.UNKNOWN, computed=("latestVersion", "tagsAll")),
        said("name", Answer.REPLACE),
    )
    assert found["computed"] == ["latestVersion"]
    assert found["computedBy"] == {"hash": ["userData"]}


def test_what_changes_along_is_told() -> None:
    found = entry(said("subnets", Answer.UPDATE, also=("mappings",)), said("subnets[*]", Answer.UPDATE, also=("more",)))
    assert found["also"] == {"subnets": ["mappings", "more"]}


def test_the_order_of_the_observations_does_not_matter() -> None:
    some = [said("b", Answer.UPDATE), said("a", Answer.REPLACE), said("c.d", Answer.NONE), said("c.e", Answer.UPDATE)]
    assert entry(*some) == entry(*reversed(some))


def test_what_is_not_as_committed_is_named_whatever_the_date() -> None:
    then = document([said("a", Answer.UPDATE)], provider="aws 1.2.3", captured="2026-01-02")
    assert list(differences(then, {**then, "captured": "2026-02-03"})) == []
    now = document([said("a", Answer.REPLACE)], provider="aws 1.2.4", captured="2026-02-03")
    assert list(differences(then, now)) == [
        "provider: aws 1.2.3, now aws 1.2.4",
        f"{TYPE} replace: [], now ['a']",
        f"{TYPE} update: ['a'], now []",
    ]
