"""What ``pulumi up`` changes outside EC2, as statements of IAM. Pure.

Things with a name are held by it: those that Pulumi gives begin with ``vllm-``. docs/delivery.md says what stays open.
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.bootstrap.network import TAGGED, TAGGING
from ops.bootstrap.scope import Scope, Statement, actions, allow

BESIDES: Mapping[str, str] = {
    "autoscaling:AttachLoadBalancerTargetGroups": "a target group that is replaced",
    "autoscaling:CancelInstanceRefresh": "a change while a refresh runs",
    "autoscaling:DetachLoadBalancerTargetGroups": "a target group that is replaced",
    "ec2:RunInstances": "Auto Scaling asks it of who gives a group its launch template",
    "ecr:BatchCheckLayerAvailability": "an image of one's own is pushed",
    "ecr:CompleteLayerUpload": "an image of one's own is pushed",
    "ecr:InitiateLayerUpload": "an image of one's own is pushed",
    "ecr:PutImage": "an image of one's own is pushed",
    "ecr:UploadLayerPart": "an image of one's own is pushed",
    "elasticloadbalancing:ModifyRule": "the list of paths changes",
    "elasticloadbalancing:ModifyTargetGroup": "the health check changes",
    "elasticloadbalancing:SetSecurityGroups": "a security group is replaced",
    "elasticloadbalancing:SetWebACL": "WAF asks it of who puts a web ACL before a load balancer",
    "iam:CreateServiceLinkedRole": "an account's first group, load balancer, pull-through cache or spot instance",
    "iam:PassRole": "Auto Scaling asks it of who gives a group a launch template with a role",
    "iam:UpdateAssumeRolePolicy": "who may take the hosts' role changes",
    "kms:CreateGrant": "a cache volume under a key of one's own",
    "kms:Decrypt": "scripts under a key of one's own",
    "kms:GenerateDataKey": "scripts under a key of one's own",
    "kms:GenerateDataKeyWithoutPlaintext": "a cache volume under a key of one's own",
    "logs:DeleteRetentionPolicy": "logs that are to be kept for ever",
    "logs:GetLogEvents": "`ops rollout` and `ops doctor` say at which step a host failed",
    "secretsmanager:GetSecretValue": "`ops smoke` asks with a key of the stack",
    "ssm:StartSession": "`ops smoke` reaches an internal endpoint through a host",
}
"""What is granted beside the calls that the provider was seen to make -> why. S3's calls have no names on the wire."""

_NAMED: Mapping[str, str] = {
    "autoscaling": "AttachLoadBalancerTargetGroups CancelInstanceRefresh CreateAutoScalingGroup CreateOrUpdateTags "
    "DeleteAutoScalingGroup DeleteLifecycleHook DeletePolicy DeleteScheduledAction DeleteTags "
    "DetachLoadBalancerTargetGroups EnableMetricsCollection PutLifecycleHook PutScalingPolicy "
    "PutScheduledUpdateGroupAction StartInstanceRefresh UpdateAutoScalingGroup",
    "budgets": "ModifyBudget TagResource UntagResource",
    "cloudwatch": "DeleteAlarms DeleteDashboards PutDashboard PutMetricAlarm TagResource UntagResource",
    "ecr": "BatchCheckLayerAvailability CompleteLayerUpload CreateRepository DeleteLifecyclePolicy DeleteRepository "
    "InitiateLayerUpload PutImage PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy TagResource "
    "UntagResource UploadLayerPart",
    "elasticloadbalancing": "AddTags CreateListener CreateLoadBalancer CreateRule CreateTargetGroup DeleteListener "
    "DeleteLoadBalancer DeleteRule DeleteTargetGroup ModifyListener ModifyLoadBalancerAttributes ModifyRule "
    "ModifyTargetGroup ModifyTargetGroupAttributes RemoveTags SetSecurityGroups SetWebACL",
    "events": "DeleteRule PutRule PutTargets RemoveTargets TagResource UntagResource",
    "iam": "AddRoleToInstanceProfile CreateInstanceProfile CreateRole DeleteInstanceProfile DeleteRole "
    "DeleteRolePolicy PutRolePolicy RemoveRoleFromInstanceProfile TagInstanceProfile TagRole UntagInstanceProfile "
    "UntagRole UpdateAssumeRolePolicy",
    "logs": "AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey "
    "GetLogEvents PutRetentionPolicy TagResource UntagResource",
    "secretsmanager": "CreateSecret DeleteSecret GetSecretValue TagResource UntagResource UpdateSecret",
    "sns": "CreateTopic DeleteTopic SetTopicAttributes Subscribe TagResource UntagResource",
    "wafv2": "AssociateWebACL CreateWebACL DeleteWebACL DisassociateWebACL TagResource UntagResource UpdateWebACL",
}
_BUCKETS = (
    "CreateBucket DeleteBucket DeleteBucketPolicy DeleteObject DeleteObjectVersion GetObject GetObjectTagging "
    "ListBucketVersions PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock PutBucketTagging "
    "PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration PutObject PutObjectTagging TagResource "
    "UntagResource"
)
_OWN_KEY = (
    "DisableKeyRotation EnableKeyRotation PutKeyPolicy ScheduleKeyDeletion TagResource UntagResource "
    "UpdateKeyDescription"
)


