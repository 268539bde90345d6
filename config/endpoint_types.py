"""The types of the endpoint: its name, its certificate, how often one may ask."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from config import rules
from config.types import Says

Domain = Annotated[
    str,
    AfterValidator(rules.domain),
    Says("the host name that clients use and the certificate is for", "llm.example.com"),
]
HostedZoneId = Annotated[
    str,
    Field(pattern=r"^Z[A-Z0-9]{1,31}$"),
    Says("the id of a public hosted zone in Route 53: Z, then capital letters and digits", rules.EXAMPLE_ZONE),
]
RequestsPer5Minutes = Annotated[
    int,
    Field(ge=rules.RATE_MIN, le=rules.RATE_MAX),
    Says(f"a whole number of requests in 5 minutes, {rules.RATE_MIN} to {rules.RATE_MAX}", "600"),
]
CertificateArn = Annotated[
    str,
    AfterValidator(rules.certificate_arn),
    Says(
        "the ARN of a certificate in AWS Certificate Manager",
        rules.example_certificate("us-east-1"),
    ),
]
