"""Pairs of the rules about who may do what: ingress, buckets, permissions, secrets."""

from __future__ import annotations

from typing import Any

from policies.model import Resource
from tests.policies.pairs import BALANCER, TEMPLATE
from tests.policies.small import document, made, pair, user_data

BUCKET = "aws:s3/bucket:Bucket"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OLD_INGRESS = "aws:ec2/securityGroupRule:SecurityGroupRule"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
SWITCHES = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
NOT_TLS = {"Bool": {"aws:SecureTransport": "false"}}
TOKEN = "hf_" + "aB3" * 8


def opened(port: int, cidr: str, *, internal: bool | None) -> list[Resource]:
    """A group with one rule; ``internal``: of the load balancer that has the group, None: it has none."""
    group = made(GROUP, "front")
    rule = made(INGRESS, securityGroupId=group, cidrIpv4=cidr, fromPort=port, toPort=port, ipProtocol="tcp")
    balancer = [] if internal is None else [made(BALANCER, internal=internal, securityGroups=group)]
    return [group, rule, *balancer]


def bucket_with(type_: str, **inputs: Any) -> list[Resource]:
    bucket = made(BUCKET, "own")
    return [bucket, made(type_, bucket=bucket, **inputs)]


def allowed(action: str, resource: str, **more: Any) -> Resource:
    return made(ROLE_POLICY, policy=document(Action=action, Resource=resource, **more))


MORE_PAIRS = (
    pair(
        "ingress-is-narrow",
        "port 8000",
        opened(8000, "0.0.0.0/0", internal=False),
        opened(443, "0.0.0.0/0", internal=False),
    ),
    pair(
        "ingress-is-narrow",
        "port 443",
        opened(443, "0.0.0.0/0", internal=True),
        opened(443, "10.0.0.0/8", internal=True),
    ),
    pair(
        "ingress-is-narrow",
        "port 80 ",
        opened(80, "0.0.0.0/0", internal=None),
        opened(80, "203.0.113.0/24", internal=None),
    ),
    pair(
        "ingress-is-narrow",
        "128.0.0.0/1",
        opened(8000, "128.0.0.0/1", internal=False),
        opened(80, "::/0", internal=False),
    ),
    pair(
        "ingress-is-narrow",
        "port 0-65535 is open to ::/0",
        made(GROUP, ingress=[{"protocol": "-1", "ipv6CidrBlocks": ["::/0"]}]),
        made(GROUP, egress=[{"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}]),
    ),
    pair(
        "ingress-is-narrow",
        "port 1-9",
        made(OLD_INGRESS, type="ingress", fromPort=1, toPort=9, protocol="tcp", cidrBlocks=["0.0.0.0/0"]),
        made(OLD_INGRESS, type="egress", fromPort=1, toPort=9, protocol="tcp", cidrBlocks=["0.0.0.0/0"]),
    ),
    pair("ssh-is-closed", "SSH (22)", opened(22, "10.0.0.0/8", internal=None), opened(23, "10.0.0.0/8", internal=None)),
    pair(
        "ssh-is-closed",
        "RDP (3389)",
        made(INGRESS, ipProtocol="-1", cidrIpv4="10.0.0.0/8"),
        made(INGRESS, fromPort=80, toPort=80),
    ),
    pair("buckets-encrypted", "no Bucket", made(BUCKET), bucket_with(ENCRYPTION)),
    pair("buckets-private", "restrictPublicBuckets", made(BUCKET), bucket_with(BLOCK, **SWITCHES)),
    pair(
        "buckets-private",
        "missing: blockPublicAcls",
        bucket_with(BLOCK, **{**SWITCHES, "blockPublicAcls": False}),
        bucket_with(BLOCK, **SWITCHES),
    ),
    pair(
        "buckets-tls-only",
        "denies s3:*",
        bucket_with(BUCKET_POLICY, policy=document(Effect="Deny", Action="s3:GetObject", Condition=NOT_TLS)),
        bucket_with(BUCKET_POLICY, policy=document(Effect="Deny", Action="s3:*", Condition=NOT_TLS)),
    ),
    pair(
        "iam-no-wildcard",
        "s3:*",
        allowed("s3:*", "arn:aws:s3:::mine/*"),
        allowed("s3:GetObject", "arn:aws:s3:::mine/*"),
    ),
    pair(
        "iam-no-wildcard",
        "every resource: s3:GetObject",
        allowed("s3:GetObject", "*"),
        allowed("ec2:DescribeVolumes", "*"),
    ),
    pair(
        "iam-no-wildcard",
        "every resource",
        allowed("s3:GetObject", "arn:aws:s3:::*"),
        allowed("s3:*", "*", Effect="Deny"),
    ),
    pair(
        "iam-no-wildcard",
        "all but what NotAction lists",
        made(ROLE_POLICY, policy=document(NotAction="iam:PassRole", Resource="arn:x")),
        made(ROLE_POLICY, policy="[unknown]"),
    ),
    pair(
        "iam-no-wildcard",
        "by a pattern",
        made(ROLE, inlinePolicies=[{"name": "x", "policy": document(Action="ec2:*", Resource="arn:x")}]),
        made(ROLE, inlinePolicies=[{"name": "x", "policy": document(Action="ec2:StopInstances", Resource="arn:x")}]),
    ),
    pair(
        "iam-no-managed-policy",
        "AdministratorAccess",
        made(
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment", policyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
        made("aws:iam/rolePolicyAttachment:RolePolicyAttachment", policyArn="arn:aws:iam::123456789012:policy/own"),
    ),
    pair(
        "iam-no-managed-policy",
        "ReadOnlyAccess",
        made(ROLE, managedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
        made(ROLE),
    ),
    pair(
        "resource-policy-not-public",
        "everyone",
        made(TOPIC_POLICY, policy=document(Principal="*", Action="sns:Publish")),
        made(TOPIC_POLICY, policy=document(Principal="*", Action="sns:Publish", Condition=NOT_TLS)),
    ),
    pair(
        "resource-policy-not-public",
        "everyone",
        made(ROLE, assumeRolePolicy=document(Principal={"AWS": "*"}, Action="sts:AssumeRole")),
        made(ROLE, assumeRolePolicy=document(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")),
    ),
    pair(
        "secrets-not-in-inputs",
        "userData holds what looks like a HuggingFace token",
        made(TEMPLATE, userData=user_data(f"export HF_TOKEN={TOKEN}")),
        made(TEMPLATE, userData=user_data("export HF_TOKEN_SECRET_ARN=arn:aws:secretsmanager")),
    ),
    pair(
        "secrets-not-in-inputs", "tags holds", made(BUCKET, tags={TOKEN: "x"}), made(BUCKET, tags={"owner": "hf_team"})
    ),
    pair(
        "secrets-not-in-inputs",
        "args[1].url holds what looks like a password in a URL",
        made(BUCKET, args=["x", {"url": "https://me:" + "secret@example.com"}]),
        made(BUCKET, args=["x", {"url": "https://example.com:8443/me@home"}]),
    ),
    *(
        pair("secrets-not-in-inputs", kind, made(BUCKET, value=sample), made(BUCKET, value=sample[:6]))
        for kind, sample in (
            ("API key", "sk-" + "a1" * 12),
            ("AWS access key", "AKIA" + "A1" * 8),
            ("private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
            ("GitHub token", "ghp_" + "a1" * 12),
            ("Slack token", "xoxb-" + "12345678-abc"),
            ("Pulumi encrypted", "v1:" + "abcdefgh" + ":" + "ijklmnop"),
        )
    ),
)
