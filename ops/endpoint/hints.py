"""Why an endpoint gives no answer, in words that say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from machine.names import Names
from ops.http_call import CertificateError, UnknownNameError, UnreachableError

if TYPE_CHECKING:
    from ops.outputs import Deployed


def explain(error: UnreachableError, *, base_url: str, stack: Deployed | None) -> str:
    """One line. ``stack``: whose own endpoint was called; None when the address was given on the command line."""
    host = urlsplit(base_url).hostname or base_url
    if isinstance(error, CertificateError):
        return _about_certificate(str(error), host=host)
    if isinstance(error, UnknownNameError):
        return f"no name server knows {host}" + _about_name(host, stack)
    return f"{error}" + _about_way(stack)


def _about_certificate(said: str, *, host: str) -> str:
    """``said``: OpenSSL's words, which are the same on every system."""
    if "mismatch" in said:
        return (
            f"the certificate is not for {host}: set vllm:endpoint.domain to the name that it is for, point a CNAME "
            "record of that name at the load_balancer_dns output, and pulumi up"
        )
    if "expired" in said:
        return f"the certificate of {host} has expired (ACM renews by itself only what it issued and can validate)"
    return f"this machine does not trust the certificate of {host} ({said}): SSL_CERT_FILE names a private authority's"


def _about_name(host: str, stack: Deployed | None) -> str:
    if stack is None or stack.config.endpoint.domain != host:
        return ""
    if stack.config.endpoint.hosted_zone_id is not None:
        return ": the record is made; name servers may take minutes to know it, and the zone must be a delegated one"
    return f": point a CNAME record of it at {stack.output('load_balancer_dns')}"


def _about_way(stack: Deployed | None) -> str:
    if stack is None:
        return ""
    if stack.config.target == "local":
        server = Names(stack.stack).server
        return f"; docker ps --filter name={server} shows whether it runs, docker logs {server} what it says"
    if stack.config.endpoint.exposure == "public":
        return "; vllm:endpoint.allowedCidrs must hold the address that you call from"
    return (
        f"; the endpoint is internal: from elsewhere, python -m ops tunnel --stack {stack.stack}, then here --base-url"
    )
