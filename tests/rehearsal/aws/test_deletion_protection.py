"""A protected load balancer stays until its protection is taken away."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.aws.cloud import Cloud


def protect(cloud: Cloud, arn: str, *, enabled: bool) -> None:
    attribute = {"Key": "deletion_protection.enabled", "Value": str(enabled).lower()}
    cloud.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[attribute])


def test_a_protected_load_balancer_is_not_deleted(cloud: Cloud) -> None:
    (balancer,) = cloud.elb.describe_load_balancers()["LoadBalancers"]
    arn = balancer["LoadBalancerArn"]
    protect(cloud, arn, enabled=True)
    with pytest.raises(ClientError, match=r"OperationNotPermitted.*deletion protection is enabled"):
        cloud.elb.delete_load_balancer(LoadBalancerArn=arn)
    assert [found["LoadBalancerArn"] for found in cloud.elb.describe_load_balancers()["LoadBalancers"]] == [arn]
    assert cloud.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    protect(cloud, arn, enabled=False)
    cloud.elb.delete_load_balancer(LoadBalancerArn=arn)
    assert cloud.elb.describe_load_balancers()["LoadBalancers"] == []


def test_deleting_what_is_gone_succeeds(cloud: Cloud) -> None:
    (balancer,) = cloud.elb.describe_load_balancers()["LoadBalancers"]
    for _ in range(2):
        cloud.elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
