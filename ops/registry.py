"""Which image a registry means by a tag: its digest, by the registry's HTTP API v2 (OCI distribution specification).

A request without credentials is answered 401 with ``WWW-Authenticate: Bearer realm=...,service=...,scope=...``; the
realm gives out an anonymous token for public images. HEAD of a manifest does not count as a pull on Docker Hub.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from ops.errors import OpsError, failure
from ops.http_call import LOOPBACK_NAMES, Answer, UnreachableError, call

DOCKER_HUB = "registry-1.docker.io"
DOCKER_HUB_NAMES = ("docker.io", "index.docker.io", DOCKER_HUB)
TIMEOUT_S = 20.0
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
PRIVATE_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


@dataclass(frozen=True, kw_only=True)
class Repository:
    """``host`` may have a port; ``name`` is the path of the image there."""

    host: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Repository:
        """As the container engine reads it: without a host it is Docker Hub's, without an owner its library's."""
        host, slash, rest = text.partition("/")
        if not slash or not (host == "localhost" or "." in host or ":" in host):
            host, rest = DOCKER_HUB, text
        elif host in DOCKER_HUB_NAMES:
            host = DOCKER_HUB
        return cls(host=host, name=f"library/{rest}" if host == DOCKER_HUB and "/" not in rest else rest)

    @property
    def scheme(self) -> str:
        """Container engines, too, speak http to a registry on this machine only."""
        return "http" if urlsplit(f"//{self.host}").hostname in LOOPBACK_NAMES else "https"

    def manifest_url(self, tag: str) -> str:
        return f"{self.scheme}://{self.host}/v2/{self.name}/manifests/{tag}"


def digest_of(repository: str, *, tag: str) -> str:
    """``sha256:...`` of the image (of all its architectures, where it has several). OpsError when there is none.

    ``tag`` may be a digest: whether it is there.
    """
    where = Repository.parse(repository)
    if private := PRIVATE_ECR.fullmatch(where.host):
        from ops.registry_ecr import ecr_digest

        return ecr_digest(account=private["account"], region=private["region"], name=where.name, tag=tag)
    image = f"{repository}{'@' if DIGEST.fullmatch(tag) else ':'}{tag}"
    answer = _ask(where, tag=tag, token=None, image=image)
    if answer.status == 401:
        answer = _ask(where, tag=tag, token=_token(where, answer, image=image), image=image)
    digest = answer.headers.get("docker-content-digest", "")
    if answer.status == 200 and DIGEST.fullmatch(digest):
        return digest
    raise _refused(where, answer, image=image)


def _ask(where: Repository, *, tag: str, token: str | None, image: str) -> Answer:
    try:
        return call(
            where.manifest_url(tag), key=token, timeout_s=TIMEOUT_S, method="HEAD", headers={"Accept": MANIFESTS}
        )
    except UnreachableError as error:
        raise _unreachable(where.host, error, image=image) from None


def _token(where: Repository, answer: Answer, *, image: str) -> str:
    """An anonymous token for this image. OpsError where the registry wants a login."""
    scheme, _, rest = answer.headers.get("www-authenticate", "").partition(" ")
    fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    realm = fields.pop("realm", "")
    if scheme.lower() != "bearer" or not realm.startswith(("https://", f"{where.scheme}://")):
        raise _needs_login(where.host, image=image)
    fields.setdefault("scope", f"repository:{where.name}:pull")
    try:
        given = call(f"{realm}?{urlencode(fields)}", key=None, timeout_s=TIMEOUT_S)
    except UnreachableError as error:
        raise _unreachable(realm, error, image=image) from None
    body = given.body if isinstance(given.body, dict) else {}
    token = body.get("token") or body.get("access_token")
    if given.status != 200 or not isinstance(token, str):
        raise _needs_login(where.host, image=image)
    return token


def _unreachable(host: str, error: UnreachableError, *, image: str) -> OpsError:
    return failure(
        path="image registry",
        given=f"{host}: {error}",
        message=f"the digest of {image} could not be asked for: is the registry reachable from here (proxy)?",
    )


def _needs_login(host: str, *, image: str) -> OpsError:
    return failure(
        path="image registry",
        given=host,
        message=f"it gives {image} only to those who log in (or has no such image): set image.digest by hand",
        example=f"docker buildx imagetools inspect {image}",
    )


def _refused(where: Repository, answer: Answer, *, image: str) -> OpsError:
    if answer.status in (401, 403):
        return _needs_login(where.host, image=image)
    if answer.status == 404:
        message = f"there is no image {image}: check image.repository and image.tag"
    elif answer.status == 429:
        message = "too many requests from this address: try again later"
    else:
        message = f"the digest of {image} could not be read"
    return failure(path="image registry", given=f"{where.host}: HTTP {answer.status}", message=message)
