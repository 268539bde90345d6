"""What stands before the load balancer, where a stack asks for it: access logs and a firewall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.inventory.model import Client, Section


def front(client: Client, *, balancer: Mapping[str, Any]) -> tuple[Section, ...]:
    """One section, or none."""
    rows = (*_access_logs(client, arn=balancer["LoadBalancerArn"]), *_firewall(client, arn=balancer["LoadBalancerArn"]))
    return (Section(title="Before the load balancer", rows=rows),) if rows else ()


def _access_logs(client: Client, *, arn: str) -> Iterator[tuple[str, str]]:
    answer = client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)
    attributes = {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}
    if attributes.get("access_logs.s3.enabled") == "true":
        bucket = attributes["access_logs.s3.bucket"]
        rules = client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        days = ", ".join(f"{rule['Expiration']['Days']} days" for rule in rules)
        yield "access logs", f"{bucket}, kept for {days}"


def _firewall(client: Client, *, arn: str) -> Iterator[tuple[str, str]]:
    acl = client("wafv2").get_web_acl_for_resource(ResourceArn=arn).get("WebACL")
    for rule in sorted((acl or {}).get("Rules", ()), key=lambda rule: int(rule["Priority"])):
        yield f"firewall rule {rule['Priority']}", f"{rule['Name']}{_of(rule['Statement'])}"


def _of(statement: Mapping[str, Any]) -> str:
    if rate := statement.get("RateBasedStatement"):
        return f", {rate['Limit']} requests in {rate.get('EvaluationWindowSec', 300)} s"
    if group := statement.get("ManagedRuleGroupStatement"):
        counted = [override["Name"] for override in group.get("RuleActionOverrides", ())]
        return f", {group['Name']}; these only count: {', '.join(counted)}"
    return ""