def writes(scope: Scope) -> list[Statement]:
    return [*_named(scope), *_keys(scope), *_rest(scope)]


def _named(scope: Scope) -> list[Statement]:
    by_service = [action for service, verbs in _NAMED.items() for action in actions(service, verbs)]
    return [
        allow("ChangeNamed", by_service, _names(scope)),
        allow("ChangeBuckets", actions("s3", _BUCKETS), f"arn:{scope.partition}:s3:::vllm-*"),
    ]


def _names(scope: Scope) -> list[str]:
    balancing = ("listener-rule/app", "listener/app", "loadbalancer/app", "targetgroup")
    return [
        *scope.named(),
        scope.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/vllm-*"),
        *scope.arns("elasticloadbalancing", *(f"{kind}/vllm-*" for kind in balancing)),
        scope.arn("wafv2", "regional/managedruleset/*"),
    ]


def _keys(scope: Scope) -> list[Statement]:
    # Of a key of the user's only the use by way of a service is granted: its name is in the stack file alone.
    key = scope.arn("kms", "key/*")
    for_disks = actions("kms", "CreateGrant DescribeKey GenerateDataKeyWithoutPlaintext")
    use = {"kms:ViaService": ["ec2.*.amazonaws.com", "s3.*.amazonaws.com", "secretsmanager.*.amazonaws.com"]}
    return [
        allow("MakeKey", actions("kms", "CreateKey TagResource"), "*", equals=TAGGING),
        allow("ChangeOwnKey", actions("kms", _OWN_KEY), key, equals=TAGGED),
        allow("UseKey", [*for_disks, *actions("kms", "Decrypt GenerateDataKey")], key, StringLike=use),
        # Tagging is how a key becomes "own": never that of the state.
        {
            "Sid": "NeverTheKeyOfTheState",
            "Effect": "Deny",
            "Action": actions("kms", f"{_OWN_KEY} CreateGrant"),
            "Resource": scope.key_arn,
        },
    ]


def _rest(scope: Scope) -> list[Statement]:
    certificate = scope.arn("acm", "certificate/*")
    records = {"route53:ChangeResourceRecordSetsRecordTypes": ["A", "CNAME"]}
    workspace = scope.arn("aps", "workspace/*")
    alerts = "CreateAlertManagerDefinition DeleteAlertManagerDefinition PutAlertManagerDefinition DeleteWorkspace"
    rules = "CreateRuleGroupsNamespace DeleteRuleGroupsNamespace PutRuleGroupsNamespace TagResource UntagResource"
    unscoped = ["cloudwatch:PutCompositeAlarm", "sns:Unsubscribe"]  # AWS takes these on * alone
    caches = actions("ecr", "CreatePullThroughCacheRule DeletePullThroughCacheRule UpdatePullThroughCacheRule")
    tags = actions("acm", "AddTagsToCertificate DeleteCertificate RemoveTagsFromCertificate")
    return [
        allow("ChangeUnscoped", [*unscoped, *caches], "*"),
        allow("MakeCertificate", actions("acm", "AddTagsToCertificate RequestCertificate"), "*", equals=TAGGING),
        allow("ChangeOwnCertificate", tags, certificate, equals=TAGGED),
        allow(
            "WriteRecords",
            ["route53:ChangeResourceRecordSets"],
            scope.arn("route53", "hostedzone/*", region="", account=""),
            **{"ForAllValues:StringEquals": records},
        ),
        allow("MakeWorkspace", actions("aps", "CreateWorkspace TagResource"), "*", equals=TAGGING),
        allow("ChangeOwnWorkspace", actions("aps", alerts), workspace, equals=TAGGED),
        allow("ChangeRules", actions("aps", rules), [workspace, scope.arn("aps", "rulegroupsnamespace/*")]),
    ]
