"""A stack whose hosts have no way to the internet, on the real engine and provider."""

from __future__ import annotations

import json

import pytest

from rehearsal.aws.environment import FAKE_KEY
from sizing.private import SERVICES
from tests.e2e.lives import Lives
from tests.e2e.private_life import PrivateLife
from tests.program.cases import load_case

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def life(lives: Lives) -> PrivateLife:
    return lives.of_private()


def test_the_engine_creates_what_the_graph_has(life: PrivateLife) -> None:
    graph = load_case("private").graph
    assert {step.op for step in life.up.steps} == {"create"}
    assert {step.urn for step in life.up.steps} == {item.urn for item in graph if item is not graph.stack}


def test_a_second_up_changes_nothing_and_a_refresh_finds_no_drift(life: PrivateLife) -> None:
    assert life.second_up.touched == ()
    assert life.refresh.touched == ()


def test_aws_holds_an_endpoint_for_each_service_in_each_zone(life: PrivateLife) -> None:
    interfaces = [each for each in life.endpoints if each["VpcEndpointType"] == "Interface"]
    assert {each["ServiceName"].split(".", 3)[3] for each in interfaces} == set(SERVICES)
    assert all(len(each["SubnetIds"]) == 2 for each in interfaces)
    assert all(each["PrivateDnsEnabled"] for each in interfaces)


def test_what_s3_may_be_asked_for_is_the_stacks_alone(life: PrivateLife) -> None:
    (gateway,) = (each for each in life.endpoints if each["VpcEndpointType"] == "Gateway")
    assert [each["Sid"] for each in json.loads(gateway["PolicyDocument"])["Statement"]] == ["ReadOwn", "ImageLayers"]
    assert life.s3_list.startswith("pl-")


def test_a_way_out_takes_the_endpoints_away_and_touches_no_subnet_and_no_host(life: PrivateLife) -> None:
    touched = {(step.op, step.type.rpartition(":")[2]) for step in life.internet.touched}
    made = {"InternetGateway", "NatGateway", "Eip", "Route", "SecurityGroupEgressRule"}
    gone = {"VpcEndpoint", "VpcEndpointPolicy", "PrivateEndpoints", "SecurityGroup"}
    rules = {"SecurityGroupEgressRule", "SecurityGroupIngressRule"}
    assert touched == {
        *(("create", kind) for kind in made),
        *(("delete", kind) for kind in gone | rules),
        ("update", "Dashboard"),  # says what the stack costs
    }


def test_nothing_is_left(life: PrivateLife) -> None:
    assert life.left == frozenset()


def test_only_fake_keys_and_known_calls_arrived(life: PrivateLife) -> None:
    assert {call.access_key for call in life.calls} == {FAKE_KEY}
    assert [call for call in life.calls if call.status >= 500] == []
