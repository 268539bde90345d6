"""A certificate for the endpoint's name, which AWS issues and renews by itself as long as its record stands."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags

RECORD_TTL_S = 300
WAIT = "30m"
"""For the record to be seen: "within several minutes" (ACM user guide, "DNS validation"), never for a zone that no
parent delegates to. The provider's own limit is 75 minutes."""


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """``zone_id``: the public hosted zone that ``domain`` is in."""

    domain: str
    zone_id: str
    tags: Tags


class Certificate(pulumi.ComponentResource):
    """``arn`` is known once the certificate is issued: a listener takes no other."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            name,
            domain_name=args.domain,
            validation_method="DNS",
            tags=args.tags.named("endpoint"),
            opts=child,
        )
        # One name, so one record. It is the same for every certificate of this name in this account.
        wanted = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{name}-validation",
            zone_id=args.zone_id,
            name=wanted.resource_record_name,
            type=wanted.resource_record_type,
            records=[wanted.resource_record_value],
            ttl=RECORD_TTL_S,
            allow_overwrite=True,
            opts=child,
        )
        validation = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            opts=pulumi.ResourceOptions(parent=self, custom_timeouts=pulumi.CustomTimeouts(create=WAIT)),
        )
        self.arn = validation.certificate_arn
        self.register_outputs({"arn": self.arn})
