"""What follows the image in ``docker run``: the model id, the planner's decisions, the user's own flags."""

from __future__ import annotations

from dataclasses import dataclass

from sizing.launch import Launch

PORT = 8000


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """Everything that becomes an argument; ``extra`` is checked and rendered already."""

    model_id: str
    served_name: str
    revision: str | None
    launch: Launch
    shutdown_timeout_s: int
    extra: tuple[str, ...]


def vllm_args(call: Invocation) -> tuple[str, ...]:
    """In a fixed order, so that a preview shows a changed flag and nothing else. Never a key or a token."""
    launch = call.launch
    decided: list[tuple[str, str | None]] = [
        ("--served-model-name", call.served_name),
        ("--revision", call.revision),
        ("--dtype", launch.dtype if launch.dtype != "auto" else None),
        ("--quantization", launch.quantization),
        ("--kv-cache-dtype", launch.kv_cache_dtype),
        ("--tensor-parallel-size", str(launch.tensor_parallel_size)),
        ("--max-model-len", str(launch.max_model_len)),
        ("--gpu-memory-utilization", f"{launch.gpu_memory_utilization:g}"),
        ("--max-num-seqs", str(launch.max_num_seqs)),
        ("--max-num-batched-tokens", str(launch.max_num_batched_tokens)),
        ("--shutdown-timeout", str(call.shutdown_timeout_s)),
        ("--port", str(PORT)),
    ]
    pairs = (part for flag, value in decided if value is not None for part in (flag, value))
    return (call.model_id, *pairs, *call.extra)
