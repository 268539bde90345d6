"""Why each of the planner's arguments has the value it has, in a line for ``plan``."""

from __future__ import annotations

from config.models import StackConfig
from sizing.choose import batch_defaults, most_seqs
from sizing.loading import STRATEGY
from sizing.machines import Candidate
from sizing.plan import Throughput
from sizing.queue_bound import longest_wait_s

ASKED = "as asked"
KEYS = {
    "--served-model-name": "model.served_name",
    "--revision": "model.revision",
    "--quantization": "model.quantization",
    "--kv-cache-dtype": "serving.kv_cache_dtype",
    "--max-model-len": "serving.max_model_len",
    "--gpu-memory-utilization": "serving.gpu_memory_utilization",
    "--max-num-seqs": "serving.max_num_seqs",
    "--max-num-batched-tokens": "serving.max_num_batched_tokens",
}

HERE = {
    f"--{STRATEGY}": "reads the weights ahead; they fit into the machine's memory",
    "--shutdown-timeout": "vLLM ends what runs before it stops",
    "--port": "where the front forwards to",
}
"""On this machine, in place of words about AWS."""


def asked_flags(config: StackConfig) -> frozenset[str]:
    """Flags whose value is the user's own."""
    sections = {"model": config.model, "serving": config.serving}
    found = {flag for flag, (section, _, key) in _paths() if getattr(sections[section], key) is not None}
    return frozenset(found | ({"--tensor-parallel-size"} if config.compute.tensor_parallel != "auto" else set()))


def _paths() -> list[tuple[str, tuple[str, str, str]]]:
    return [(flag, path.partition(".")) for flag, path in KEYS.items()]


def reasons(config: StackConfig, chosen: Candidate, *, bound: int, throughput: Throughput) -> dict[str, str]:
    """By flag, also for those that are not passed in the end."""
    demand, gpu = chosen.demand, chosen.gpu
    wait_s = longest_wait_s(throughput, bound=bound, max_num_seqs=chosen.launch.max_num_seqs)
    left = gpu.visible_gib * (1 - demand.gpu_memory_utilization)
    why = {
        "--served-model-name": "what clients send as model, and the label of vLLM's metrics",
        "--revision": "the same files at every boot",
        "--dtype": f"{gpu.name} has no bfloat16",
        "--tensor-parallel-size": _parallel(chosen),
        "--max-model-len": "prompt and answer together; one such request fits alone",
        "--gpu-memory-utilization": f"leaves {left:.1f} GiB per GPU for what vLLM does not count",
        "--max-num-seqs": _sequences(chosen),
        "--max-num-batched-tokens": _batch(chosen),
        "--max-num-queued-reqs": f"running and waiting; the last taken in starts within about {wait_s:.0f} s, the "
        "next gets 503 at once",
        "--sse-keep-alive-interval": "a stream that waits for its first token is not cut by proxies",
        "--allowed-media-domains": "no media by URL, so that a request cannot make the host fetch; data: URLs work",
        f"--{STRATEGY}": "reads the weights ahead as fast as the cache slot carries; they fit into the host's memory",
        "--shutdown-timeout": "vLLM ends what runs before it stops, as long as the load balancer drains",
        "--port": "where the load balancer forwards to",
    }
    why |= HERE if chosen.instance.is_local else {}
    return {**why, **{flag: _asked(flag, why) for flag in asked_flags(config)}}


def _asked(flag: str, why: dict[str, str]) -> str:
    return f"{ASKED}; {why[flag]}" if flag in ("--gpu-memory-utilization", "--max-model-len") else ASKED


def _parallel(chosen: Candidate) -> str:
    if chosen.instance.gpu_count == 1:
        return "no GPU" if chosen.launch.on_cpu else "one GPU"
    return f"all GPUs of {chosen.instance.title} that can share the model"


def _sequences(chosen: Candidate) -> str:
    seqs, most = chosen.launch.max_num_seqs, most_seqs(chosen.gpu, chosen.demand)
    typical = f"{chosen.demand.typical_tokens:,} tokens"
    if seqs < most:
        return f"what the cache holds at {typical} each: more would be preempted and computed again"
    if seqs == chosen.demand.concurrency:
        return f"serving.concurrency; the cache holds {chosen.requests:,} at {typical} each"
    return f"vLLM's own for this {_what(chosen)}; the cache holds {chosen.requests:,} at {typical} each"


def _batch(chosen: Candidate) -> str:
    batched, own = chosen.launch.max_num_batched_tokens, batch_defaults(chosen.gpu)[1]
    if batched == own:
        return f"tokens of one step: vLLM's own for this {_what(chosen)}; more is faster prompts and less even streams"
    if batched < own:
        return "all sequences together have no more"
    return "one token of each sequence"


def _what(chosen: Candidate) -> str:
    return "processor" if chosen.launch.on_cpu else "GPU"
