"""What the cache has beyond what is asked, and whether that is more than the prediction may be off."""

from __future__ import annotations

from sizing.error_band import kv_cache_band
from sizing.machines import Candidate
from sizing.memory import request_gib
from sizing.plan import Finding


def band_gib(option: Candidate) -> float:
    """GiB per GPU by which the predicted KV cache may be off, either way."""
    return option.memory.kv_cache_gib - kv_cache_band(option.model, option.launch, option.memory).low_gib


def margin_gib(option: Candidate) -> float:
    """GiB per GPU of cache beyond one request of the full length, and beyond the requests asked for at a time."""
    launch, demand = option.launch, option.demand
    longest = request_gib(option.model, launch, tokens=demand.max_model_len)
    all_typical = demand.concurrency * request_gib(option.model, launch, tokens=demand.typical_tokens)
    return option.memory.kv_cache_gib - max(longest, all_typical)


def about_margin(option: Candidate) -> list[Finding]:
    """A warning where the plan is right only if the prediction is."""
    margin, band, demand = margin_gib(option), band_gib(option), option.demand
    if margin >= band:
        return []
    one = request_gib(option.model, option.launch, tokens=demand.max_model_len)
    fails = one > option.memory.kv_cache_gib - band
    effect = "vLLM may refuse to start" if fails else "fewer requests than asked may fit at once"
    return [
        Finding(
            level="WARNING",
            id="margin-inside-error-band",
            message=f"the cache is {margin:.2f} GiB per GPU larger than what is asked takes; its prediction is good "
            f"to {band:.2f} GiB: {effect}. Lower serving.maxModelLen or serving.concurrency, or take more GPU memory",
        )
    ]
