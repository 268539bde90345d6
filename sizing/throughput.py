"""How fast one replica is: a roofline estimate as a range, and what a million tokens cost.

A step of decoding reads the weights and the cache of every running request, computes one token for each, and with
tensor parallelism adds up the parts of each layer twice; whichever of reading and computing takes longer decides, and
the rest is added. Prompts are bound by arithmetic and take their time from the same GPU. The two ends of the range
are the two ends of what vLLM reaches of the datasheet's rates in public measurements: tests/sizing/throughput_rows.json
holds those, with their sources, and a test holds this module to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sizing.catalog import Gpu
from sizing.estimate import Range
from sizing.kv import full_layer_bytes, kv_element_bytes, windowed_layer_bytes
from sizing.launch import Launch
from sizing.model_spec import ModelSpec
from sizing.plan import Throughput
from sizing.weights import GIB, active_parameter_count, parts_of

ANSWER_SHARE = 0.25  # of a request's tokens; the rest is its prompt. ShareGPT has 0.48, chats with a system prompt less
TYPICAL_ANSWER_LIMIT = 1024  # tokens: a longer context is prompt, not answer
MILLION = 1e6


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Shares of the datasheet's rates that vLLM reaches, and what a step costs besides.

    ``step_s``: scheduling and launching of one step; ``token_s``: the host's work on each token (results, text, HTTP).
    ``nvlink`` and ``pcie``: of one all-reduce, GB/s and seconds of latency.
    """

    bandwidth: float
    decode_tflops: float
    prefill_tflops: float
    step_s: float
    token_s: float
    nvlink: tuple[float, float]
    pcie: tuple[float, float]


SLOW = Reach(
    bandwidth=0.50,
    decode_tflops=0.25,
    prefill_tflops=0.30,
    step_s=0.004,
    token_s=60e-6,
    nvlink=(100, 40e-6),
    pcie=(5, 120e-6),
)
FAST = Reach(
    bandwidth=0.90,
    decode_tflops=0.60,
    prefill_tflops=0.75,
    step_s=0.0005,
    token_s=5e-6,
    nvlink=(250, 15e-6),
    pcie=(12, 40e-6),
)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the model runs on: ``weights_gib`` of it on each GPU, as the memory model says."""

    gpu: Gpu
    launch: Launch
    weights_gib: float


@dataclass(frozen=True, kw_only=True)
class Load:
    """``running`` requests at a time, each of ``prompt_tokens`` and then ``answer_tokens``."""

    running: int
    prompt_tokens: int
    answer_tokens: int

    @property
    def mean_context(self) -> float:
        """Tokens that a running request holds, on average over its answer."""
        return self.prompt_tokens + self.answer_tokens / 2


def typical_load(*, running: int, typical_tokens: int) -> Load:
    """Of requests of ``typical_tokens``, of which a quarter, and at most 1024, is the answer."""
    answer = max(1, min(round(typical_tokens * ANSWER_SHARE), TYPICAL_ANSWER_LIMIT))
    return Load(running=running, prompt_tokens=max(typical_tokens - answer, 1), answer_tokens=answer)


@lru_cache(maxsize=16384)
def throughput_of(model: ModelSpec, machine: Machine, *, load: Load, hourly_usd: float | None) -> Throughput:
    """Of one replica with ``load`` all the time; ``hourly_usd`` of the instance, None where no price is listed."""
    slow, fast = (_rates(model, machine, load=load, reach=reach) for reach in (SLOW, FAST))
    tokens = load.prompt_tokens + load.answer_tokens
    usd = None
    if hourly_usd is not None:
        cheap, dear = (_usd(hourly_usd, rates.requests_per_s * tokens) for rates in (fast, slow))
        usd = Range(low=cheap, high=dear)
    return Throughput(
        running=load.running,
        prompt_tokens=load.prompt_tokens,
        answer_tokens=load.answer_tokens,
        requests_per_s=Range(low=slow.requests_per_s, high=fast.requests_per_s),
        decode_tokens_per_s=Range(
            low=slow.requests_per_s * load.answer_tokens, high=fast.requests_per_s * load.answer_tokens
        ),
        first_token_s=Range(low=fast.first_token_s, high=slow.first_token_s),
        answer_s=Range(low=load.running / fast.requests_per_s, high=load.running / slow.requests_per_s),
        usd_per_million_tokens=usd,
        usd_per_million_answer_tokens=None
        if usd is None
        else Range(low=usd.low * tokens / load.answer_tokens, high=usd.high * tokens / load.answer_tokens),
    )


def _usd(hourly_usd: float, tokens_per_s: float) -> float:
    return hourly_usd / 3600 / tokens_per_s * MILLION


@dataclass(frozen=True, kw_only=True)
class _Rates:
    requests_per_s: float
    first_token_s: float


def _rates(model: ModelSpec, machine: Machine, *, load: Load, reach: Reach) -> _Rates:
    """A request takes its prompt's time alone, and its share of the steps that all running requests share."""
    prompt_s = prefill_s(model, machine, tokens=load.prompt_tokens, reach=reach)
    one_step = step_s(model, machine, running=load.running, context=load.mean_context, reach=reach)
    return _Rates(
        requests_per_s=1 / (prompt_s + load.answer_tokens * one_step / load.running),
        first_token_s=prompt_s + one_step,
    )


