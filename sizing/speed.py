"""Rough speed of one replica, only as good as the timers need it: upper bounds on how long requests take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sizing.machines import Candidate
from sizing.model_spec import ModelSpec
from sizing.weights import GIB, active_parameter_count

PREFILL_EFFICIENCY = 0.4  # of the datasheet's dense 16-bit rate, which prompts reach on long batches
BANDWIDTH_EFFICIENCY = 0.6  # of the datasheet's memory bandwidth, which decoding reaches


@dataclass(frozen=True, kw_only=True)
class Speed:
    """``slowest_first_token_s``: behind a cache full of prompts; ``longest_generation_s``: of a whole context."""

    slowest_first_token_s: float
    longest_generation_s: float

    @property
    def longest_answer_s(self) -> float:
        """From the request to its last token; all of it is silence for a client that does not stream."""
        return self.slowest_first_token_s + self.longest_generation_s


def speed_of(model: ModelSpec, option: Candidate) -> Speed:
    """Prefill is bound by arithmetic (2 operations per active parameter and token), decoding by memory reads."""
    gpus = option.launch.tensor_parallel_size
    operations = 2 * active_parameter_count(model) * option.memory.kv_cache_tokens
    prefill = operations / (option.gpu.tflops * 1e12 * gpus * PREFILL_EFFICIENCY)
    read = (option.memory.weights_gib + option.memory.kv_cache_gib) * GIB
    per_token = read / (option.gpu.bandwidth_gb_per_s * 1e9 * BANDWIDTH_EFFICIENCY)
    return Speed(
        slowest_first_token_s=prefill + per_token,
        longest_generation_s=option.launch.max_model_len * per_token,
    )


def slowest(speeds: Iterable[Speed]) -> Speed:
    """The worst of each."""
    found = tuple(speeds)
    return Speed(
        slowest_first_token_s=max(each.slowest_first_token_s for each in found),
        longest_generation_s=max(each.longest_generation_s for each in found),
    )
