"""``network.egress: endpoints``: hosts reach every service that they call, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.aws.host_policy import UNSCOPED_ACTIONS
from rehearsal.graph.model import Graph
from tests.program.cases import Case, load_case
from tests.program.reach import EGRESS, ENDPOINT, EVERYWHERE, ROUTE, egress, reached, ways_out
from tests.program.test_fleet import upstream
from tests.rehearsal.aws.test_coverage import host_calls, host_python_calls

MADE = ("private", "private-public", "private-prometheus")
POLICY = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
# Name of a service in the calls that the scripts make -> in the names of endpoints.
ENDPOINTS_OF = {"cloudwatch": {"monitoring"}, "ecr": {"ecr.api", "ecr.dkr"}, "elbv2": {"elasticloadbalancing"}}
S3 = {"s3", "s3api"}
# The agent of Session Manager, whose actions are in the hosts' policy.
BY_AGENTS = {action.split(":")[0] for action in UNSCOPED_ACTIONS if action.startswith("ssm")}


@pytest.fixture(params=MADE)
def made(request: pytest.FixtureRequest) -> Case:
    return load_case(request.param)


def called(case: Case) -> set[str]:
    """The services that a host calls, as endpoints are named."""
    found = {service for service, _ in (*host_calls(), *host_python_calls())}
    services = set().union(*(ENDPOINTS_OF.get(service, {service}) for service in found - S3))
    metrics = {"aps-workspaces"} if case.config.monitoring.prometheus == "amp" else set()
    return services | BY_AGENTS | metrics | {"s3"}


def test_every_service_that_a_host_calls_is_reached_and_each_endpoint_is_of_such_a_one(made: Case) -> None:
    assert sorted(reached(made)) == sorted(called(made))


def test_hosts_have_no_route_to_the_internet(made: Case) -> None:
    assert ways_out(made) == []
    assert ways_out(load_case("dev")) != []


def test_an_internal_stack_has_no_gateway_at_all() -> None:
    case = load_case("private")
    kinds = {item.type.rpartition(":")[2] for item in case.graph}
    assert kinds.isdisjoint({"InternetGateway", "NatGateway", "Eip"})
    assert not case.graph.of_type(ROUTE)


def test_a_public_one_has_its_gateway_for_the_load_balancer_alone() -> None:
    graph = load_case("private-public").graph
    assert [route.name for route in graph.of_type(ROUTE)] == ["vllm-public"]
    assert not graph.of_type("aws:ec2/natGateway:NatGateway")


@pytest.mark.parametrize("name", [*MADE, "private-existing"])
def test_a_host_may_connect_to_endpoints_s3_and_the_load_balancer_alone(name: str) -> None:
    rules = egress(load_case(name)) if name in MADE else host_rules_of_a_given_network(load_case(name))
    named = {rule.name for rule in rules}
    to_endpoints = {"vllm-host-to-endpoints"} if name in MADE else {"vllm-host-to-endpoints-0"}
    to_balancer = {"vllm-host-to-alb"} if name != "private-public" else set()
    assert named == {"vllm-host-to-s3", *to_endpoints, *to_balancer}
    assert EVERYWHERE not in json.dumps([dict(rule.inputs) for rule in rules])


def host_rules_of_a_given_network(case: Case) -> list[Any]:
    return [rule for rule in case.graph.of_type(EGRESS) if rule.name.startswith("vllm-host")]


def test_in_a_given_network_no_endpoint_is_made_and_the_plan_names_those_needed() -> None:
    case = load_case("private-existing")
    assert not case.graph.of_type(ENDPOINT)
    (finding,) = (finding for finding in case.plan.findings if finding.id == "endpoints-of-others")
    needed = called(case)
    assert all(name in finding.message for name in needed)


def test_hosts_boot_only_when_the_endpoints_are_there(made: Case) -> None:
    group = made.only("aws:autoscaling/group:Group")
    endpoints = {item.urn for item in made.graph.of_type(ENDPOINT)} | {item.urn for item in made.graph.of_type(POLICY)}
    assert endpoints <= upstream(made, group.urn)


def test_only_callers_of_the_account_get_through_an_endpoint(made: Case) -> None:
    for endpoint in made.graph.of_type(ENDPOINT):
        if endpoint.inputs["vpcEndpointType"] == "Interface":
            (statement,) = json.loads(endpoint.inputs["policy"])["Statement"]
            assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}


def test_s3_is_read_only_and_no_further_than_scripts_model_and_layers(made: Case) -> None:
    (policy,) = made.graph.of_type(POLICY)
    own, layers = json.loads(policy.inputs["policy"])["Statement"]
    assert own["Action"] == ["s3:GetObject", "s3:ListBucket"]
    assert {arn.rpartition(":")[2] for arn in own["Resource"]} == {
        "team-models",
        "team-models/llama-3.1-8b/0e9e39f2/*",
        f"{made.host_environment['SCRIPTS_BUCKET']}/*",
    }
    assert (layers["Action"], layers["Resource"]) == (
        "s3:GetObject",
        "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*",
    )


def test_a_change_of_egress_changes_gateways_routes_endpoints_and_rules_only() -> None:
    changing = ("internetGateway", "natGateway", "eip", "route:", "vpcEndpoint", "ressRule", "endpoints", "Private")

    def kept(graph: Graph) -> set[str]:
        return {item.urn for item in graph if not any(word in f"{item.type}{item.name}" for word in changing)}

    assert kept(load_case("private").graph) == kept(load_case("model-in-s3").graph)


def test_endpoints_are_in_the_cost_and_nat_is_not(made: Case) -> None:
    items = {item.name: item.quantity for item in made.plan.cost.items}
    interfaces = [each for each in made.graph.of_type(ENDPOINT) if each.inputs["vpcEndpointType"] == "Interface"]
    zones = 3 if made.name == "private-prometheus" else 2
    assert items["private endpoints"] == len(interfaces) * zones
    assert items.keys().isdisjoint({"nat gateways", "nat traffic"})
    assert "private endpoints" not in {item.name for item in load_case("dev").plan.cost.items}


def test_a_first_pull_through_the_cache_is_warned_of() -> None:
    warned = {finding.id for finding in load_case("private-prometheus").plan.findings}
    assert "first-pull-from-outside" in warned
    assert "first-pull-from-outside" not in {finding.id for finding in load_case("private").plan.findings}


# A model from S3, with or without the internet.


def test_hosts_read_the_models_prefix_and_nothing_beside_it() -> None:
    statements = {each["Sid"]: each for each in policy_of(load_case("model-in-s3"))}
    assert statements["ReadModel"]["Resource"] == "arn:aws:s3:::team-models/llama-3.1-8b/0e9e39f2/*"
    assert statements["ListModel"]["Resource"] == "arn:aws:s3:::team-models"
    assert statements["ListModel"]["Condition"] == {"StringEquals": {"s3:prefix": "llama-3.1-8b/0e9e39f2/"}}
    assert {"ReadModel", "ListModel"}.isdisjoint(each["Sid"] for each in policy_of(load_case("dev")))


def policy_of(case: Case) -> list[dict[str, Any]]:
    policies = case.graph.of_type("aws:iam/rolePolicy:RolePolicy")
    (host,) = (policy for policy in policies if policy.name == "vllm-host")
    statements: list[dict[str, Any]] = json.loads(host.inputs["policy"])["Statement"]
    return statements


def test_hosts_copy_it_and_wait_for_no_token() -> None:
    case = load_case("model-in-s3")
    assert case.host_environment["MODEL_SOURCE"] == "s3://team-models/llama-3.1-8b/0e9e39f2"
    assert case.host_environment["HF_TOKEN_REQUIRED"] == "false"
    assert "MODEL_SOURCE" not in load_case("dev").host_environment


def test_vllm_serves_the_folder_under_the_models_own_name() -> None:
    case = load_case("model-in-s3")
    arguments = case.host_files["/etc/vllm/args"].splitlines()
    assert arguments[0] == "/models/meta-llama/Llama-3.1-8B-Instruct"
    assert arguments[arguments.index("--served-model-name") + 1] == "meta-llama/Llama-3.1-8B-Instruct"
    assert arguments[1:] == load_case("dev").host_files["/etc/vllm/args"].splitlines()[1:]


def test_the_plan_asks_for_neither_a_revision_nor_a_token() -> None:
    found = {finding.id for finding in load_case("model-in-s3").plan.findings}
    assert {"unpinned-revision", "gated-model"}.isdisjoint(found)
    assert {"unpinned-revision", "gated-model"} <= {finding.id for finding in load_case("dev").plan.findings}
