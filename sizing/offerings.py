"""Where AWS offers an instance type, as far as that is known offline: regions, and zones by their letters.

AWS shuffles the letters of zones in each account. How many zones offer a type holds everywhere; which ones is a hint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Offerings:
    """``regions``: region -> type -> letters of the zones that offer it. A region that is not there is not known."""

    regions: Mapping[str, Mapping[str, str]]
    date: str

    def knows(self, region: str) -> bool:
        return region in self.regions

    def zones(self, instance_type: str, *, region: str) -> tuple[str, ...] | None:
        """Names of the zones; empty when the region does not offer the type, None when the region is not known."""
        if not self.knows(region):
            return None
        return tuple(region + letter for letter in self.regions[region].get(instance_type, ""))

    def zone_count(self, instance_type: str, *, region: str) -> int | None:
        types = self.regions.get(region)
        return None if types is None else len(types.get(instance_type, ""))

    def regions_of(self, instance_type: str, *, near: str, zones: int = 1) -> tuple[str, ...]:
        """Regions that offer the type in ``zones`` zones or more, those of the continent of ``near`` first."""
        found = [region for region, types in self.regions.items() if len(types.get(instance_type, "")) >= zones]
        return tuple(sorted(found, key=lambda region: (_continent(region) != _continent(near), region)))


NOWHERE_KNOWN = Offerings(regions=MappingProxyType({}), date="")
"""For a plan of a region that could not be read: nothing is known, so nothing is left out."""


def offerings_of(document: Mapping[str, Any]) -> Offerings:
    """From the rows of ``sizing/data/offerings.json``."""
    regions: dict[str, dict[str, str]] = {}
    for row in document["offerings"]:
        regions.setdefault(row["region"], {}).update(dict.fromkeys(row["types"], row["zones"]))
    return Offerings(regions=regions, date=document["date"])


def _continent(region: str) -> str:
    return region.partition("-")[0]
