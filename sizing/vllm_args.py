"""What follows the image in ``docker run``: the model id, the planner's decisions, the user's own flags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from sizing.launch import Launch
from sizing.loading import STRATEGY
from sizing.plan import Argument

PORT = 8000
SSE_KEEP_ALIVE_S = 15  # proxies on the client's side commonly give up after 60 s without a byte


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """Everything that becomes an argument.

    ``reasons`` by flag: why the value is what it is. ``asked``: flags whose value is the user's own. ``given``: flags
    that are in ``extraArgs``, so that the planner's are left out. ``media_domain``: None for a model of text only.
    ``prefetch``: the weights are read ahead.
    """

    model_id: str
    served_name: str
    revision: str | None
    launch: Launch
    shutdown_timeout_s: int
    max_num_queued_reqs: int
    media_domain: str | None
    prefetch: bool
    reasons: dict[str, str] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()


def values(call: Invocation, launch: Launch, *, bound: int) -> list[tuple[str, str]]:
    """Flag and value of the planner's arguments, in a fixed order, so that a preview shows what changed alone.

    ``launch`` and ``bound`` (of the queue): of the chosen machine, or of one that stands in.
    """
    pairs: list[tuple[str, str | None]] = [
        ("--served-model-name", call.served_name),
        ("--revision", call.revision),
        ("--dtype", launch.dtype if launch.dtype != "auto" else None),
        ("--quantization", launch.quantization),
        ("--kv-cache-dtype", launch.kv_cache_dtype),
        ("--tensor-parallel-size", str(launch.tensor_parallel_size)),
        ("--max-model-len", str(launch.max_model_len)),
        ("--gpu-memory-utilization", None if launch.on_cpu else f"{launch.gpu_memory_utilization:g}"),
        ("--max-num-seqs", str(launch.max_num_seqs)),
        ("--max-num-batched-tokens", str(launch.max_num_batched_tokens)),
        ("--max-num-queued-reqs", str(bound)),
        ("--sse-keep-alive-interval", str(SSE_KEEP_ALIVE_S)),
        ("--allowed-media-domains", call.media_domain),
        (f"--{STRATEGY}", "prefetch" if call.prefetch else None),
        ("--shutdown-timeout", str(call.shutdown_timeout_s)),
        ("--port", str(PORT)),
    ]
    return [(name, value) for name, value in pairs if value is not None and name not in call.given]


def decided(call: Invocation) -> tuple[Argument, ...]:
    """The planner's arguments, each with its reason."""
    return tuple(
        Argument(name=name, value=value, reason=call.reasons.get(name, ""), asked=name in call.asked)
        for name, value in values(call, call.launch, bound=call.max_num_queued_reqs)
    )


def vllm_args(model_id: str, arguments: Iterable[tuple[str, str]], *, extra: tuple[str, ...]) -> tuple[str, ...]:
    """As passed. Never a key or a token."""
    return (model_id, *chain.from_iterable(arguments), *extra)
