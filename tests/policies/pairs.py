"""For each rule what it refuses beside what it lets pass; more than one pair where there is more than one way."""

from __future__ import annotations

from typing import Any

from policies.model import STACK_TYPE, Resource
from tests.policies.small import PRODUCTION, made, pair, plan_outputs, user_data

VOLUME = "aws:ebs/volume:Volume"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE = "aws:ec2/instance:Instance"
GROUP = "aws:autoscaling/group:Group"
HOOK = "aws:autoscaling/lifecycleHook:LifecycleHook"
SCALING = "aws:autoscaling/policy:Policy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = "aws:sns/topic:Topic"
BUDGET = "aws:budgets/budget:Budget"
POOL = {"vllm:cache-pool": "small"}
PROD = PRODUCTION["tags"]
PROD_LIST = [{"key": key, "value": value} for key, value in PROD.items()]  # as a group has them
HELD = ("availabilityZone", "kmsKeyId", "snapshotId", "size")
REFRESH = {"strategy": "Rolling", "preferences": {"autoRollback": True, "minHealthyPercentage": 100}}
TEMPLATE_AT = {"id": "lt-1", "version": "3"}
GUARDED = {"httpTokens": "required", "httpPutResponseHopLimit": 1}
OURS = {"Project": "vllm", "Stack": "small", "ManagedBy": "pulumi"}
FORWARD: list[dict[str, Any]] = [{"type": "forward", "targetGroupArn": "arn"}]
REFUSE: list[dict[str, Any]] = [{"type": "fixed-response"}]
TO_HTTPS: list[dict[str, Any]] = [{"type": "redirect", "redirect": {"protocol": "HTTPS"}}]


def budget(limit: str) -> Resource:
    return made(BUDGET, limitAmount=limit, limitUnit="USD", timeUnit="MONTHLY")


def running(image: str) -> Resource:
    return made(TEMPLATE, tags=PROD, userData=user_data(f'  IMAGE="{image}"\n  STACK="small"\n'))


def group(**changed: Any) -> Resource:
    return made(GROUP, **{"instanceRefresh": REFRESH, "launchTemplate": TEMPLATE_AT, "minSize": 2, **changed})


def mixed(base: int = 0, *, version: str = "3", spot_percent: int = 0, **changed: Any) -> Resource:
    """A group of more than one type; ``overrides`` are its types."""
    used = {"launchTemplateSpecification": {"version": version}, "overrides": changed.pop("overrides", [])}
    distribution = {"onDemandBaseCapacity": base, "onDemandPercentageAboveBaseCapacity": 100 - spot_percent}
    policy = {"launchTemplate": used, "instancesDistribution": distribution}
    return made(GROUP, instanceRefresh=REFRESH, mixedInstancesPolicy=policy, **changed)


def scaled(metric: str) -> Resource:
    specification = {"metricName": metric, "namespace": "vLLM"}
    return made(SCALING, targetTrackingConfiguration={"customizedMetricSpecification": specification})


def set_off_by(metric: str) -> list[Resource]:
    policy = made(SCALING, "out", policyType="StepScaling")
    queries = [{"id": "a", "metric": {"metricName": metric}}, {"id": "b", "expression": "a * 2"}]
    return [policy, made(ALARM, alarmActions=policy, metricQueries=queries)]


def hooked(launching: str | None, terminating: str | None) -> list[Resource]:
    fleet = made(GROUP, "fleet")
    ends = (("LAUNCHING", launching), ("TERMINATING", terminating))
    return [
        fleet,
        *(
            made(
                HOOK,
                end,
                autoscalingGroupName=fleet,
                defaultResult=result,
                lifecycleTransition=f"autoscaling:EC2_INSTANCE_{end}",
            )
            for end, result in ends
            if result
        ),
    ]


def balanced(*, internal: bool, actions: list[dict[str, Any]], rules: list[dict[str, Any]] | None) -> list[Resource]:
    balancer = made(BALANCER, internal=internal)
    listener = made(LISTENER, loadBalancerArn=balancer, protocol="HTTP", defaultActions=actions)
    return [balancer, listener, *([made(RULE, listenerArn=listener, actions=rules)] if rules else [])]


def forwarding(*paths: str) -> Resource:
    conditions = [{"pathPattern": {"values": list(paths)}}] if paths else [{"hostHeader": {"values": ["x"]}}]
    return made(RULE, actions=FORWARD, conditions=conditions)


