"""What one host is: image, type, disks, metadata service, identity, first boot."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.capacity import block_target, market_options
from components.aws.naming import Tags
from userdata.options import DLAMI_PARAMETER

ROOT_DEVICE = "/dev/sda1"  # of Ubuntu images
TAGGED_AT_LAUNCH = ("instance", "volume", "network-interface")


@dataclass(frozen=True, kw_only=True)
class LaunchTemplateArgs:
    """``ami_id`` None: the newest Deep Learning AMI when the template is made, then held. ``user_data``: plain text."""

    ami_id: str | None
    instance_type: str
    root_volume_gib: int
    security_group_id: pulumi.Input[str]
    instance_profile_arn: pulumi.Input[str]
    user_data: pulumi.Input[str]
    tags: Tags
    kms_key_arn: pulumi.Input[str] | None = None  # of the root volume
    block_id: str | None = None  # of the Capacity Block that hosts are in


class LaunchTemplate(pulumi.ComponentResource):
    """The template and its newest version; a change of any value makes a new version, never a new template.

    ``image_id``: the image that hosts really start from, held or pinned.
    """

    launch_template_id: pulumi.Output[str]
    version: pulumi.Output[str]
    image_id: pulumi.Output[str]

    def __init__(self, name: str, args: LaunchTemplateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LaunchTemplate", name, None, opts)
        # Held on imageId only when it was looked up: AWS publishes a new image every few weeks, and each would roll
        # the fleet. A pinned one always acts.
        held = None if args.ami_id else ["imageId"]
        template = aws.ec2.LaunchTemplate(
            name,
            image_id=args.ami_id or aws.ssm.get_parameter(name=DLAMI_PARAMETER).value,
            instance_type=args.instance_type,
            instance_market_options=market_options(args.block_id),
            capacity_reservation_specification=block_target(args.block_id),
            instance_initiated_shutdown_behavior="terminate",
            iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(arn=args.instance_profile_arn),
            block_device_mappings=[_root_volume(size_gib=args.root_volume_gib, kms_key_arn=args.kms_key_arn)],
            ebs_optimized="true",
            metadata_options=_metadata_service(),
            monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
            network_interfaces=[_private_interface(security_group_id=args.security_group_id)],
            tag_specifications=_launch_tags(args.tags),
            user_data=pulumi.Output.from_input(args.user_data).apply(_encode),
            tags=args.tags.named("host"),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=held),
        )
        self.launch_template_id = template.id
        self.version = template.latest_version.apply(str)
        self.image_id = template.image_id.apply(str)
        self.register_outputs(
            {"launch_template_id": self.launch_template_id, "version": self.version, "image_id": self.image_id}
        )


def _root_volume(
    *, size_gib: int, kms_key_arn: pulumi.Input[str] | None
) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgs:
    return aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
        device_name=ROOT_DEVICE,
        ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_size=size_gib,
            volume_type="gp3",
            encrypted="true",
            kms_key_id=kms_key_arn,
            delete_on_termination="true",
        ),
    )


def _metadata_service() -> aws.ec2.LaunchTemplateMetadataOptionsArgs:
    # Hop limit 1 keeps the answers out of the bridged container: a model that fetches URLs cannot reach credentials.
    # With tags, because `ops keys` tells a host by one that its keys have changed.
    return aws.ec2.LaunchTemplateMetadataOptionsArgs(
        http_endpoint="enabled",
        http_tokens="required",
        http_put_response_hop_limit=1,
        instance_metadata_tags="enabled",
    )


def _private_interface(*, security_group_id: pulumi.Input[str]) -> aws.ec2.LaunchTemplateNetworkInterfaceArgs:
    return aws.ec2.LaunchTemplateNetworkInterfaceArgs(
        device_index=0,
        associate_public_ip_address="false",
        delete_on_termination="true",
        security_groups=[security_group_id],
    )


def _launch_tags(tags: Tags) -> list[aws.ec2.LaunchTemplateTagSpecificationArgs]:
    # Not the user's: a changed tag would be a new version and roll the fleet. Instances get those from the group, the
    # disk and the interface by the host itself (userdata/files/steps/tags.sh).
    return [
        aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags.own.named("host"))
        for kind in TAGGED_AT_LAUNCH
    ]


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
