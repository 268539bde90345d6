"""Launch template, Auto Scaling group and lifecycle hooks."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.inventory.model import Client, Section


def group_of(client: Client, *, name: str) -> Mapping[str, Any]:
    """The Auto Scaling group as AWS describes it. LookupError when there is none."""
    groups = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    if not groups:
        raise LookupError(f"no Auto Scaling group {name}")
    return dict(groups[0])


def template_version_of(client: Client, *, group: Mapping[str, Any]) -> Mapping[str, Any]:
    """The launch template version that the group launches."""
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    wanted = group.get("LaunchTemplate") or mixed["LaunchTemplateSpecification"]
    versions = client("ec2").describe_launch_template_versions(
        LaunchTemplateId=wanted["LaunchTemplateId"], Versions=[str(wanted["Version"])]
    )
    return dict(versions["LaunchTemplateVersions"][0])


def user_data_of(version: Mapping[str, Any]) -> str:
    """The decoded user data of a launch template version."""
    return base64.b64decode(version["LaunchTemplateData"]["UserData"]).decode()


def launch_template(client: Client, *, group: Mapping[str, Any]) -> Section:
    version = template_version_of(client, group=group)
    data = version["LaunchTemplateData"]
    metadata = data.get("MetadataOptions", {})
    disks = [
        f"{disk['DeviceName']} {disk['Ebs']['VolumeSize']} GiB {disk['Ebs']['VolumeType']}"
        + (", encrypted" if disk["Ebs"].get("Encrypted") else ", NOT encrypted")
        for disk in data.get("BlockDeviceMappings", [])
    ]
    tagged = ", ".join(spec["ResourceType"] for spec in data.get("TagSpecifications", []))
    return Section(
        title="Launch template",
        rows=(
            ("id", f"{version['LaunchTemplateId']} version {version['VersionNumber']}"),
            ("instance type", data.get("InstanceType", "")),
            ("machine image", data.get("ImageId", "")),
            (
                "instance metadata",
                f"tokens {metadata.get('HttpTokens')}, hop limit {metadata.get('HttpPutResponseHopLimit')}",
            ),
            ("root disk", "; ".join(disks)),
            ("instance profile", data.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2]),
            ("tags at launch", tagged),
            ("user data", f"{len(user_data_of(version).encode()):,} of 16,384 bytes"),
        ),
    )


def auto_scaling_group(client: Client, *, group: Mapping[str, Any]) -> Section:
    del client
    policy = group.get("InstanceMaintenancePolicy", {})
    instances = [
        f"{item['InstanceId']} {item['InstanceType']} {item['LifecycleState']} in {item['AvailabilityZone']}"
        for item in group["Instances"]
    ]
    return Section(
        title="Auto Scaling group",
        rows=(
            ("name", group["AutoScalingGroupName"]),
            ("size", f"min {group['MinSize']}, max {group['MaxSize']}, desired {group['DesiredCapacity']}"),
            ("zones", ", ".join(group["AvailabilityZones"])),
            ("health", f"{group['HealthCheckType']}, grace period {group['HealthCheckGracePeriod']} s"),
            ("warm-up", f"{group.get('DefaultInstanceWarmup', 'none')} s"),
            (
                "while replacing",
                f"{policy.get('MinHealthyPercentage', '?')} to {policy.get('MaxHealthyPercentage', '?')} % of desired",
            ),
            *_machines(group),
            *((f"instance {number}", text) for number, text in enumerate(instances, start=1)),
        ),
    )


def _machines(group: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """From where machines come, where the template alone does not say it."""
    reserved = group.get("CapacityReservationSpecification", {})
    if reserved:
        ids = reserved.get("CapacityReservationTarget", {}).get("CapacityReservationIds", ["any that is open"])
        yield "reservations", f"{reserved['CapacityReservationPreference']}: {', '.join(ids)}"
    mixed = group.get("MixedInstancesPolicy", {})
    if mixed:
        distribution = mixed["InstancesDistribution"]
        spot = 100 - int(distribution["OnDemandPercentageAboveBaseCapacity"])
        yield "types", ", ".join(each["InstanceType"] for each in mixed["LaunchTemplate"]["Overrides"])
        yield "on demand", f"{distribution['OnDemandBaseCapacity']} at least, in the order of the types"
        yield "spot", f"{spot} % of what is above that" if spot else "none"


def lifecycle_hooks(client: Client, *, group: Mapping[str, Any]) -> Section:
    hooks = client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=group["AutoScalingGroupName"])
    return Section(
        title="Lifecycle hooks",
        rows=tuple(
            (
                hook["LifecycleHookName"],
                f"{hook['LifecycleTransition'].removeprefix('autoscaling:')}, "
                f"{hook['HeartbeatTimeout']} s without a heartbeat: {hook['DefaultResult']}",
            )
            for hook in sorted(hooks["LifecycleHooks"], key=lambda hook: hook["LifecycleHookName"])
        ),
    )
