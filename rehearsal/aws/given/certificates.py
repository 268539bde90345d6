"""A certificate that is issued, in the region of its ARN.

CreateListener, Certificates: "[HTTPS and TLS listeners] The default certificate for the listener"; error
CertificateNotFound: "The specified certificate does not exist." ELB user guide, "SSL certificates for your Application
Load Balancer": "The certificate must be in the same Region as the load balancer."
"""

from __future__ import annotations

from moto.acm.models import CertBundle, acm_backends

from rehearsal.aws.given.chosen import ACCOUNT, region_of


def make_certificate(arn: str, *, domain: str = "rehearsal.test") -> None:
    region = region_of(arn)
    held = acm_backends[ACCOUNT][region]._certificates
    if arn not in held:
        certificate = CertBundle.generate_cert(domain, account_id=ACCOUNT, region=region)
        certificate.arn, certificate.status = arn, "ISSUED"
        held[arn] = certificate
