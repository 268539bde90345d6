"""Flags that the program sets itself, and what to write instead of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Owned:
    """``use``: what to write instead, None: nothing; ``why`` the program sets it, where that is not obvious."""

    use: str | None
    why: str = ""


def _key(path: str) -> Owned:
    return Owned(use=f"vllm:{path}")


def _nothing(why: str) -> Owned:
    return Owned(use=None, why=why)


ONE_REPLICA = Owned(use="vllm:scaling.min", why="one instance is one replica, run by one vLLM process")
LISTENER = _nothing("the load balancer forwards to port 8000 of each host")
TLS = _nothing("TLS ends at the load balancer")
TP = _key("compute.tensorParallel")

OWNED: dict[str, Owned] = {
    "model": _key("model"),
    "tokenizer-revision": _key("model.revision"),
    "revision": _key("model.revision"),
    "served-model-name": _key("model.servedName"),
    "quantization": _key("model.quantization"),
    "dtype": _nothing("the planner takes half where the GPU lacks bfloat16"),
    "max-model-len": _key("serving.maxModelLen"),
    "gpu-memory-utilization": _key("serving.gpuMemoryUtilization"),
    "kv-cache-memory-bytes": _key("serving.gpuMemoryUtilization"),
    "num-gpu-blocks-override": _key("serving.gpuMemoryUtilization"),
    "kv-cache-dtype": _key("serving.kvCacheDtype"),
    "max-num-seqs": _key("serving.maxNumSeqs"),
    "max-num-batched-tokens": _key("serving.maxNumBatchedTokens"),
    "tensor-parallel-size": TP,
    "pipeline-parallel-size": TP,
    "decode-context-parallel-size": TP,
    "prefill-context-parallel-size": TP,
    "data-parallel-size": ONE_REPLICA,
    "data-parallel-size-local": ONE_REPLICA,
    "data-parallel-rank": ONE_REPLICA,
    "data-parallel-start-rank": ONE_REPLICA,
    "data-parallel-address": ONE_REPLICA,
    "data-parallel-backend": ONE_REPLICA,
    "data-parallel-rpc-port": ONE_REPLICA,
    "data-parallel-external-lb": ONE_REPLICA,
    "data-parallel-hybrid-lb": ONE_REPLICA,
    "data-parallel-multi-port-external-lb": ONE_REPLICA,
    "data-parallel-supervisor-port": ONE_REPLICA,
    "enable-elastic-ep": ONE_REPLICA,
    "elastic-ep-max-dp-size": ONE_REPLICA,
    "nnodes": ONE_REPLICA,
    "node-rank": ONE_REPLICA,
    "master-addr": ONE_REPLICA,
    "master-port": ONE_REPLICA,
    "headless": ONE_REPLICA,
    "grpc": LISTENER,
    "grpc-port": LISTENER,
    "host": LISTENER,
    "port": LISTENER,
    "uds": LISTENER,
    "root-path": LISTENER,
    "config": _nothing("the program's own file carries the API keys"),
    "api-key": Owned(use="python -m ops keys add", why="keys stay out of stack files and process lists"),
    "hf-token": Owned(use="python -m ops secrets set hf-token"),
    "ssl-keyfile": TLS,
    "ssl-certfile": TLS,
    "ssl-ca-certs": TLS,
    "ssl-cert-reqs": TLS,
    "ssl-ciphers": TLS,
    "enable-ssl-refresh": TLS,
    "download-dir": _nothing("the cache slot holds the files"),
    "disable-log-stats": _nothing("alarms and dashboards rest on vLLM's metrics"),
    "profiler-config": _nothing("it opens endpoints that write files on the host"),
    "tool-server": _nothing("it lets a request run code on the host"),
    "help": Owned(use="python -m ops plan"),
    "shutdown-timeout": _nothing("the drain timers are derived together (python -m ops plan shows them)"),
}
