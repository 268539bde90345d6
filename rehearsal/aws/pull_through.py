"""Rules of ECR's pull-through cache, of which moto has none.

CreatePullThroughCacheRule: "Creates a pull through cache rule. A pull through cache rule provides a way to cache images
from an upstream registry source in your Amazon ECR private registry." The prefix has 2 to 30 characters; for Docker Hub
a secret is needed, whose name begins with ``ecr-pullthroughcache/``. Nothing is pulled here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse

from rehearsal.aws.patch import add, kept

_PREFIX = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)*")
_NEEDS_SECRET = frozenset({"registry-1.docker.io", "ghcr.io", "registry.gitlab.com"})


class InvalidParameterException(ServiceException):
    code = "InvalidParameterException"


class PullThroughCacheRuleAlreadyExistsException(ServiceException):
    code = "PullThroughCacheRuleAlreadyExistsException"


class PullThroughCacheRuleNotFoundException(ServiceException):
    code = "PullThroughCacheRuleNotFoundException"


class UnsupportedUpstreamRegistryException(ServiceException):
    code = "UnsupportedUpstreamRegistryException"


def install() -> None:
    add(
        ECRResponse,
        create_pull_through_cache_rule=_create,
        delete_pull_through_cache_rule=_delete,
        describe_pull_through_cache_rules=_describe,
        update_pull_through_cache_rule=_update,
    )


def _create(self: Any) -> ActionResult:
    prefix, upstream = self._get_param("ecrRepositoryPrefix"), self._get_param("upstreamRegistryUrl")
    if not 2 <= len(prefix) <= 30 or not _PREFIX.fullmatch(prefix):
        raise InvalidParameterException(f"Invalid parameter at 'ecrRepositoryPrefix': {prefix}")
    if prefix in _rules(self):
        raise PullThroughCacheRuleAlreadyExistsException(f"A pull through cache rule with prefix '{prefix}' exists")
    now = datetime.now(tz=UTC)
    rule = {
        "ecrRepositoryPrefix": prefix,
        "upstreamRegistryUrl": upstream,
        "registryId": self.current_account,
        "credentialArn": _credential(self, upstream=upstream),
        "createdAt": now,
        "updatedAt": now,
    }
    _rules(self)[prefix] = rule
    return ActionResult(rule)


def _describe(self: Any) -> ActionResult:
    wanted = self._get_param("ecrRepositoryPrefixes")
    rules = [_rule(self, prefix) for prefix in wanted] if wanted else list(_rules(self).values())
    return ActionResult({"pullThroughCacheRules": rules})


def _update(self: Any) -> ActionResult:
    rule = _rule(self, self._get_param("ecrRepositoryPrefix"))
    rule |= {
        "credentialArn": _credential(self, upstream=rule["upstreamRegistryUrl"]),
        "updatedAt": datetime.now(tz=UTC),
    }
    return ActionResult(rule)


def _delete(self: Any) -> ActionResult:
    rule = _rule(self, self._get_param("ecrRepositoryPrefix"))
    del _rules(self)[rule["ecrRepositoryPrefix"]]
    return ActionResult(rule)


def _rules(response: Any) -> dict[str, Any]:
    return kept(response.ecr_backend, "pull_through_rules")


def _rule(response: Any, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] | None = _rules(response).get(prefix)
    if found is None:
        raise PullThroughCacheRuleNotFoundException(f"No pull through cache rule has the prefix '{prefix}'")
    return found


def _credential(response: Any, *, upstream: str) -> str | None:
    arn: str | None = response._get_param("credentialArn")
    if upstream in _NEEDS_SECRET and arn is None:
        raise UnsupportedUpstreamRegistryException(f"The upstream registry {upstream} needs a credential")
    if arn is not None and ":secret:ecr-pullthroughcache/" not in arn:
        raise InvalidParameterException("The secret's name must begin with 'ecr-pullthroughcache/'")
    return arn
