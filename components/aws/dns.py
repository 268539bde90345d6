"""The endpoint's name: an alias of the load balancer in the user's zone, free of charge and right at its apex too."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class DomainNameArgs:
    """``balancer_zone_id``: of the zone that AWS keeps the load balancer's own name in."""

    domain: str
    zone_id: str
    balancer_dns_name: pulumi.Input[str]
    balancer_zone_id: pulumi.Input[str]


class DomainName(pulumi.ComponentResource):
    """An A record. It never overwrites one that is there: the name may serve something else."""

    def __init__(self, name: str, args: DomainNameArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:DomainName", name, None, opts)
        record = aws.route53.Record(
            name,
            zone_id=args.zone_id,
            name=args.domain,
            type="A",
            aliases=[
                aws.route53.RecordAliasArgs(
                    name=args.balancer_dns_name, zone_id=args.balancer_zone_id, evaluate_target_health=False
                )
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"fqdn": record.fqdn})
