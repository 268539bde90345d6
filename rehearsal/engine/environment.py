"""The environment and the stack settings of a rehearsed engine: nothing of the machine's AWS access passes,
and every endpoint is on loopback. An allow-list, because new credential variables keep appearing."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rehearsal.engine.rig import Rig

_PERSON = ("HOME", "LANG", "LOGNAME", "SHELL", "TZ", "USER")
_MACHINE = ("PATH", "VIRTUAL_ENV", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "DOCKER_HOST", "CI")
_TERMINAL = ("COLUMNS", "NO_COLOR", "TERM")
_BRIDGE = ("TFBRIDGE_CACHE_DIR", "TFBRIDGE_LOG", "TFBRIDGE_TIMEOUT")
KEPT = frozenset(_PERSON + _MACHINE + _TERMINAL + _BRIDGE)
# Settings of the user's `aws:` provider that a rehearsal keeps. The rest is about accounts and access.
KEPT_SETTINGS = frozenset({"aws:region", "aws:defaultTags", "aws:ignoreTags"})
_STORES = ("kms", "logs", "s3", "secretsmanager", "sns", "ssm")
SERVICES = ("autoscaling", "cloudwatch", "ec2", "elbv2", "events", "iam", "sts", *_STORES)


class NotLoopbackError(RuntimeError):
    """A rehearsal was about to get an endpoint outside this machine. It stops before the engine starts."""


def engine_environment(*, base: Mapping[str, str], rig: Rig, aws: Mapping[str, str], work_dir: Path) -> dict[str, str]:
    """The whole environment of the engine, its plugins and `ops` verbs that act on the rehearsed stack.

    base: this process's variables, of which only KEPT pass; aws: what points AWS clients at the emulator.
    Raises NotLoopbackError when ``aws`` names an endpoint elsewhere or none at all.
    """
    if not aws.get("AWS_ENDPOINT_URL"):
        raise NotLoopbackError("AWS_ENDPOINT_URL is not set: clients would go to AWS itself")
    require_loopback(value for name, value in aws.items() if name.startswith("AWS_ENDPOINT_URL"))
    kept = {name: value for name, value in base.items() if name in KEPT or name.startswith("LC_")}
    folders = [str(rig.plugin_dir)] if rig.plugin_dir else []
    path = os.pathsep.join([*folders, str(rig.pulumi.parent), kept.get("PATH", os.defpath)])
    environment = (
        kept
        | dict(aws)
        | {
            "PATH": path,
            "AWS_CONFIG_FILE": os.devnull,  # profiles may carry credentials, roles and endpoints
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1,localhost",
            "PULUMI_BACKEND_URL": (work_dir / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "rehearsal",  # of a state that is temporary and holds nothing real
            "PULUMI_HOME": str(work_dir / "pulumi-home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "TMPDIR": str(work_dir / "tmp"),  # an interrupted provider leaves its socket behind
        }
    )
    if rig.terraform_provider is not None:
        environment |= {
            "TFBRIDGE_AWS_PROVIDER": str(rig.terraform_provider),
            "TFBRIDGE_PYTHON": sys.executable,
        }
    return environment


def provider_settings(*, environment: Mapping[str, str]) -> dict[str, Any]:
    """`aws:` stack settings that say the same as the environment: a provider reads whichever it prefers."""
    endpoint = environment["AWS_ENDPOINT_URL"]
    require_loopback([endpoint])
    return {
        "aws:accessKey": environment["AWS_ACCESS_KEY_ID"],
        "aws:secretKey": environment["AWS_SECRET_ACCESS_KEY"],
        "aws:endpoints": [dict.fromkeys(SERVICES, endpoint)],
        "aws:s3UsePathStyle": True,
        "aws:skipCredentialsValidation": True,
        "aws:skipMetadataApiCheck": True,
    }


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
