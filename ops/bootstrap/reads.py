"""What a preview reads, as statements of IAM. Pure.

The actions are those of the provider's calls, as IAM names them; a test compares.
"""

from __future__ import annotations

from collections.abc import Sequence

from ops.bootstrap.scope import Scope, Statement, allow

DLAMI = "parameter/aws/service/deeplearning/ami/*"

UNSCOPED: Sequence[str] = (
    "acm:DescribeCertificate",
    "acm:ListTagsForCertificate",
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeInstanceRefreshes",
    "autoscaling:DescribeLifecycleHooks",
    "autoscaling:DescribePolicies",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DescribeScheduledActions",
    "ec2:DescribeAddresses",
    "ec2:DescribeAddressesAttribute",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribePrefixLists",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
    "ec2:GetManagedPrefixListEntries",
    "ecr:DescribePullThroughCacheRules",
    "ecr:GetAuthorizationToken",
    "elasticloadbalancing:DescribeCapacityReservation",
    "elasticloadbalancing:DescribeListenerAttributes",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "events:ListRuleNamesByTarget",
    "logs:DescribeLogGroups",
    "cloudwatch:DescribeAlarms",
    "route53:GetChange",
    "route53:GetHostedZone",
    "route53:ListResourceRecordSets",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
    "sns:GetSubscriptionAttributes",
    "wafv2:GetWebACLForResource",
)
"""On ``*``: AWS knows nothing smaller for most of these, and the rest (a zone, a certificate, the alarms) are listed or
named by the stack file. They tell how an account is built, not what is in it."""


def reads(scope: Scope) -> list[Statement]:
    """What refreshing a stack takes, and what ``ops doctor`` asks; no secret's value, no log line, no object but state
    and scripts."""
    workspaces = scope.arns("aps", "rulegroupsnamespace/*", "workspace/*")  # the ids are AWS's
    return [
        allow("Read", UNSCOPED, "*"),
        allow("ReadNamed", _NAMED, [*workspaces, *scope.named()]),
        allow("ReadBuckets", _BUCKETS, f"arn:{scope.partition}:s3:::vllm-*"),
        allow("ReadOwnKey", _KEYS, scope.arn("kms", "key/*"), equals={"aws:ResourceTag/Project": "vllm"}),
        allow("ReadImageParameter", ["ssm:GetParameter"], scope.arn("ssm", DLAMI, account="")),
    ]


_NAMED = (
    "aps:DescribeAlertManagerDefinition",
    "aps:DescribeLoggingConfiguration",
    "aps:DescribeRuleGroupsNamespace",
    "aps:DescribeWorkspace",
    "aps:ListTagsForResource",
    "budgets:ListTagsForResource",
    "budgets:ViewBudget",
    "cloudwatch:GetDashboard",
    "cloudwatch:ListTagsForResource",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetLifecyclePolicy",
    "ecr:ListTagsForResource",
    "events:DescribeRule",
    "events:ListTagsForResource",
    "events:ListTargetsByRule",
    "iam:GetInstanceProfile",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "logs:ListTagsForResource",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
    "sns:ListTagsForResource",
    "wafv2:GetWebACL",
    "wafv2:ListTagsForResource",
)
_BUCKETS = (
    "s3:GetAccelerateConfiguration",
    "s3:GetBucketAcl",
    "s3:GetBucketCORS",
    "s3:GetBucketLocation",
    "s3:GetBucketLogging",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketRequestPayment",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetBucketWebsite",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:ListTagsForResource",
)
_KEYS = ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags")
