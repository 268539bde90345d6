"""Flags that the program sets itself, and what to write instead of them."""

from __future__ import annotations

MODEL = "vllm:model"
TP = "vllm:compute.tensorParallel"
ONE_REPLICA = "vllm:scaling.min: one instance is one replica, run by one vLLM process"
LISTENER = "nothing: the load balancer forwards to port 8000 of each host"
TLS = "vllm:endpoint: TLS ends at the load balancer"
KEYS = "python -m ops keys add: keys stay out of the stack file and of process lists"
HOST_FILES = "nothing: the cache slot holds the files"

OWNED = {
    "model": MODEL,
    "tokenizer-revision": f"{MODEL}.revision",
    "revision": f"{MODEL}.revision",
    "served-model-name": f"{MODEL}.servedName",
    "quantization": f"{MODEL}.quantization",
    "dtype": "nothing: the planner takes half where the GPU lacks bfloat16",
    "max-model-len": "vllm:serving.maxModelLen",
    "gpu-memory-utilization": "vllm:serving.gpuMemoryUtilization",
    "kv-cache-memory-bytes": "vllm:serving.gpuMemoryUtilization",
    "num-gpu-blocks-override": "vllm:serving.gpuMemoryUtilization",
    "kv-cache-dtype": "vllm:serving.kvCacheDtype",
    "max-num-seqs": "vllm:serving.maxNumSeqs",
    "max-num-batched-tokens": "vllm:serving.maxNumBatchedTokens",
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
    "config": "vllm:serving.extraArgs: the program's own --config file carries the API keys",
    "api-key": KEYS,
    "hf-token": "python -m ops secrets set hf-token",
    "ssl-keyfile": TLS,
    "ssl-certfile": TLS,
    "ssl-ca-certs": TLS,
    "ssl-cert-reqs": TLS,
    "ssl-ciphers": TLS,
    "enable-ssl-refresh": TLS,
    "download-dir": HOST_FILES,
    "disable-log-stats": "nothing: alarms and dashboards rest on vLLM's metrics",
    "profiler-config": "nothing: it opens endpoints that write files on the host",
    "tool-server": "nothing: it lets a request run code on the host",
    "help": "python -m ops plan",
    "shutdown-timeout": "nothing: the drain timers are derived together (python -m ops plan shows them)",
}
