"""The command line of the pinned vLLM, as captured from it by ``tools/vllm_flags.py``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from sizing.catalog import DATA

PINNED_VERSION = "0.32.0"

Kind = Literal["flag", "value", "optional", "int", "count", "float", "json", "list", "repeat"]


@dataclass(frozen=True, kw_only=True)
class Flag:
    """Kinds are explained in ``tools/vllm_flags.py``; ``of``: of each value where the flag takes several or none."""

    name: str  # without dashes
    kind: Kind
    of: Kind = "value"
    choices: tuple[str, ...] = ()  # empty: any value
    negatable: bool = False  # --no-NAME exists


@dataclass(frozen=True, kw_only=True)
class FlagSet:
    version: str
    flags: tuple[Flag, ...]
    aliases: tuple[tuple[str, str], ...]  # other spelling -> name
    kv_cache_dtypes: tuple[str, ...]
    quantizations: tuple[tuple[str, float], ...]  # method, lowest compute capability; 0: not said

    def find(self, name: str) -> Flag | None:
        """The flag of that spelling, dashes or underscores."""
        return self._by_spelling.get(name.replace("_", "-"))

    @cached_property
    def _by_spelling(self) -> dict[str, Flag]:
        named = {flag.name: flag for flag in self.flags}
        return {**{spelling: named[name] for spelling, name in self.aliases}, **named}

    def capability_of(self, quantization: str) -> float | None:
        """Lowest compute capability of a method; None when this vLLM does not know the method."""
        return dict(self.quantizations).get(quantization)


@cache
def pinned_flags() -> FlagSet:
    document = json.loads((DATA / f"vllm-{PINNED_VERSION}-flags.json").read_text())
    flags, aliases = [], []
    for name, fact in document["flags"].items():
        choices = tuple(fact.get("choices", ()))
        spellings = [spelling.removeprefix("--") for spelling in fact["spellings"]]
        flags.append(
            Flag(
                name=name,
                kind=fact["kind"],
                of=fact.get("of", "value"),
                choices=choices,
                negatable=f"no-{name}" in spellings,
            )
        )
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
