"""Everything that can carry tags carries the stack's, so that its cost and its owner can be found."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from rehearsal.graph.model import Resource
from tests.program.cases import Case, load_case

UNTAGGABLE = {
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:amp/alertManagerDefinition:AlertManagerDefinition",
    "aws:autoscaling/lifecycleHook:LifecycleHook",
    "aws:autoscaling/policy:Policy",
    "aws:autoscaling/schedule:Schedule",
    "aws:cloudwatch/dashboard:Dashboard",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:route53/record:Record",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:wafv2/webAclAssociation:WebAclAssociation",
}
"""AWS has no tags for these; a new type here is a decision."""

WITHOUT_USER_TAGS = {"aws:s3/bucketObjectv2:BucketObjectv2": "an S3 object takes 10 tags at most"}


def takes_tags(type_: str) -> bool:
    """Whether the provider's class has a ``tags`` argument."""
    _, module, name = type_.split(":")
    resource_class = getattr(importlib.import_module(f"pulumi_aws.{module.split('/')[0]}"), name)
    return "tags" in inspect.signature(resource_class._internal_init).parameters


def of_aws(case: Case) -> list[Resource]:
    """Without the image that is built on the machine where Pulumi runs."""
    return [resource for resource in case.graph if resource.custom and resource.type.startswith("aws:")]


def tags_of(resource: Resource) -> Mapping[str, Any]:
    """Tags as a map; an Auto Scaling group has a list of them."""
    tags = resource.inputs.get("tags", {})
    return {tag["key"]: tag["value"] for tag in tags} if isinstance(tags, list) else tags


def stack_tags(case: Case) -> dict[str, str]:
    return {"Project": "vllm", "Stack": case.config.stack, "ManagedBy": "pulumi"}


def untagged(case: Case, tags: Mapping[str, Any]) -> bool:
    return not (stack_tags(case).items() <= tags.items() and tags.get("Name"))


def taggable(case: Case) -> list[Resource]:
    return [resource for resource in of_aws(case) if takes_tags(resource.type)]


def test_everything_taggable_has_the_tags_of_the_stack(case: Case) -> None:
    assert len(taggable(case)) > 20
    assert [resource.urn for resource in taggable(case) if untagged(case, tags_of(resource))] == []


def test_everything_taggable_has_the_tags_of_the_user(case: Case) -> None:
    lacking = {
        resource.type for resource in taggable(case) if not case.config.tags.items() <= tags_of(resource).items()
    }
    assert lacking == (set(WITHOUT_USER_TAGS) if case.config.tags else set())


def test_there_are_stacks_with_tags_of_the_user() -> None:
    assert load_case("tags").config.tags
    assert load_case("prod").config.tags


def test_what_is_left_is_known_to_have_no_tags(case: Case) -> None:
    rest = {resource.type for resource in of_aws(case) if not takes_tags(resource.type)}
    assert rest <= UNTAGGABLE


def test_a_launch_tags_instance_disk_and_interface(case: Case) -> None:
    template = case.only("aws:ec2/launchTemplate:LaunchTemplate")
    tagged = {entry["resourceType"]: entry["tags"] for entry in template.inputs["tagSpecifications"]}
    assert set(tagged) == {"instance", "volume", "network-interface"}
    assert not [kind for kind, tags in tagged.items() if untagged(case, tags)]


def test_tags_of_the_user_are_not_in_the_launch_template_where_a_change_would_roll_the_fleet() -> None:
    before, after = load_case("dev"), load_case("tags")
    templates = [case.only("aws:ec2/launchTemplate:LaunchTemplate").inputs for case in (before, after)]
    changed = {key for key in {*templates[0], *templates[1]} if templates[0].get(key) != templates[1].get(key)}
    assert changed == {"tags"}


def test_the_group_hands_its_tags_to_instances(case: Case) -> None:
    group = case.only("aws:autoscaling/group:Group")
    assert all(tag["propagateAtLaunch"] for tag in group.inputs["tags"])
    assert not untagged(case, tags_of(group))
