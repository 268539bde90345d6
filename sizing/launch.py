"""How vLLM is started on one replica: everything that the memory model depends on besides the model."""

from __future__ import annotations

from dataclasses import dataclass

from sizing.model_spec import ModelSpec
from sizing.versions import PINNED, Version

CPU = 0.0  # in place of a compute capability: vLLM runs on the processor


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How vLLM is started on one replica. ``visible_gib`` is per GPU, as torch sees it; None: vLLM's own choice.

    ``compute_capability`` of the GPU decides which kernels run; None: one of the 8 series; ``CPU``: no GPU at all.
    """

    visible_gib: float
    tensor_parallel_size: int
    gpu_memory_utilization: float
    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    dtype: str = "auto"
    quantization: str | None = None
    kv_cache_dtype: str | None = None
    enforce_eager: bool = False
    compute_capability: float | None = None
    vllm_version: Version = PINNED
    checkpoint_gib: float | None = None  # known size of the files, in place of the computed one

    @property
    def on_cpu(self) -> bool:
        return self.compute_capability == CPU


def computed_dtype(model: ModelSpec, launch: Launch) -> str:
    return model.dtype if launch.dtype == "auto" else launch.dtype
