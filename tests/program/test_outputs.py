"""The stack outputs that other people's scripts read."""

from __future__ import annotations

from sizing.plan_view import plan_dict
from tests.program.cases import Case

PROMISED = {
    "endpoint",
    "model",
    "plan",
    "dashboard_url",
    "alarm_topic_arn",
    "log_group",
    "autoscaling_group",
    "load_balancer_dns",
    "api_keys_secret_arn",
    "hf_token_secret_arn",
    "cache_volume_ids",
    "target_group_arn",
    "scripts_bucket",
    "zones",
    "image_id",
}


def test_the_promised_outputs_are_there(case: Case) -> None:
    outputs = case.graph.stack.outputs
    assert set(outputs) >= PROMISED
    assert not [key for key in PROMISED if outputs[key] in (None, "", [], {})]


def test_the_endpoint_is_a_base_url_for_openai_clients(case: Case) -> None:
    endpoint, outputs = case.config.endpoint, case.graph.stack.outputs
    scheme = "https" if endpoint.is_https else "http"
    assert outputs["endpoint"] == f"{scheme}://{endpoint.domain or outputs['load_balancer_dns']}/v1"
    assert outputs["load_balancer_dns"].startswith("internal-") == (endpoint.exposure == "internal")


def test_what_was_looked_up_is_shown_so_that_it_can_be_pinned(case: Case) -> None:
    """`ops pin` writes both into the stack file; there they must change nothing."""
    outputs = case.graph.stack.outputs
    assert outputs["image_id"] == case.only("aws:ec2/launchTemplate:LaunchTemplate").inputs["imageId"]
    assert outputs["zones"] == case.network.outputs["zones"]
    subnets = case.graph.of_type("aws:ec2/subnet:Subnet")
    private = {subnet.name: subnet.inputs["availabilityZone"] for subnet in subnets if "private" in subnet.name}
    assert case.is_given_a_network or outputs["zones"] == [private[name] for name in sorted(private)]


def test_the_plan_is_shown_as_ops_plan_shows_it(case: Case) -> None:
    assert case.graph.stack.outputs["plan"] == plan_dict(case.plan)
    assert case.graph.stack.outputs["model"] == case.plan.served_name


def test_components_have_stable_type_tokens_and_registered_outputs(case: Case) -> None:
    components = [item for item in case.graph if not item.custom and item is not case.graph.stack]
    assert components
    for component in components:
        assert component.type.startswith("vllm:components:")
        assert component.outputs, f"{component.name} registers no outputs"
    assert not [item.urn for item in case.graph if item.custom and item.parent == case.graph.stack.urn]
