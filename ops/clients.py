"""AWS clients in the stack's region, and AWS's refusals in words that say what to do."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.loaders import Loader, create_loader
from botocore.utils import is_valid_endpoint_url

from ops.errors import OpsError, failure

CONNECT_TIMEOUT_S, READ_TIMEOUT_S, MAX_ATTEMPTS = 5, 30, 5
_EXPIRED = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
}
_UNUSABLE = (
    CredentialRetrievalError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
"""What the SDK says of credentials before it asks AWS: none, half of them, or a login that has ended."""
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


def session(region: str) -> boto3.session.Session:
    """A session for the person's own credentials; AWS_ENDPOINT_URL is honoured by its clients.

    OpsError when this machine's configuration of the SDK is unusable; its clients would raise that one by one.
    """
    core = botocore.session.get_session()
    core.register_component("data_loader", _service_models())
    with aws_errors("read the AWS configuration of this machine"):
        core.get_scoped_config()
    _check_endpoints(os.environ)
    return boto3.session.Session(botocore_session=core, region_name=region)


def _check_endpoints(environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if name.startswith("AWS_ENDPOINT_URL") and value and not is_valid_endpoint_url(value):
            raise failure(
                path=name,
                given=value,
                message="this is not the address of an AWS endpoint: correct it, or unset it",
                example=f"unset {name}",
            )


@functools.cache
def _service_models() -> Loader:
    """One for all sessions: reading a service's model takes longer than most calls to it."""
    return create_loader(os.environ.get("AWS_DATA_PATH"))


def client_config() -> Config:
    """Short timeouts: these are tools that somebody watches."""
    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
    )


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Turn whatever AWS or the SDK raises inside into an OpsError; ``doing`` completes "could not"."""
    try:
        yield
    except ClientError as error:
        raise _refused(error, doing) from error
    except _UNUSABLE as error:
        raise failure(
            path="AWS credentials",
            given=str(error),
            message=f"could not {doing}: no usable credentials",
            example="export AWS_PROFILE=... (or aws sso login)",
        ) from error
    except ConnectionError as error:
        raise failure(
            path="AWS",
            given=str(error),
            message=f"could not {doing}: AWS cannot be reached; check network, proxy (HTTPS_PROXY) and region",
        ) from error
    except (NoRegionError, BotoCoreError) as error:
        raise failure(path="AWS", given=str(error), message=f"could not {doing}") from error


def _refused(error: ClientError, doing: str) -> OpsError:
    details = error.response.get("Error", {})
    code, text = details.get("Code", ""), details.get("Message", "")
    if code in _EXPIRED:
        return failure(
            path="AWS credentials",
            given=code,
            message=f"could not {doing}: the credentials have expired or are not valid",
            example="aws sso login",
        )
    if code in _DENIED:
        return failure(
            path="AWS permissions",
            given=text,
            message=f"could not {doing}: your role may not call {error.operation_name}",
        )
    return failure(path="AWS", given=f"{code}: {text}", message=f"could not {doing}")


def code_of(error: ClientError) -> str:
    """AWS's name for what went wrong."""
    return error.response.get("Error", {}).get("Code", "")
