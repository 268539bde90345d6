"""What a caller says about a component stays on it: copied to children it would act on them too."""

from __future__ import annotations

from textwrap import dedent

import pytest

from rehearsal.graph.model import Graph, Resource
from tests.components.aws.recording import record

COMPONENTS = {
    "HostLogs": """
        from components.aws.host_logs import HostLogs as Component, HostLogsArgs
        args = HostLogsArgs(retention_days=30, tags=tags)
    """,
    "Scripts": """
        from components.aws.scripts import Scripts as Component, ScriptsArgs
        args = ScriptsArgs(key="scripts/0", content=b"text", tags=tags)
    """,
    "Secrets": """
        from components.aws.secrets import Secrets as Component, SecretsArgs
        args = SecretsArgs(api_keys_secret_arn=None, hf_token_secret_arn=None, recoverable=True, tags=tags)
    """,
    "SecurityGroups": """
        from components.aws.security_groups import SecurityGroups as Component, SecurityGroupsArgs
        args = SecurityGroupsArgs(
            vpc_id="vpc-1", client_cidrs=["10.0.0.0/8"], https=True, scrape_from=["10.9.0.0/24"], tags=tags
        )
    """,
    "Prometheus": """
        from components.aws.prometheus import Prometheus as Component, PrometheusArgs
        args = PrometheusArgs(stack="test", tags=tags)
    """,
    "PrometheusAlerts": """
        from components.aws.prometheus import PrometheusAlerts as Component, PrometheusAlertsArgs
        topic = "arn:aws:sns:us-east-1:123456789012:alarms"
        args = PrometheusAlertsArgs(
            region="us-east-1", workspace_id="ws-1", topic_arn=topic, rules="groups: []", tags=tags
        )
    """,
    "Network": """
        from components.aws.network import Network as Component, NetworkArgs
        args = NetworkArgs(
            cidr="10.42.0.0/16", zones=["a", "b"], zones_are_pinned=True, nat="single", region="us-east-1", tags=tags
        )
    """,
    "LoadBalancer": """
        from components.aws.load_balancer import LoadBalancer as Component, LoadBalancerArgs
        from tests.userdata.builders import TIMERS
        args = LoadBalancerArgs(
            internal=True,
            vpc_id="vpc-1",
            subnet_ids=["subnet-1", "subnet-2"],
            security_group_id="sg-1",
            certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/1",
            log_bucket=None,
            domain=None,
            deletion_protection=False,
            timers=TIMERS,
            tags=tags,
        )
    """,
    "AccessLogs": """
        from components.aws.access_logs import AccessLogs as Component, AccessLogsArgs
        args = AccessLogsArgs(account="123456789012", keep=True, tags=tags)
    """,
    "Certificate": """
        from components.aws.certificate import Certificate as Component, CertificateArgs
        args = CertificateArgs(domain="llm.example.com", zone_id="Z1", tags=tags)
    """,
    "DomainName": """
        from components.aws.dns import DomainName as Component, DomainNameArgs
        args = DomainNameArgs(domain="a.example.com", zone_id="Z1", balancer_dns_name="b", balancer_zone_id="Z2")
    """,
    "Firewall": """
        from components.aws.waf import Firewall as Component, FirewallArgs
        from components.aws.waf_rules import Limits
        args = FirewallArgs(stack="test", balancer_arn="arn", limits=Limits(request_bytes=1000, per_key=10), tags=tags)
    """,
    "Scaling": """
        from components.aws.scaling import Scaling as Component, ScalingArgs
        from sizing.fleet_plan import ScalingPlan, SchedulePlan
        from sizing.plan import Replicas
        day = SchedulePlan(name="day", start="0 8 * * *", end="0 18 * * *", time_zone="Etc/UTC", min=1, max=2)
        plan = ScalingPlan(
            signal="in_flight",
            target=0.75,
            planned_concurrency=8,
            low_for_s=900,
            scale_in_cooldown_s=1200,
            follows_load=True,
            idle_s=1800,
            schedules=(day,),
        )
        args = ScalingArgs(
            stack="test",
            plan=plan,
            replicas=Replicas(min=0, max=2, most=2),
            group_name="vllm-1",
            load_balancer_dimension="app/vllm/1",
            target_group_dimension="targetgroup/vllm/1",
            tags=tags,
        )
    """,
    "CachePool": """
        from components.aws.cache_pool import CachePool as Component, CachePoolArgs
        from sizing.plan import CachePool as Pool
        pool = Pool(size_gib=100, iops=3000, throughput_mibps=125, zones=1, slots_per_zone=2)
        args = CachePoolArgs(
            pool=pool, zones=["a"], snapshot_id=None, size_is_set=True, protect=False, tags=tags
        )
    """,
}

BEFORE = """
    import pulumi
    from components.aws.naming import Tags
    tags = Tags(stack="test")
"""
AFTER = """
    opts = pulumi.ResourceOptions(ignore_changes=["tags"])
    Component("vllm", args, opts)
"""


@pytest.fixture(params=COMPONENTS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return record("\n".join(map(dedent, (BEFORE, COMPONENTS[request.param], AFTER))))


def children(graph: Graph) -> list[Resource]:
    return [resource for resource in graph if resource.type.startswith("aws:")]


def test_children_are_parented_to_their_component(graph: Graph) -> None:
    (component,) = [resource for resource in graph if resource.type.startswith("vllm:components:")]
    assert {resource.parent for resource in children(graph)} == {component.urn}


def test_options_of_the_caller_are_not_copied_to_children(graph: Graph) -> None:
    assert not [resource.urn for resource in children(graph) if "tags" in resource.ignore_changes]
