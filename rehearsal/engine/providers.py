"""What the engine's providers talk to in a rehearsal: an AWS on loopback, or a container engine on this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_STORES = ("kms", "logs", "s3", "secretsmanager", "sns", "ssm")
SERVICES = ("amp", "autoscaling", "budgets", "cloudwatch", "ec2", "ecr", "elbv2", "events", "iam", "sts", *_STORES)


class NotLoopbackError(RuntimeError):
    """A rehearsal was about to get an endpoint outside this machine. It stops before the engine starts."""


@dataclass(frozen=True, kw_only=True)
class Providers:
    """The same said twice, because a provider reads whichever it prefers: as environment and as stack settings."""

    environment: Mapping[str, str]
    settings: Mapping[str, Any]


def emulated_aws(environment: Mapping[str, str]) -> Providers:
    """``environment``: what points AWS clients at the emulator.

    Raises NotLoopbackError when it names an endpoint elsewhere or none at all.
    """
    endpoint = environment.get("AWS_ENDPOINT_URL")
    if not endpoint:
        raise NotLoopbackError("AWS_ENDPOINT_URL is not set: clients would go to AWS itself")
    require_loopback(value for name, value in environment.items() if name.startswith("AWS_ENDPOINT_URL"))
    settings = {
        "aws:accessKey": environment["AWS_ACCESS_KEY_ID"],
        "aws:secretKey": environment["AWS_SECRET_ACCESS_KEY"],
        "aws:endpoints": [dict.fromkeys(SERVICES, endpoint)],
        "aws:s3UsePathStyle": True,
        "aws:skipCredentialsValidation": True,
        "aws:skipMetadataApiCheck": True,
    }
    return Providers(environment=environment, settings=settings)


def container_engine(host: str) -> Providers:
    """``host``: as DOCKER_HOST has it. Raises NotLoopbackError for an engine that is reached over a network."""
    if urlsplit(host).scheme != "unix":
        raise NotLoopbackError(f"{host} is no socket of this machine")
    return Providers(environment={"DOCKER_HOST": host}, settings={"docker:host": host})


def require_loopback(urls: Iterable[str]) -> None:
    """Raises NotLoopbackError for a URL whose host is anything but a loopback address written as a number."""
    for url in urls:
        host = urlsplit(url).hostname or ""
        try:
            loopback = ipaddress.ip_address(host).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise NotLoopbackError(f"{url} is not on this machine; rehearsals only talk to loopback addresses")
