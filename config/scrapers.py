"""Rules of ``monitoring.scrapeFrom``: security groups and networks that may read the hosts' metrics."""

from __future__ import annotations

import re

from config.rules import lets_everyone_in

SCRAPERS_MAX = 20  # a security group has 60 rules at most, and the hosts' has others
_SECURITY_GROUP = r"sg-(?:[0-9a-f]{8}|[0-9a-f]{17})"


def scraper(value: str) -> str:
    if is_security_group(value):
        if not re.fullmatch(_SECURITY_GROUP, value):
            raise ValueError("a security group's id is sg- and 8 or 17 hexadecimal digits")
    elif lets_everyone_in(value):
        raise ValueError("this lets in every address: name the network, or the security group, of your Prometheus")
    return value


def is_security_group(value: str) -> bool:
    """Of the two things that can be named; the other is a network."""
    return value.startswith("sg-")


def scrapers(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) != len(value):
        raise ValueError("one is named twice, and AWS refuses the same rule twice")
    return value
