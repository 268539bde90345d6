"""How what stands before a load balancer is shown: not at all where nothing does."""

from __future__ import annotations

from rehearsal.aws.given.make import make
from rehearsal.aws.given.model import Given, GivenNetwork
from rehearsal.aws.server import EmulatedAws
from rehearsal.inventory.front import front

SUBNETS = ("subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2")
SEEN = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "m"}


def test_logs_and_firewall_are_shown_where_they_are() -> None:
    with EmulatedAws() as aws:
        network = GivenNetwork(vpc_id="vpc-0123456789abcdef0", private_subnet_ids=SUBNETS)
        make(Given(region="us-east-1", network=network))
        elb, s3, wafv2 = aws.client("elbv2"), aws.client("s3"), aws.client("wafv2")
        (balancer,) = elb.create_load_balancer(Name="front", Scheme="internal", Subnets=list(SUBNETS))["LoadBalancers"]
        arn = balancer["LoadBalancerArn"]
        assert front(aws.client, balancer=balancer) == ()

        s3.create_bucket(Bucket="logs")
        rule = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 90}}
        s3.put_bucket_lifecycle_configuration(Bucket="logs", LifecycleConfiguration={"Rules": [rule]})
        on = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs"}
        elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value} for key, value in on.items()]
        )
        group = {
            "VendorName": "AWS",
            "Name": "Core",
            "RuleActionOverrides": [{"Name": "B", "ActionToUse": {"Count": {}}}],
        }
        rules = [
            {"Name": "core", "Priority": 10, "Statement": {"ManagedRuleGroupStatement": group}},
            {
                "Name": "rate",
                "Priority": 1,
                "Statement": {"RateBasedStatement": {"Limit": 600, "AggregateKeyType": "IP"}},
            },
        ]
        acl = wafv2.create_web_acl(
            Name="acl",
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig=SEEN,
            Rules=[{**rule, "VisibilityConfig": SEEN} for rule in rules],
        )["Summary"]
        wafv2.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=arn)
        (section,) = front(aws.client, balancer=balancer)
        assert section.rows == (
            ("access logs", "logs, kept for 90 days"),
            ("firewall rule 1", "rate, 600 requests in 300 s"),
            ("firewall rule 10", "core, Core; these only count: B"),
        )
