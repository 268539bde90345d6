"""CUDA graphs: how many vLLM captures, and what they take of its budget. GiB per GPU."""

from __future__ import annotations

from sizing.launch import Launch
from sizing.model_spec import ModelSpec
from sizing.versions import GRAPH_STEP_16, GRAPHS_COUNTED, LARGEST_DEFAULTS

LARGEST_GRAPH = 512  # tokens
LARGEST_GRAPH_BLACKWELL = 1024  # data-centre Blackwell
# One layer in one graph: kernel nodes with their parameters and what the pool cannot share. Estimates in start-up logs
# of 0.19 to 0.27 for models of 28 to 64 layers: 7.0 to 8.2 MiB a graph at 28 to 32 layers, 15 to 86 graphs.
PER_LAYER_AND_GRAPH_GIB = 0.26 / 1024


def capture_sizes(*, limit: int, step_16: bool = True) -> int:
    """How many batch sizes up to ``limit`` are captured: 1, 2, 4, multiples of 8, and of 16 from 256 on.

    vllm/config/vllm.py _set_cudagraph_sizes.
    """
    small = (limit >= 1) + (limit >= 2) + (limit >= 4)
    if not step_16 or limit < 256:
        return small + limit // 8
    return small + 31 + (limit - 256) // 16 + 1


def graph_count(launch: Launch) -> int:
    """Piecewise graphs for mixed batches, and whole ones for batches of single tokens."""
    step_16 = launch.vllm_version >= GRAPH_STEP_16
    blackwell = launch.vllm_version >= LARGEST_DEFAULTS and 10.0 <= (launch.compute_capability or 0) < 12.0
    most = LARGEST_GRAPH_BLACKWELL if blackwell else LARGEST_GRAPH
    largest = min(2 * launch.max_num_seqs, most, launch.max_num_batched_tokens)
    piecewise = capture_sizes(limit=largest, step_16=step_16)
    return piecewise + capture_sizes(limit=min(launch.max_num_seqs, largest), step_16=step_16)


def graphs_gib(model: ModelSpec, launch: Launch) -> float:
    """What vLLM takes out of its budget for graphs: nothing on a CPU, nor before 0.20, when they were outside."""
    if launch.on_cpu or launch.enforce_eager or launch.vllm_version < GRAPHS_COUNTED:
        return 0.0
    return PER_LAYER_AND_GRAPH_GIB * model.layers * graph_count(launch)
