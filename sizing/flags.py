"""The command line of the pinned vLLM, as captured from it by ``tools/vllm_flags.py``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Literal

from sizing.catalog import DATA

PINNED_VERSION = "0.32.0"

Kind = Literal["flag", "value", "int", "float", "list", "repeat", "json"]


@dataclass(frozen=True, kw_only=True)
class Flag:
    name: str  # without dashes
    kind: Kind
    choices: tuple[str, ...]  # empty: any value


@dataclass(frozen=True, kw_only=True)
class FlagSet:
    version: str
    flags: tuple[Flag, ...]
    aliases: tuple[tuple[str, str], ...]  # other spelling -> name
    kv_cache_dtypes: tuple[str, ...]
    quantizations: tuple[tuple[str, float], ...]  # method, lowest compute capability; 0: not said

    def find(self, name: str) -> Flag | None:
        """The flag of that spelling, dashes or underscores."""
        spelling = name.replace("_", "-")
        wanted = dict(self.aliases).get(spelling, spelling)
        return next((flag for flag in self.flags if flag.name == wanted), None)

    def capability_of(self, quantization: str) -> float | None:
        """Lowest compute capability of a method; None when this vLLM does not know the method."""
        return dict(self.quantizations).get(quantization)


@cache
def pinned_flags() -> FlagSet:
    document = json.loads((DATA / f"vllm-{PINNED_VERSION}-flags.json").read_text())
    flags, aliases = [], []
    for name, fact in document["flags"].items():
        flags.append(Flag(name=name, kind=fact["kind"], choices=tuple(fact.get("choices", ()))))
        spellings = [spelling.removeprefix("--") for spelling in fact["spellings"]]
        aliases += [(spelling, name) for spelling in spellings if spelling != name]
    return FlagSet(
        version=document["vllm_version"],
        flags=tuple(flags),
        aliases=tuple(aliases),
        kv_cache_dtypes=tuple(document["kv_cache_dtypes"]),
        quantizations=tuple(
            (method, floor or 0.0) for method, floor in document["quantization_min_capability"].items()
        ),
    )
