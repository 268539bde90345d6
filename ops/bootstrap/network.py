"""What ``pulumi up`` changes in EC2, and what launching hosts takes, as statements of IAM. Pure.

These things have ids and no names, so they are held by the tag that they are made with: ``Project: vllm``.
"""

from __future__ import annotations

from ops.bootstrap.scope import Scope, Statement, actions, allow

TAGGED = {"aws:ResourceTag/Project": "vllm"}
TAGGING = {"aws:RequestTag/Project": "vllm"}
SERVICES_WITH_ROLES = (
    "autoscaling.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "pullthroughcache.ecr.amazonaws.com",
    "spot.amazonaws.com",  # EC2 makes this one by itself only where a person asks for a spot instance in the console
)
_KINDS = (
    "elastic-ip/*",
    "internet-gateway/*",
    "launch-template/*",
    "natgateway/*",
    "route-table/*",
    "security-group/*",
    "security-group-rule/*",
    "subnet/*",
    "volume/*",
    "vpc/*",
    "vpc-endpoint/*",
)
_RULES = "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress"
_MAKES = (
    "AllocateAddress CreateInternetGateway CreateLaunchTemplate CreateNatGateway CreateRouteTable CreateSecurityGroup "
    f"CreateSubnet CreateVolume CreateVpc CreateVpcEndpoint {_RULES}"
)
_CHANGES = (
    "AssociateRouteTable AttachInternetGateway CreateLaunchTemplateVersion CreateRoute CreateTags "
    "DeleteInternetGateway DeleteLaunchTemplate DeleteNatGateway DeleteRoute DeleteRouteTable DeleteSecurityGroup "
    "DeleteSubnet DeleteTags DeleteVolume DeleteVpc DeleteVpcEndpoints DetachInternetGateway DisassociateAddress "
    "DisassociateRouteTable ModifySecurityGroupRules ModifyVolume ModifyVpcAttribute ModifyVpcEndpoint ReleaseAddress "
    "RevokeSecurityGroupEgress RevokeSecurityGroupIngress"
)
_PARENTS = "CreateNatGateway CreateRouteTable CreateSubnet CreateVpcEndpoint"  # asked of what the new one is in, too


def network(scope: Scope) -> list[Statement]:
    """Networks, groups, volumes, templates. AWS asks about each thing that a call names, new or old."""
    made_by = actions("ec2", f"{_MAKES} RunInstances")
    while_made = {"ec2:CreateAction": [action.removeprefix("ec2:") for action in made_by]}
    return [
        allow("Make", actions("ec2", _MAKES), scope.arns("ec2", *_KINDS), equals=TAGGING),
        allow("ChangeOwn", actions("ec2", f"{_CHANGES} {_PARENTS} {_RULES}"), scope.arn("ec2", "*"), equals=TAGGED),
        # A network of somebody else's has no tag of ours: groups and endpoints are made in it all the same.
        allow(
            "MakeInAnyNetwork",
            actions("ec2", "CreateSecurityGroup CreateVpcEndpoint ModifyVpcEndpoint"),
            scope.arns("ec2", "vpc/*", "subnet/*"),
        ),
        allow("SeedVolume", ["ec2:CreateVolume"], scope.arn("ec2", "snapshot/*", account="")),
        allow("LetGoOfAddress", ["ec2:DisassociateAddress"], scope.arn("ec2", "network-interface/*")),
        allow("TagNew", ["ec2:CreateTags"], scope.arn("ec2", "*"), equals=while_made),
        # The default group of a new VPC is AWS's: the provider tags it, then empties it.
        allow("TagDefaultGroup", ["ec2:CreateTags"], scope.arn("ec2", "security-group/*"), equals=TAGGING),
    ]


def hosts(scope: Scope) -> list[Statement]:
    """Launching is Auto Scaling's, but it asks whether who gives a group its template may do it, too."""
    role = scope.arn("iam", "role/vllm-*", region="")
    kinds = ("instance", "network-interface", "security-group", "subnet", "volume")
    parts = [*scope.arns("ec2", *(f"{kind}/*" for kind in kinds)), scope.arn("ec2", "image/*", account="")]
    template = scope.arn("ec2", "launch-template/*")
    return [
        allow("LaunchOwnTemplate", ["ec2:RunInstances"], template, equals=TAGGED),
        allow("LaunchFromTemplate", ["ec2:RunInstances"], parts, ArnLike={"ec2:LaunchTemplate": template}),
        allow("PassHostRole", ["iam:PassRole"], role, equals={"iam:PassedToService": "ec2.amazonaws.com"}),
        allow(
            "FirstOfTheAccount",
            ["iam:CreateServiceLinkedRole"],
            scope.arn("iam", "role/aws-service-role/*", region=""),
            equals={"iam:AWSServiceName": SERVICES_WITH_ROLES},
        ),
        # `ops smoke` of an internal endpoint goes through a host.
        allow(
            "Tunnel", ["ssm:StartSession"], scope.arn("ec2", "instance/*"), equals={"ssm:resourceTag/Project": "vllm"}
        ),
        allow(
            "TunnelHow", ["ssm:StartSession"], scope.arn("ssm", "document/AWS-StartPortForwardingSession*", account="")
        ),
    ]
