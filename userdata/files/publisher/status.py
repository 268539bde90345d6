"""The line of status that the publisher prints each minute, for `ops status`. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .derived import CACHE_USED, RUNNING, WAITING
from .exposition import Exposition

BEGIN = "vllm: status "
GENERATED = "vllm:generation_tokens_total"


def status_line(
    *, seen: Exposition | None, up: bool | None, tokens_per_s: float | None, facts: Mapping[str, str | None]
) -> str:
    """``seen``: the last look at vLLM, None when it did not answer; ``facts``: version and launch template version.
    What is unknown is null."""
    of = seen or Exposition()
    used = of.largest(CACHE_USED)
    status = {
        "running": _whole(of.total(RUNNING)),
        "waiting": _whole(of.total(WAITING)),
        "tokens_per_s": None if tokens_per_s is None else round(tokens_per_s, 1),
        "kv_cache_used": None if used is None else round(used, 3),
        "up": up,
        "version": facts.get("version") or "",
        "launch_template_version": facts.get("launch_template_version"),
    }
    return BEGIN + json.dumps(status)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
