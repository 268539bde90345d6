"""What would make the plan cheaper or larger, where nothing of it was asked for; and what limits it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from config.models import StackConfig
from sizing.choice_view import machine_of, one_per_kind, running
from sizing.choose import fit_of, most_seqs
from sizing.machines import Candidate, cheaper_than
from sizing.media import NO_DOMAIN, is_multimodal
from sizing.own_values import NATIVE_FP8
from sizing.parallel import objections
from sizing.plan import Argument, Finding
from sizing.throughput import FAST, SLOW, exchange_share

TRIED = 2  # kinds of machine


def about_chances(
    config: StackConfig, chosen: Candidate, *, options: tuple[Candidate, ...], arguments: tuple[Argument, ...]
) -> list[Finding]:
    found = (
        _over_pcie(chosen),
        *_smaller_cache(config, chosen, options),
        _smaller_weights(config, chosen, options),
        *_media(chosen, arguments),
    )
    return [finding for finding in found if finding is not None]


def _info(ident: str, message: str) -> Finding:
    return Finding(level="INFO", id=ident, message=message)


def _over_pcie(chosen: Candidate) -> Finding | None:
    tp, gpu = chosen.tensor_parallel_size, chosen.gpu
    if tp == 1 or gpu.nvlink:
        return None
    shares = [
        exchange_share(chosen.model, machine_of(chosen), running=running(chosen), reach=reach) for reach in (FAST, SLOW)
    ]
    return Finding(
        level="WARNING",
        id="tensor-parallel-over-pcie",
        message=f"{tp} x {gpu.name} have no NVLink: after every layer they exchange results over PCIe, about "
        f"{min(shares):.0%} to {max(shares):.0%} of each decoding step and more of long prompts; fewer GPUs with more "
        "memory each, or a quantised model, avoid that",
    )


def _cheaper(chosen: Candidate, options: tuple[Candidate, ...]) -> list[Candidate]:
    """The cheapest of each kind that is too small as it is and computes in FP8, those with the most memory first."""
    cheaper = [
        o for o in cheaper_than(chosen, options) if o.offered and o.gpu.compute_capability >= NATIVE_FP8 and not o.holds
    ]
    roomy = sorted(one_per_kind(cheaper), key=lambda o: -o.gpu.visible_gib * o.tensor_parallel_size)
    return roomy[:TRIED]


def _smaller_cache(config: StackConfig, chosen: Candidate, options: tuple[Candidate, ...]) -> Iterator[Finding]:
    if chosen.demand.kv_cache_dtype is not None or chosen.gpu.compute_capability < NATIVE_FP8:
        return
    demand = replace(chosen.demand, kv_cache_dtype="fp8")
    if config.compute.instance_type == "auto":
        better = [o for o in _cheaper(chosen, options) if o.asked(demand).holds]
        if better:
            least = min(better, key=lambda option: option.hourly_usd)
            yield _info(
                "fp8-cache-would-be-cheaper", f"serving.kvCacheDtype: fp8 halves the cache, and {_words(least)}"
            )
            return
    tried = fit_of(chosen.model, chosen.gpu, tensor_parallel_size=chosen.tensor_parallel_size, demand=demand)
    now, then = chosen.launch.max_num_seqs, tried.launch.max_num_seqs
    if now < most_seqs(chosen.gpu, chosen.demand) and then > now:
        yield _info(
            "fp8-cache-would-hold-more",
            f"the cache limits what runs at a time to {now:,}; serving.kvCacheDtype: fp8 would hold {then:,}",
        )


def _smaller_weights(config: StackConfig, chosen: Candidate, options: tuple[Candidate, ...]) -> Finding | None:
    model = chosen.model
    if model.quantization or chosen.demand.quantization or config.compute.instance_type != "auto":
        return None
    demand = replace(chosen.demand, quantization="fp8")
    better = [
        o
        for o in _cheaper(chosen, options)
        if not objections(model, o.tensor_parallel_size, quantization="fp8") and o.asked(demand).holds
    ]
    if not better:
        return None
    least = min(better, key=lambda option: option.hourly_usd)
    return _info("fp8-would-be-cheaper", f"model.quantization: fp8 halves the weights: {_words(least)}")


def _words(option: Candidate) -> str:
    return (
        f"{option.instance.instance_type} ({option.gpu_count_and_name}) would hold what is asked, for "
        f"{option.hourly_usd:.4g} USD an hour"
    )


def _media(chosen: Candidate, arguments: tuple[Argument, ...]) -> Iterator[Finding]:
    if not is_multimodal(chosen.model):
        return
    if any(argument.name == "--allowed-media-domains" and argument.value == NO_DOMAIN for argument in arguments):
        yield _info(
            "media-by-url-is-refused",
            "images and video reach the model inside requests (data: URLs); by URL only from hosts that "
            "serving.extraArgs.allowed-media-domains lists",
        )
    yield _info(
        "multimodal-memory",
        "vLLM keeps memory for the largest image or video; serving.extraArgs with limit-mm-per-prompt: "
        "'{\"video\": 0}' (images only) or language-model-only: true (text only) gives it to the cache",
    )