PAIRS = (
    pair(
        "cache-is-kept", "snapshotId", made(VOLUME, tags=POOL, ignored=HELD[:2]), made(VOLUME, tags=POOL, ignored=HELD)
    ),
    pair(
        "cache-is-protected",
        "not protected",
        made(VOLUME, tags={**POOL, **PROD}),
        [made(VOLUME, "of prod", tags={**POOL, **PROD}, protect=True)],
    ),
    pair("cache-is-protected", "production", made(VOLUME, tags={**POOL, **PROD}), made(VOLUME, tags=POOL)),
    pair(
        "cost-within-budget",
        "100 USD a month, and the budget is 99",
        [made(STACK_TYPE, outputs=plan_outputs(monthly_usd=100)), budget("99")],
        [made(STACK_TYPE, outputs=plan_outputs(monthly_usd=100)), budget("100")],
    ),
    pair(
        "cost-within-budget",
        "above budget.monthlyUsd",
        made(
            STACK_TYPE,
            outputs=plan_outputs(
                monthly_usd=100, findings=[{"id": "over-budget", "message": "is above budget.monthlyUsd 99"}]
            ),
        ),
        made(STACK_TYPE, outputs={}),
    ),
    pair("deletion-protection", "when asked", made(BALANCER, tags=PROD), made(BALANCER)),
    pair(
        "deletion-protection",
        "Pulumi does not",
        made(BALANCER, tags=PROD, enableDeletionProtection=True),
        made(BALANCER, tags=PROD, enableDeletionProtection=True, protect=True),
    ),
    pair("ssh-is-closed", "key", made(TEMPLATE, keyName="mine"), made(TEMPLATE)),
    pair("ssh-is-closed", "key", made("aws:ec2/keyPair:KeyPair"), made(INSTANCE)),
    pair("fleet-rolls", "no rolling", group(instanceRefresh=None), group()),
    pair("fleet-rolls", "floats", group(launchTemplate={"id": "lt-1", "version": "$Latest"}), group()),
    pair("fleet-rolls", "floats", group(launchTemplate={"id": "lt-1"}), group()),
    pair("fleet-rolls", "autoRollback", group(instanceRefresh={"strategy": "Rolling"}), group()),
    pair(
        "fleet-rolls",
        "half of the replicas",
        group(instanceRefresh={**REFRESH, "preferences": {"autoRollback": True, "minHealthyPercentage": 0}}),
        group(instanceRefresh={**REFRESH, "preferences": {"autoRollback": True}}, minSize=1),
    ),
    pair("fleet-rolls", "ignores it", made(GROUP, instanceRefresh=REFRESH, ignored=["launchTemplate"]), group()),
    pair("fleet-rolls", "ignores it", made(GROUP, instanceRefresh=REFRESH, ignored=["mixedInstancesPolicy"]), group()),
    pair("fleet-rolls", "floats", mixed(version="$Latest"), mixed()),
    pair("fleet-rolls", "floats", mixed(overrides=[{"launchTemplateSpecification": {"version": "$Default"}}]), mixed()),
    pair("spot-has-a-base", "every replica", mixed(spot_percent=50, tags=PROD_LIST), mixed(spot_percent=50)),
    pair(
        "spot-has-a-base", "at once", mixed(spot_percent=1, tags=PROD_LIST), mixed(1, spot_percent=99, tags=PROD_LIST)
    ),
    pair("spot-has-a-base", "every replica", mixed(spot_percent=100, tags=PROD_LIST), mixed(tags=PROD_LIST)),
    pair("scales-on-load", "GpuUtilization", scaled("GpuUtilization"), scaled("Load")),
    pair(
        "scales-on-load",
        "ASGAverageCPUUtilization",
        made(SCALING, targetTrackingConfiguration={"predefined": {"predefinedMetricType": "ASGAverageCPUUtilization"}}),
        made(SCALING, policyType="SimpleScaling"),
    ),
    pair("scales-on-load", "DCGM_GPU_UTIL", set_off_by("DCGM_GPU_UTIL"), [made(ALARM, metricName="DCGM_GPU_UTIL")]),
    pair(
        "image-version", "vllm-openai:latest", running("vllm/vllm-openai:latest"), running("vllm/vllm-openai:v0.32.0")
    ),
    pair("image-version", "host:5000/vllm", running("host:5000/vllm"), running("host:5000/vllm:v0.32.0")),
    pair(
        "image-version",
        "nginx is",
        made("docker:index/remoteImage:RemoteImage", name="nginx"),
        made("docker:index/remoteImage:RemoteImage", name="nginx@sha256:0a"),
    ),
    pair("image-has-digest", "no digest", running("vllm/vllm:v1"), running("vllm/vllm:v1@sha256:0a")),
    pair("machine-image-pinned", "review", made(TEMPLATE, tags=PROD, ignored=["imageId"]), made(TEMPLATE, tags=PROD)),
    pair(
        "machine-image-pinned",
        "each launch",
        made(TEMPLATE, imageId="resolve:ssm:/x"),
        made(TEMPLATE, ignored=["imageId"]),
    ),
    pair("metadata-needs-token", "IMDSv1", made(TEMPLATE), made(TEMPLATE, metadataOptions=GUARDED)),
    pair(
        "metadata-needs-token",
        "containers",
        made(INSTANCE, metadataOptions=[{**GUARDED, "httpPutResponseHopLimit": 2}]),
        made(INSTANCE, metadataOptions={"httpEndpoint": "disabled"}),
    ),
    pair("volumes-encrypted", "not encrypted", made(VOLUME), made(VOLUME, encrypted=True)),
    pair(
        "volumes-encrypted",
        "/dev/sda1",
        made(TEMPLATE, blockDeviceMappings=[{"deviceName": "/dev/sda1", "ebs": {"encrypted": "false"}}]),
        made(TEMPLATE, blockDeviceMappings=[{"deviceName": "/dev/sda1", "ebs": {"encrypted": "true"}}]),
    ),
    pair(
        "topic-is-heard", "no alarm", made(TOPIC, kmsMasterKeyId="alias/aws/sns"), made(TOPIC, kmsMasterKeyId="arn:key")
    ),
    pair("secret-values-not-in-state", "state", made("aws:iam/accessKey:AccessKey"), made("aws:iam/role:Role")),
    pair(
        "secret-values-not-in-state",
        "state",
        made("aws:ssm/parameter:Parameter", type="SecureString"),
        made("aws:ssm/parameter:Parameter", type="String"),
    ),
    pair(
        "hosts-private",
        "public address",
        made(TEMPLATE),
        made(TEMPLATE, networkInterfaces=[{"associatePublicIpAddress": "false"}]),
    ),
    pair("hosts-private", "instance", made(INSTANCE), made(INSTANCE, associatePublicIpAddress=False)),
    pair(
        "hosts-private",
        "subnet",
        made("aws:ec2/subnet:Subnet", mapPublicIpOnLaunch=True),
        made("aws:ec2/subnet:Subnet"),
    ),
    pair("tls-is-current", "default policy", made(LISTENER, protocol="HTTPS"), made(LISTENER, protocol="HTTP")),
    *(
        pair(
            "tls-is-current",
            weak,
            made(LISTENER, protocol="HTTPS", sslPolicy=weak),
            made(LISTENER, protocol="HTTPS", sslPolicy=good),
        )
        for weak, good in (
            ("ELBSecurityPolicy-TLS-1-1-2017-01", "ELBSecurityPolicy-TLS13-1-2-2021-06"),
            ("ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", "ELBSecurityPolicy-TLS13-1-3-2021-06"),
        )
    ),
    pair(
        "public-speaks-https",
        "plain HTTP",
        balanced(internal=False, actions=REFUSE, rules=FORWARD),
        balanced(internal=True, actions=REFUSE, rules=FORWARD),
    ),
    pair(
        "public-speaks-https",
        "plain HTTP",
        balanced(internal=False, actions=TO_HTTPS, rules=FORWARD),
        balanced(internal=False, actions=TO_HTTPS, rules=None),
    ),
    pair(
        "logs-end",
        "for ever",
        made("aws:cloudwatch/logGroup:LogGroup", retentionInDays=0),
        made("aws:cloudwatch/logGroup:LogGroup", retentionInDays=7),
    ),
    pair("costs-are-tagged", "tags Stack are", made(VOLUME, tags={**OURS, "Stack": ""}), made(VOLUME, tags=OURS)),
    pair(
        "costs-are-tagged",
        "Project, Stack, ManagedBy",
        made(GROUP),
        made(GROUP, tags=[{"key": key, "value": value, "propagateAtLaunch": True} for key, value in OURS.items()]),
    ),
    pair(
        "paths-are-listed",
        "default action",
        made(LISTENER, defaultActions=FORWARD),
        made(LISTENER, defaultActions=REFUSE),
    ),
    pair("paths-are-listed", "by a pattern: /v1/*", forwarding("/v1/*"), forwarding("/v1/models")),
    pair("paths-are-listed", "no key: /metrics", forwarding("/v1/models", "/metrics"), forwarding("/v1/models")),
    pair("paths-are-listed", "whatever the path", forwarding(), made(RULE, actions=REFUSE)),
    pair("hooks-at-both-ends", "at the launch", hooked(None, "CONTINUE"), hooked("ABANDON", "CONTINUE")),
    pair("hooks-at-both-ends", "ABANDON", hooked("CONTINUE", "CONTINUE"), hooked("ABANDON", "CONTINUE")),
    pair("hooks-at-both-ends", "at the end", hooked("ABANDON", None), hooked("ABANDON", "ABANDON")),
    pair(
        "odd-requests-dropped",
        "headers",
        made(BALANCER, desyncMitigationMode="strictest"),
        made(BALANCER, desyncMitigationMode="strictest", dropInvalidHeaderFields=True),
    ),
    pair(
        "odd-requests-dropped",
        "ambiguous",
        made(BALANCER, desyncMitigationMode="monitor", dropInvalidHeaderFields=True),
        made(BALANCER, loadBalancerType="network"),
    ),
    pair("somebody-is-told", "nobody", made(TOPIC, tags=PROD), made(TOPIC)),
)
