"""Resources that are known by another name, and what hangs on them."""

from __future__ import annotations

from typing import Any

from review.model import Op
from tests.review.graphs import FLEET, SUBNET, VPC, changes, ops, resource, urn

FORMER, NOW = "vpc-0123456789abcdef0", "vpc-0fedcba9876543210"


def network(name: str, *, id_: str, stack: str = "dev", **more: Any) -> list[dict[str, Any]]:
    """A component, a VPC in it that has its name, and a subnet in the VPC."""
    outer = resource(FLEET, name, stack=stack, **more)
    vpc = resource(VPC, f"{name}-net", {"cidrBlock": "10.0.0.0/16"}, stack=stack, parent=outer, answered={"id": id_})
    inside = resource(SUBNET, "a", {"vpcId": id_}, stack=stack, parent=outer, reads={"vpcId": [vpc["urn"]]})
    return [outer, vpc, inside]


def test_without_an_alias_everything_is_made_anew() -> None:
    """But for the subnet: a URN has its parent's type and not its name."""
    old, new = network("old", id_=FORMER), network("new", id_=NOW)
    gone = {"old": Op.DELETE, "old-net": Op.DELETE}
    assert ops(old, new) == {"new": Op.CREATE, "new-net": Op.CREATE, "a": Op.REPLACE, **gone}


def test_an_alias_of_a_component_keeps_what_is_in_it() -> None:
    """As the engine has it: children inherit it, also those that are named after their parent."""
    found = changes(network("old", id_=FORMER), network("new", id_=NOW, aliases=["name=old"]))
    assert {name: change.op for name, change in found.items()} == {"new": Op.RENAME, "new-net": Op.RENAME}
    assert found["new-net"].renamed_from == urn(VPC, "old-net", inside=FLEET)
    assert all(not change.properties for change in found.values())


def test_a_child_that_was_not_named_after_its_parent_keeps_its_name() -> None:
    alias = urn(FLEET, "old")
    outer, former = resource(FLEET, "new", aliases=[alias]), resource(FLEET, "old")
    found = changes(
        [former, resource(VPC, "net", parent=former)],
        [outer, resource(VPC, "net", parent=outer)],
    )
    assert {name: change.op for name, change in found.items()} == {"new": Op.RENAME}


def test_an_alias_may_name_another_type_or_parent() -> None:
    outer = resource(FLEET, "fleet")
    assert ops([resource("aws:ec2/old:Vpc", "net")], [resource(VPC, "net", aliases=["type=aws:ec2/old:Vpc"])]) == {
        "net": Op.RENAME
    }
    moved = resource(VPC, "net", parent=outer, aliases=["noParent=true"])
    assert ops([outer, resource(VPC, "net")], [outer, moved]) == {"net": Op.RENAME}
    back = resource(VPC, "net", aliases=[f"parent={outer['urn']}"])
    assert ops([outer, resource(VPC, "net", parent=outer)], [outer, back]) == {"net": Op.RENAME}


def test_an_alias_that_nobody_had_changes_nothing() -> None:
    vpc = resource(VPC, "net", aliases=["name=other", urn(VPC, "third")])
    assert ops([resource(VPC, "net")], [vpc]) == {}


def test_a_resource_has_one_successor() -> None:
    """The one that still has the name, whoever claims it."""
    found = ops([resource(VPC, "a")], [resource(VPC, "a"), resource(VPC, "b", aliases=["name=a"])])
    assert found == {"b": Op.CREATE}


def test_a_renamed_stack_keeps_its_resources() -> None:
    assert ops(network("n", id_=FORMER, stack="old"), network("n", id_=NOW, stack="new")) == {}