@lru_cache(maxsize=1024)
def _active_parameters(model: ModelSpec) -> float:
    return active_parameter_count(model)


@lru_cache(maxsize=1024)
def _routed_share(model: ModelSpec) -> float:
    """Share of the parameters that are routed experts."""
    parts = parts_of(model)
    return sum(part.total for part in parts if part.routed) / sum(part.total for part in parts)


def prefill_s(model: ModelSpec, machine: Machine, *, tokens: int, reach: Reach) -> float:
    """Of one prompt: two operations for each active parameter and token, and the attention over what came before."""
    gpu, tp = machine.gpu, machine.launch.tensor_parallel_size
    attention = 2 * model.full_attention_layers * model.heads * model.head_dim * tokens
    operations = (2 * _active_parameters(model) + attention) * tokens
    compute = operations / (gpu.tflops * 1e12 * tp * reach.prefill_tflops)
    steps = -(-tokens // machine.launch.max_num_batched_tokens)
    return compute + _exchange_s(model, gpu, tp=tp, tokens=tokens, steps=steps, reach=reach)


def step_s(model: ModelSpec, machine: Machine, *, running: int, context: float, reach: Reach) -> float:
    """Of one decoding step for ``running`` requests that hold ``context`` tokens each."""
    gpu, launch = machine.gpu, machine.launch
    tp = launch.tensor_parallel_size
    read = _weights_read_gib(model, machine.weights_gib, running=running) * GIB
    read += running * _cache_read_bytes(model, launch, context=context)
    reading = read / (gpu.bandwidth_gb_per_s * 1e9 * reach.bandwidth)
    computing = 2 * _active_parameters(model) * running / (gpu.tflops * 1e12 * tp * reach.decode_tflops)
    exchange = _exchange_s(model, gpu, tp=tp, tokens=running, steps=1, reach=reach)
    return max(reading, computing) + exchange + reach.step_s + running * reach.token_s


def exchange_share(model: ModelSpec, machine: Machine, *, running: int, reach: Reach) -> float:
    """Part of a decoding step that goes into exchanging results between GPUs."""
    context = machine.launch.max_model_len / 2
    whole = step_s(model, machine, running=running, context=context, reach=reach)
    tp = machine.launch.tensor_parallel_size
    return _exchange_s(model, machine.gpu, tp=tp, tokens=running, steps=1, reach=reach) / whole


def _weights_read_gib(model: ModelSpec, weights_gib: float, *, running: int) -> float:
    """All weights but the experts that no running request is sent to; routing is taken as even."""
    if model.experts is None:
        return weights_gib
    used = 1 - (1 - model.experts.per_token / model.experts.count) ** running
    return weights_gib * (1 - _routed_share(model) * (1 - used))


def _cache_read_bytes(model: ModelSpec, launch: Launch, *, context: float) -> float:
    element = kv_element_bytes(launch.kv_cache_dtype, dtype=launch.dtype)
    tp = launch.tensor_parallel_size
    window = min(context, model.sliding_window or context)
    return (
        model.full_attention_layers * full_layer_bytes(model, tensor_parallel_size=tp, element=element) * context
        + model.windowed_layers * windowed_layer_bytes(model, tensor_parallel_size=tp, element=element) * window
    )


def _exchange_s(model: ModelSpec, gpu: Gpu, *, tp: int, tokens: int, steps: int, reach: Reach) -> float:
    """Two all-reduces a layer, of 16-bit hidden vectors; each GPU sends and gets 2 (n - 1) / n of them."""
    if tp == 1:
        return 0.0
    link_gb_per_s, hop_s = reach.nvlink if gpu.nvlink else reach.pcie
    sent = 2 * (tp - 1) / tp * tokens * model.hidden_size * 2
    return 2 * model.layers * (sent / (link_gb_per_s * 1e9) + steps * hop_s)
