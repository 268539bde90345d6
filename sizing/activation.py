"""The peak of vLLM's profiling run: what torch allocates beyond the weights. GiB per GPU.

vLLM runs the largest step (``max_num_batched_tokens`` tokens), then samples ``max_num_seqs`` tokens while the
step's output is still held, and, for a model that sees images, encodes the largest image first
(vllm/v1/worker/gpu_model_runner.py profile_run, worker/gpu/model_runner.py). The largest of them counts.
"""

from __future__ import annotations

from sizing.launch import Launch, computed_dtype
from sizing.model_spec import ModelSpec
from sizing.versions import (
    CONSUMED_COUNTED,
    ENCODER_BUDGET_HELD,
    WORKSPACE_KEPT,
    Sampler,
    runs_v1_engine,
    runs_v2_runner,
    sampler_of,
)
from sizing.weights import GIB, dtype_bytes

# Float32 copies of the logits (sequences x vocabulary) alive at once in the sampler; a 16-bit one is half a copy.
COPIES: dict[Sampler, float] = {
    # The 16-bit logits and the float32 ones, then torch.sort: values, 64-bit indices and its scratch.
    # Measured: 9.55 to 9.57 in four start-up logs of three vocabularies, 256 and 1024 sequences.
    "sort": 9.56,
    # 0.5 + float32 logits + masked by top-k + probabilities (flashinfer.sampling.top_k_top_p_sampling_from_logits).
    "flashinfer": 3.5,
    # 0.5 + float32 logits + probabilities + exponential noise of the same size (random_sample).
    "triton": 3.5,
    # Model runner V2 draws inside a kernel from the 16-bit logits.
    "gumbel": 0.5,
}
TRITON_ROWS = 128  # its scratch: one row of the vocabulary per multiprocessor, a power of two, at most the sequences
# Model runner V2 keeps counts of output tokens (32 bits) and a mask of prompt tokens (1 bit) for penalties.
V2_PENALTY_COPIES = 1 + 1 / 32
# Vectors of hidden size alive in the largest layer: attention output, residual, its sum, the normalised one.
HIDDEN_VECTORS = 4
PIXEL_BYTES = 4  # the input stays on the GPU in float32 while it is encoded
UNCHUNKED_LIMIT = 32768  # engine V0 took the whole length in one step up to here


def _step_tokens(launch: Launch) -> int:
    if runs_v1_engine(launch.vllm_version, compute_capability=launch.compute_capability):
        return launch.max_num_batched_tokens
    whole = launch.max_model_len if launch.max_model_len <= UNCHUNKED_LIMIT else 0
    return max(whole, launch.max_num_batched_tokens)


def _widest(model: ModelSpec, tensor_parallel_size: int) -> float:
    """Numbers per token inside the widest layer of one GPU: gate, up and their product, or the attention's."""
    tp = tensor_parallel_size
    queries = model.heads * model.head_dim / tp
    keys = max(model.kv_heads / tp, 1) * model.head_dim
    widths = [3 * model.intermediate_size / tp if _has_dense_mlp(model) else 0.0, 2 * queries + 2 * keys]
    if model.experts:
        widths.append(3 * model.experts.shared_width / tp + _expert_scratch(model, tp))
    if model.linear:
        linear = model.linear
        key_size, value_size = linear.key_heads * linear.key_head_dim, linear.value_heads * linear.value_head_dim
        states = value_size * linear.key_head_dim / 64  # one state per chunk of 64 tokens
        widths.append((4 * key_size + 9 * value_size + states) / tp)
    return max(widths)


def _has_dense_mlp(model: ModelSpec) -> bool:
    return model.experts is None or model.experts.dense_layers > 0


def _expert_scratch(model: ModelSpec, tp: int) -> float:
    """Numbers per token in the experts' two work spaces (fused_moe: workspace13, workspace2)."""
    if model.experts is None:
        return 0.0
    width = model.experts.intermediate_size / tp
    return model.experts.per_token * (max(2 * width, model.hidden_size) + max(width, 0))


def step_gib(model: ModelSpec, launch: Launch) -> float:
    """The largest step through one layer."""
    element = dtype_bytes(computed_dtype(model, launch))
    per_token = HIDDEN_VECTORS * model.hidden_size + _widest(model, launch.tensor_parallel_size)
    return _step_tokens(launch) * per_token * element / GIB


def sampler_gib(model: ModelSpec, launch: Launch) -> float:
    """The sampler, and the step's output that is still held."""
    sampler = sampler_of(launch.vllm_version, model, compute_capability=launch.compute_capability)
    tokens = _step_tokens(launch)
    sequences = min(launch.max_num_seqs, tokens)
    rows = COPIES[sampler] * sequences
    if sampler == "triton":
        rows += min(TRITON_ROWS, sequences)
    element = dtype_bytes(computed_dtype(model, launch))
    held = (tokens + 2 * sequences) * model.hidden_size * element
    if launch.vllm_version >= WORKSPACE_KEPT:
        held += tokens * _expert_scratch(model, launch.tensor_parallel_size) * element
    return (rows * model.vocab_size * 4 + held) / GIB


def buffers_gib(model: ModelSpec, launch: Launch) -> float:
    """What the model runner allocates once, where vLLM counts it: penalties and input embeddings.

    Block tables are left out: 4 bytes per 16 tokens of ``max_model_len`` and sequence, below 0.1 GiB.
    """
    if launch.vllm_version < CONSUMED_COUNTED:
        return 0.0
    embeddings = 0.0
    if model.vision:
        embeddings = launch.max_num_batched_tokens * model.hidden_size * dtype_bytes(computed_dtype(model, launch))
    penalties = 0.0
    if runs_v2_runner(launch.vllm_version, model):
        penalties = V2_PENALTY_COPIES * launch.max_num_seqs * model.vocab_size * 4
    return (embeddings + penalties) / GIB


def encoder_gib(model: ModelSpec, launch: Launch) -> tuple[float, float]:
    """The image encoder at its largest batch, and its outputs, which are held while the model is profiled."""
    vision = model.vision
    if vision is None:
        return 0.0, 0.0
    element = dtype_bytes(computed_dtype(model, launch))
    budget = max(vision.max_tokens, launch.max_num_batched_tokens)
    tokens = budget // vision.max_tokens * vision.max_tokens
    first, end = ENCODER_BUDGET_HELD
    held = max(tokens, vision.budget_tokens) if first <= launch.vllm_version < end else tokens
    outputs = held * model.hidden_size * vision.outputs * element
    ways = 1 if vision.replicated else launch.tensor_parallel_size
    mlp = (3 if vision.gated_mlp else 2) * vision.intermediate_size / ways
    patches = tokens * vision.merge
    widest = max(mlp, 4 * vision.hidden_size / ways)
    peak = patches * ((HIDDEN_VECTORS * vision.hidden_size + widest) * element + vision.pixels * PIXEL_BYTES)
    return (peak + outputs) / GIB, outputs / GIB


def activation_gib(model: ModelSpec, launch: Launch) -> float:
    """Peak of the profiling run, and the buffers that vLLM counts with it."""
    encoder, outputs = encoder_gib(model, launch)
    run = outputs + max(step_gib(model, launch), sampler_gib(model, launch))
    return max(encoder, run) + buffers_gib(model, launch)
