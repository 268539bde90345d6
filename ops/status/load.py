"""How busy a host says that it is. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Load:
    """How busy vLLM is, as its host said it ``at`` that time. None: not known then.

    ``kv_cache_used``: the part of the KV cache, 0 to 1. ``vllm``: its version. ``up``: vLLM answered.
    """

    at: datetime
    up: bool | None = None
    running: int | None = None
    waiting: int | None = None
    tokens_per_s: float | None = None
    kv_cache_used: float | None = None
    vllm: str = ""

    @classmethod
    def of(cls, message: str, *, at: datetime) -> Load | None:
        """Of a status line; None for what is none."""
        try:
            said = json.loads(message)
        except ValueError:
            return None
        if not isinstance(said, dict) or "running" not in said:
            return None
        running, waiting = _number(said.get("running")), _number(said.get("waiting"))
        return cls(
            at=at,
            up=said["up"] if isinstance(said.get("up"), bool) else None,
            running=None if running is None else int(running),
            waiting=None if waiting is None else int(waiting),
            tokens_per_s=_number(said.get("tokens_per_s")),
            kv_cache_used=_number(said.get("kv_cache_used")),
            vllm=str(said.get("version") or ""),
        )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
