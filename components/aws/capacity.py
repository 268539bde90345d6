"""From where the group takes machines: arguments of its resources. Pure.

AWS fixes the order: reservations, then on demand by the order of the types, then spot as a share. A Capacity Block
stands alone: its hosts are of one type, and the launch template says whose they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from sizing.fleet_plan import CapacityPlan, HostType

RESERVATIONS_FIRST = "capacity-reservations-first"
BY_ORDER = "prioritized"  # of the overrides
SPOT_BY_CAPACITY = "capacity-optimized-prioritized"
"""The pools that are least likely to be taken back, and only among those the order of the types."""
OF_A_BLOCK = "capacity-block"


@dataclass(frozen=True, kw_only=True)
class Template:
    """The launch template by an explicit version: "$Latest" never shows as a change, so nothing would roll."""

    id: pulumi.Input[str]
    version: pulumi.Input[str]


def is_mixed(*, capacity: CapacityPlan, host_types: Sequence[HostType]) -> bool:
    """Whether a launch template alone cannot say what is launched."""
    return capacity.block_id is None and (len(host_types) > 1 or capacity.spot_percent > 0)


def launch_template(template: Template) -> aws.autoscaling.GroupLaunchTemplateArgs:
    """For a group of one type, on demand or of a Capacity Block."""
    return aws.autoscaling.GroupLaunchTemplateArgs(id=template.id, version=template.version)


def mixed_instances_policy(
    template: Template, *, capacity: CapacityPlan, host_types: Sequence[HostType]
) -> aws.autoscaling.GroupMixedInstancesPolicyArgs:
    """The same template for each of the types, the preferred first; a host chooses its own flags when it boots."""
    specification = aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateLaunchTemplateSpecificationArgs(
        launch_template_id=template.id, version=template.version
    )
    return aws.autoscaling.GroupMixedInstancesPolicyArgs(
        launch_template=aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateArgs(
            launch_template_specification=specification,
            overrides=[
                aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateOverrideArgs(instance_type=each.instance_type)
                for each in host_types
            ],
        ),
        instances_distribution=aws.autoscaling.GroupMixedInstancesPolicyInstancesDistributionArgs(
            on_demand_allocation_strategy=BY_ORDER,
            on_demand_base_capacity=capacity.on_demand_base,
            on_demand_percentage_above_base_capacity=100 - capacity.spot_percent,
            spot_allocation_strategy=SPOT_BY_CAPACITY,
        ),
    )


def group_reservations(capacity: CapacityPlan) -> aws.autoscaling.GroupCapacityReservationSpecificationArgs | None:
    """On-Demand Capacity Reservations that are used up first; without ids any open one of the account."""
    if capacity.block_id is not None or not (capacity.reservation_ids or capacity.open_reservations):
        return None
    target = aws.autoscaling.GroupCapacityReservationSpecificationCapacityReservationTargetArgs(
        capacity_reservation_ids=list(capacity.reservation_ids)
    )
    return aws.autoscaling.GroupCapacityReservationSpecificationArgs(
        capacity_reservation_preference=RESERVATIONS_FIRST,
        capacity_reservation_target=target if capacity.reservation_ids else None,
    )


def market_options(block_id: str | None) -> aws.ec2.LaunchTemplateInstanceMarketOptionsArgs | None:
    return aws.ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type=OF_A_BLOCK) if block_id else None


def block_target(block_id: str | None) -> aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs | None:
    if block_id is None:
        return None
    return aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs(
        capacity_reservation_target=aws.ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs(
            capacity_reservation_id=block_id
        )
    )
