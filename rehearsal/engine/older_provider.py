"""What AWS and pulumi-aws take and the older provider of a rehearsal refuses: adjusted on the way to that provider
only, and said. The program never leaves anything out for the rehearsal's sake."""

from __future__ import annotations

import pulumi

VOLUME = "aws:ebs/volume:Volume"
GP3_MIBPS_MAX = 1000  # Terraform provider 5.100; AWS takes 2000 since 2025, as do provider 6 and so pulumi-aws 7


def adjust() -> None:
    """For the program that is about to run: its volumes get no more throughput than the provider accepts."""
    told: list[float] = []

    def transformation(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        wanted = args.props.get("throughput") if args.type_ == VOLUME else None
        if not isinstance(wanted, int | float) or wanted <= GP3_MIBPS_MAX:
            return None
        if wanted not in told:
            told.append(wanted)
            pulumi.log.warn(
                f"the rehearsal's provider is older than pulumi-aws and takes at most {GP3_MIBPS_MAX} MiB/s for a "
                f"gp3 volume: {GP3_MIBPS_MAX} here where AWS gets {wanted:g}"
            )
        return pulumi.ResourceTransformationResult(props={**args.props, "throughput": GP3_MIBPS_MAX}, opts=args.opts)

    pulumi.runtime.register_stack_transformation(transformation)
