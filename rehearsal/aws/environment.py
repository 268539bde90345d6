"""The environment of a process that may only reach the emulated AWS.

A rehearsal must be harmless on a machine that holds real credentials, so everything a cloud SDK could pick up
is taken out of the environment before anything of ours is put in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

REGION = "us-east-1"

# A key id of the length AWS uses would look real in a log; this one cannot.
FAKE_KEY = "rehearsal"

_CREDENTIAL_PREFIXES = (
    "AWS_",
    "AMAZON_",
    "AZURE_",
    "ARM_",
    "GOOGLE_",
    "GCLOUD_",
    "CLOUDSDK_",
    "OCI_",
    "BOTO_",
)
_CREDENTIALS = ("PULUMI_ACCESS_TOKEN", "PULUMI_CREDENTIALS_PATH", "BOTO_CONFIG", "SSH_AUTH_SOCK")
_LOOPBACK = ("127.0.0.1", "localhost")


def aws_environment(*, endpoint: str, region: str = REGION) -> dict[str, str]:
    """Variables that point every AWS SDK, the AWS CLI and the Terraform provider at ``endpoint``.

    The profile files become the null device and the metadata service is off, so that no credentials but the
    fake ones are ever found (botocore documentation, "Configuration": AWS_CONFIG_FILE,
    AWS_SHARED_CREDENTIALS_FILE, AWS_EC2_METADATA_DISABLED, AWS_ENDPOINT_URL).
    """
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": FAKE_KEY,
        "AWS_SECRET_ACCESS_KEY": FAKE_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def clean_environment(base: Mapping[str, str], *, endpoint: str, region: str = REGION) -> dict[str, str]:
    """``base`` without any cloud credential or endpoint of its own, and with the emulated AWS in their place.

    Loopback is also taken out of the reach of a configured proxy: a proxy would send the request elsewhere.
    """
    kept = {
        name: value
        for name, value in base.items()
        if name not in _CREDENTIALS and not name.startswith(_CREDENTIAL_PREFIXES)
    }
    exempt = [host for name in ("NO_PROXY", "no_proxy") for host in kept.get(name, "").split(",") if host]
    no_proxy = ",".join(dict.fromkeys([*exempt, *_LOOPBACK]))
    return kept | {"NO_PROXY": no_proxy, "no_proxy": no_proxy} | aws_environment(endpoint=endpoint, region=region)
