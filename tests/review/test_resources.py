"""What happens to each resource: by itself, and by what it reads of others."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from review.model import Forces, Op
from tests.review.graphs import BALANCER, GROUP, SUBNET, TEMPLATE, VOLUME, VPC, changes, ops, paths, resource, urn

VPC_ID, OTHER_ID = "vpc-0123456789abcdef0", "vpc-0fedcba9876543210"


def vpc(cidr: str = "10.0.0.0/16", **more: Any) -> dict[str, Any]:
    return resource(VPC, "net", {"cidrBlock": cidr}, answered={"id": VPC_ID}, **more)


def subnet(**more: Any) -> dict[str, Any]:
    inputs = {"vpcId": VPC_ID, "cidrBlock": "10.0.1.0/24"}
    return resource(
        SUBNET, "a", inputs, reads={"vpcId": [urn(VPC, "net")]}, answered={"id": "subnet-0123456789abcdef0"}, **more
    )


def template(text: str = "a", **more: Any) -> dict[str, Any]:
    data = base64.b64encode(f"{text}: as long as user data are at the very least".encode()).decode()
    return resource(
        TEMPLATE, "host", {"userData": data, **more}, answered={"id": "lt-0123456789abcdef0", "latestVersion": 1}
    )


def group() -> dict[str, Any]:
    inputs = {"launchTemplate": {"id": "lt-0123456789abcdef0", "version": "1"}, "maxSize": 1}
    return resource(GROUP, "fleet", inputs, reads={"launchTemplate": [urn(TEMPLATE, "host")]})


def test_what_is_new_is_created_and_what_is_gone_deleted() -> None:
    assert ops([vpc()], [resource(VOLUME, "slot")]) == {"slot": Op.CREATE, "net": Op.DELETE}


def test_properties_are_named_by_their_path() -> None:
    before = resource(VOLUME, "slot", {"size": 1, "tags": {"a": "1", "b.c": "2"}})
    after = resource(VOLUME, "slot", {"size": 2, "tags": {"a": "1", "b.c": "3", "d": "4"}})
    (change,) = changes([before], [after]).values()
    assert change.op is Op.UPDATE
    assert paths(change) == ("size", 'tags["b.c"]', "tags.d")
    assert {each.name for each in change.properties} == {"size", "tags"}


def test_the_more_particular_line_of_the_table_counts() -> None:
    before = resource(BALANCER, "lb", {"accessLogs": {"bucket": "a", "enabled": True}})
    other_field = resource(BALANCER, "lb", {"accessLogs": {"bucket": "a", "enabled": False}})
    other_bucket = resource(BALANCER, "lb", {"accessLogs": {"bucket": "b", "enabled": True}})
    assert ops([before], [other_field]) == {"lb": Op.UPDATE}
    assert ops([before], [other_bucket]) == {"lb": Op.REPLACE}


def test_what_nobody_captured_may_replace() -> None:
    before, after = resource(VOLUME, "slot", {"iops": 1}), resource(VOLUME, "slot", {"iops": 2})
    (change,) = changes([before], [after]).values()
    assert change.op is Op.MAY_REPLACE
    assert change.properties[0].forces is Forces.MAYBE


@pytest.mark.parametrize("pattern", ["size", "*"])
def test_what_is_ignored_does_not_change(pattern: str) -> None:
    after = resource(VOLUME, "slot", {"size": 2}, ignoreChanges=[pattern])
    assert ops([resource(VOLUME, "slot", {"size": 1})], [after]) == {}


def test_what_is_ignored_inside_a_property_does_not_change() -> None:
    before = resource(GROUP, "g", {"tags": [{"key": "a", "value": "1"}, {"key": "b", "value": "1"}]})
    after = [{"key": "a", "value": "2"}, {"key": "b", "value": "2"}]
    assert ops([before], [resource(GROUP, "g", {"tags": after}, ignoreChanges=["tags[*].value"])]) == {}
    first = changes([before], [resource(GROUP, "g", {"tags": after}, ignoreChanges=["tags[0].value"])])
    assert paths(first["g"]) == ("tags[1].value",)


def test_the_program_can_ask_for_a_replacement() -> None:
    before = resource(VOLUME, "slot", {"size": 1})
    assert ops([before], [resource(VOLUME, "slot", {"size": 2}, replaceOnChanges=["size"])]) == {"slot": Op.REPLACE}


def test_a_version_that_is_computed_anew_reaches_the_group() -> None:
    found = changes([template(), group()], [template("b"), group()])
    assert {name: change.op for name, change in found.items()} == {"host": Op.UPDATE, "fleet": Op.UPDATE}
    assert paths(found["fleet"]) == ("launchTemplate.version",)
    assert found["fleet"].properties[0].after == "[unknown]"


def test_a_replacement_replaces_what_cannot_move_to_the_new_one() -> None:
    found = changes([vpc(), subnet()], [vpc("10.1.0.0/16"), subnet()])
    assert {name: change.op for name, change in found.items()} == {"net": Op.REPLACE, "a": Op.REPLACE}
    assert paths(found["a"]) == ("vpcId",)


def test_an_update_of_another_property_reaches_nobody() -> None:
    tagged = vpc() | {"inputs": {"cidrBlock": "10.0.0.0/16", "tags": {"a": "1"}}}
    assert ops([vpc(), subnet()], [tagged, subnet()]) == {"net": Op.UPDATE}


def test_what_another_resource_is_given_stays_known_when_that_is_replaced() -> None:
    reader = resource(VOLUME, "slot", {"tags": {"range": "10.9.0.0/16"}}, reads={"tags": [urn(VPC, "net")]})
    given = {"cidrBlock": "10.1.0.0/16", "secondary": "10.9.0.0/16"}
    before = vpc() | {"inputs": {**given, "cidrBlock": "10.0.0.0/16"}}
    assert ops([before, reader], [vpc() | {"inputs": given}, reader]) == {"net": Op.REPLACE}


def test_a_text_made_of_an_output_in_a_way_that_nobody_sees_is_unknown() -> None:
    reader = resource(VOLUME, "slot", {"tags": {"hash": "9f86d081"}}, reads={"tags": [urn(VPC, "net")]})
    found = changes([vpc(), reader], [vpc("10.1.0.0/16"), reader])
    assert found["slot"].properties[0].after == "[unknown]"


def test_ids_in_user_data_are_seen() -> None:
    data = base64.b64encode(f"{'#' * 40} {VPC_ID}".encode()).decode()
    host = resource(TEMPLATE, "host", {"userData": data}, reads={"userData": [urn(VPC, "net")]})
    assert ops([vpc(), host], [vpc("10.1.0.0/16"), host]) == {"net": Op.REPLACE, "host": Op.UPDATE}


def test_what_is_secret_or_unknown_may_read_what_is_new() -> None:
    for text in ("[secret]", "[unknown]"):
        reader = resource(VOLUME, "slot", {"tags": {"a": text}}, reads={"tags": [urn(VPC, "net")]})
        assert ops([vpc(), reader], [vpc(), reader]) == {}
        assert ops([vpc(), reader], [vpc("10.1.0.0/16"), reader])["slot"] is Op.UPDATE


def test_the_provider_says_that_one_property_changes_with_another() -> None:
    before, after = (resource(BALANCER, "lb", {"subnets": [each]}) for each in ("subnet-a", "subnet-b"))
    (change,) = changes([before], [after]).values()
    assert paths(change) == ("subnets[0]", "subnetMappings")
    assert change.op is Op.UPDATE


def test_a_trigger_replaces() -> None:
    before, after = (resource(BALANCER, "lb", replacementTrigger=each) for each in (VPC_ID, OTHER_ID))
    assert ops([before], [after]) == {"lb": Op.REPLACE}
    assert ops([vpc(), before], [vpc("10.1.0.0/16"), before]) == {"net": Op.REPLACE, "lb": Op.REPLACE}


def test_another_region_replaces_everything_in_it() -> None:
    def everything(region: str) -> list[dict[str, Any]]:
        arn = f"arn:aws:ec2:{region}:123456789012:vpc/{VPC_ID}"
        return [vpc() | {"answered": {"id": VPC_ID, "arn": arn}}, resource("aws:iam/role:Role", "role")]

    assert ops(everything("us-east-1"), everything("us-east-1")) == {}
    assert ops(everything("us-east-1"), everything("eu-west-1")) == {"net": Op.REPLACE}


def test_the_engine_refuses_to_replace_and_to_delete_what_is_protected() -> None:
    held = vpc(protect=True)
    replaced = changes([held], [vpc("10.1.0.0/16", protect=True)])["net"]
    deleted = changes([held], [])["net"]
    assert replaced.refused is not None
    assert deleted.refused is not None
    assert held["urn"] in deleted.refused
    assert changes([held], [vpc("10.1.0.0/16")])["net"].refused is None  # taken off with the same update
    tagged = held | {"inputs": {"cidrBlock": "10.0.0.0/16", "tags": {"a": "1"}}}
    assert changes([held], [tagged])["net"].refused is None


def test_a_revision_from_before_the_graph_said_so_much_is_compared_as_well() -> None:
    new = ("answered", "replacementTrigger")
    old = {key: value for key, value in vpc().items() if key not in new}
    assert ops([old], [vpc()]) == {}
    assert ops([old], [vpc("10.1.0.0/16")]) == {"net": Op.REPLACE}
