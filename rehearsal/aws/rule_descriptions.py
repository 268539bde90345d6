"""Rules of security groups keep what they say of themselves also where they name a group or a prefix list.

API AuthorizeSecurityGroupIngress: UserIdGroupPairs and PrefixListIds have a Description, as IpRanges have; moto keeps
that of ranges only. A later change (ModifySecurityGroupRules) is moto's own and wins.
"""

from __future__ import annotations

import inspect
from typing import Any

from moto.ec2.models.security_groups import SecurityGroupRule

from rehearsal.aws.patch import Method, wrap

_KEPT = "_rehearsal_description"


def install() -> None:
    wrap(SecurityGroupRule, "__init__", _remembering)
    SecurityGroupRule.description = property(_description)  # type: ignore[assignment]


def _remembering(original: Method) -> Method:
    parameters = inspect.signature(original)

    def __init__(self: Any, *positional: Any, **named: Any) -> None:  # noqa: N807
        given = parameters.bind(self, *positional, **named).arguments
        sources = (given.get("source_group") or {}, given.get("prefix_list_id") or {})
        self.__dict__[_KEPT] = next((source["Description"] for source in sources if "Description" in source), None)
        original(self, *positional, **named)

    return __init__


def _description(self: Any) -> str | None:
    said: str | None = self.ip_range.get("Description") or self.__dict__.get(_KEPT)
    return said
