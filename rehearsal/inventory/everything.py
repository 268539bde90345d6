"""The whole inventory of a stack, from its outputs; and what an account holds at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.inventory import compute, front, scaling, stores, traffic, watch
from rehearsal.inventory.model import Client, Section


def inventory(client: Client, *, outputs: Mapping[str, Any]) -> tuple[Section, ...]:
    """Everything that AWS holds for the stack with these outputs. LookupError when a main part is missing."""
    group = compute.group_of(client, name=outputs["autoscaling_group"])
    balancer = traffic.balancer_of(client, dns_name=outputs["load_balancer_dns"])
    topic = outputs["alarm_topic_arn"]
    secret_arns = [outputs["api_keys_secret_arn"], outputs["hf_token_secret_arn"]]
    return (
        compute.launch_template(client, group=group),
        compute.auto_scaling_group(client, group=group),
        compute.lifecycle_hooks(client, group=group),
        *scaling.scaling(client, group=group),
        traffic.load_balancer(client, balancer=balancer),
        *front.front(client, balancer=balancer),
        traffic.listener_rules(client, balancer=balancer),
        traffic.target_group(client, arn=outputs["target_group_arn"]),
        traffic.security_groups(client, vpc_id=balancer["VpcId"]),
        stores.cache_volumes(client, volume_ids=outputs["cache_volume_ids"]),
        stores.secrets(client, arns=secret_arns),
        stores.scripts_bucket(client, bucket=outputs["scripts_bucket"]),
        watch.alarms(client, topic_arn=topic),
        watch.notifications(client, topic_arn=topic, log_group=outputs["log_group"]),
        *_prometheus(client, endpoint=outputs.get("prometheus_endpoint")),
    )


def account_ids(client: Client) -> frozenset[str]:
    """Ids of everything in the account that costs money or blocks a later deployment; AWS's defaults left out."""
    ec2, ecr, elb = client("ec2"), client("ecr"), client("elbv2")
    live = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
    reservations = ec2.describe_instances(Filters=live)["Reservations"]
    custom = [{"Name": "is-default", "Values": ["false"]}]
    alarms = client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    found = [
        *(i["InstanceId"] for reservation in reservations for i in reservation["Instances"]),
        *(item["VpcId"] for item in ec2.describe_vpcs(Filters=custom)["Vpcs"]),
        *(item["VolumeId"] for item in ec2.describe_volumes()["Volumes"]),
        *(item["AllocationId"] for item in ec2.describe_addresses()["Addresses"]),
        *(item["LaunchTemplateId"] for item in ec2.describe_launch_templates()["LaunchTemplates"]),
        *(n["NatGatewayId"] for n in ec2.describe_nat_gateways()["NatGateways"] if n["State"] != "deleted"),
        *(e["VpcEndpointId"] for e in ec2.describe_vpc_endpoints()["VpcEndpoints"] if e["State"] != "deleted"),
        *(item["repositoryName"] for item in ecr.describe_repositories()["repositories"]),
        *(r["ecrRepositoryPrefix"] for r in ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"]),
        *(item["LoadBalancerArn"] for item in elb.describe_load_balancers()["LoadBalancers"]),
        *(item["TargetGroupArn"] for item in elb.describe_target_groups()["TargetGroups"]),
        *(g["AutoScalingGroupName"] for g in client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]),
        *(item["Name"] for item in client("s3").list_buckets()["Buckets"]),
        *(item["ARN"] for item in client("secretsmanager").list_secrets()["SecretList"]),
        *(item["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for item in alarms[kind]),
        *(item["workspaceId"] for item in client("amp").list_workspaces()["workspaces"]),
        *(item["TopicArn"] for item in client("sns").list_topics()["Topics"]),
        *(item["logGroupName"] for item in client("logs").describe_log_groups()["logGroups"]),
        *(item["CertificateArn"] for item in client("acm").list_certificates()["CertificateSummaryList"]),
        *(item["ARN"] for item in client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]),
        *(item["RoleName"] for item in client("iam").list_roles()["Roles"]),
        *_keys(client("kms")),
        *_budgets(client),
    ]
    return frozenset(found)


def _keys(kms: Any) -> Iterator[str]:
    """Customer managed keys that cost: one whose deletion is scheduled is not paid any more."""
    of_aws = {
        item.get("TargetKeyId") for item in kms.list_aliases()["Aliases"] if item["AliasName"].startswith("alias/aws/")
    }
    for item in kms.list_keys()["Keys"]:
        if item["KeyId"] not in of_aws and kms.describe_key(KeyId=item["KeyId"])["KeyMetadata"]["Enabled"]:
            yield item["KeyId"]


def _budgets(client: Client) -> Iterator[str]:
    account = client("sts").get_caller_identity()["Account"]
    yield from (item["BudgetName"] for item in client("budgets").describe_budgets(AccountId=account)["Budgets"])


def _prometheus(client: Client, *, endpoint: str | None) -> tuple[Section, ...]:
    return (watch.prometheus(client, endpoint=endpoint),) if endpoint else ()
