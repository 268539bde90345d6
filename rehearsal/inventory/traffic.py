"""Load balancer, target group, listener rules and security groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.inventory.model import Client, Section


def balancer_of(client: Client, *, dns_name: str) -> Mapping[str, Any]:
    """The load balancer with this name in DNS. LookupError when there is none."""
    for balancer in client("elbv2").describe_load_balancers()["LoadBalancers"]:
        if balancer["DNSName"] == dns_name:
            return dict(balancer)
    raise LookupError(f"no load balancer {dns_name}")


def load_balancer(client: Client, *, balancer: Mapping[str, Any]) -> Section:
    arn = balancer["LoadBalancerArn"]
    attributes = _attributes(client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn))
    zones = ", ".join(sorted(zone["ZoneName"] for zone in balancer["AvailabilityZones"]))
    return Section(
        title="Load balancer",
        rows=(
            ("address", balancer["DNSName"]),
            ("kind", f"{balancer['Type']}, {balancer.get('Scheme', 'internet-facing')}"),
            ("zones", zones),
            ("idle timeout", f"{attributes.get('idle_timeout.timeout_seconds')} s"),
            ("drops invalid headers", attributes.get("routing.http.drop_invalid_header_fields.enabled", "")),
            *((("deletion protection", "on"),) if attributes.get("deletion_protection.enabled") == "true" else ()),
        ),
    )


def target_group(client: Client, *, arn: str) -> Section:
    elb = client("elbv2")
    group = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]
    attributes = _attributes(elb.describe_target_group_attributes(TargetGroupArn=arn))
    health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    targets = ", ".join(f"{item['Target']['Id']} {item['TargetHealth']['State']}" for item in health)
    return Section(
        title="Target group",
        rows=(
            ("forwards to", f"{group['Protocol']} {group['Port']} of each {group['TargetType']}"),
            (
                "health check",
                f"{group['HealthCheckPath']} every {group['HealthCheckIntervalSeconds']} s, healthy after "
                f"{group['HealthyThresholdCount']}, unhealthy after {group['UnhealthyThresholdCount']}",
            ),
            ("spreads by", attributes.get("load_balancing.algorithm.type", "")),
            ("deregistration delay", f"{attributes.get('deregistration_delay.timeout_seconds')} s"),
            ("targets", targets or "none yet"),
        ),
    )


def listener_rules(client: Client, *, balancer: Mapping[str, Any]) -> Section:
    """Per listener, its certificate if it has one, then the rules by priority; the default last."""
    elb = client("elbv2")
    rows = []
    for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
        rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        port = f"{listener['Protocol']} {listener['Port']}"
        for certificate in listener.get("Certificates", ()):
            rows.append((f"{port} certificate", f"{certificate['CertificateArn']}, {listener['SslPolicy']}"))
        for rule in sorted(rules, key=lambda rule: (rule["IsDefault"], len(rule["Priority"]), rule["Priority"])):
            paths = [value for item in rule["Conditions"] for value in item["PathPatternConfig"]["Values"]]
            rows.append((f"{port} rule {rule['Priority']}", f"{' '.join(paths) or '*'} -> {_action(rule)}"))
    return Section(title="Listener rules", rows=tuple(rows))


def security_groups(client: Client, *, vpc_id: str) -> Section:
    groups = client("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
    rules = client("ec2").describe_security_group_rules()["SecurityGroupRules"]
    names = {group["GroupId"]: group["GroupName"] for group in groups["SecurityGroups"]}
    rows = [
        (names[rule["GroupId"]], f"{'out to' if rule['IsEgress'] else 'in from'} {_peer(rule, names)}, {_ports(rule)}")
        for rule in rules
        if rule["GroupId"] in names
    ]
    return Section(title="Security groups", rows=tuple(sorted(rows)))


def _attributes(answer: Mapping[str, Any]) -> Mapping[str, str]:
    return {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}


def _action(rule: Mapping[str, Any]) -> str:
    action = rule["Actions"][-1]
    if action["Type"] == "fixed-response":
        return f"fixed {action['FixedResponseConfig']['StatusCode']}"
    if action["Type"] == "redirect":
        to = action["RedirectConfig"]
        return f"redirect to {to['Protocol']} {to['Port']} ({to['StatusCode']})"
    return str(action["Type"])


def _peer(rule: Mapping[str, Any], names: Mapping[str, str]) -> str:
    group_id = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    if group_id:
        return names.get(group_id, group_id)
    return str(rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId") or "?")


def _ports(rule: Mapping[str, Any]) -> str:
    if rule["IpProtocol"] == "-1":
        return "everything"
    first, last = rule.get("FromPort"), rule.get("ToPort")
    return f"{rule['IpProtocol']} {first}" + (f"-{last}" if last != first else "")
