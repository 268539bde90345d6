"""What is wrong before any machine is looked at: the model against the pinned vLLM, the wishes against the model."""

from __future__ import annotations

from config.errors import Problem
from config.models import StackConfig
from sizing import extra_args
from sizing.cache_pool import slot_gib, smallest_slot_gib
from sizing.capability import floor_of
from sizing.catalog import Instance
from sizing.choose import Demand
from sizing.flags import FlagSet
from sizing.model_spec import ModelSpec
from sizing.parallel import objections, valid_sizes
from sizing.quantization import ONLINE, vllm_name

DEFAULT_MAX_MODEL_LEN = 8192
DEFAULT_UTILIZATION = 0.90
FAMILIES = (
    frozenset({"awq", "auto_awq", "awq_marlin", "moe_wna16"}),
    frozenset({"gptq", "auto_gptq", "gptq_marlin", "moe_wna16"}),
    frozenset({"mxfp4", "gpt_oss_mxfp4"}),
)


def demand_of(config: StackConfig, model: ModelSpec) -> Demand:
    """The wishes with the planner's defaults; lengths above the model's are cut (``length_problem`` reports them)."""
    serving = config.serving
    longest = min(serving.max_model_len or DEFAULT_MAX_MODEL_LEN, model.max_position_embeddings)
    return Demand(
        max_model_len=longest,
        concurrency=serving.concurrency or 1,
        typical_tokens=min(serving.typical_tokens or longest, longest),
        gpu_memory_utilization=serving.gpu_memory_utilization or DEFAULT_UTILIZATION,
        max_num_seqs=serving.max_num_seqs,
        max_num_batched_tokens=serving.max_num_batched_tokens,
        quantization=config.model.quantization,
        kv_cache_dtype=serving.kv_cache_dtype,
        enforce_eager=serving.extra_args.get("enforce-eager") is True,
    )


def length_problem(config: StackConfig, model: ModelSpec) -> Problem | None:
    asked, limit = config.serving.max_model_len, model.max_position_embeddings
    if asked is None or asked <= limit:
        return None
    return Problem(
        path="vllm:serving.maxModelLen",
        given=str(asked),
        allowed=f"1 to {limit}",
        example=str(min(limit, DEFAULT_MAX_MODEL_LEN)),
        message=f"{model.id} was made for at most {limit} tokens, prompt and answer together",
    )


def quantization_problem(config: StackConfig, model: ModelSpec, flags: FlagSet) -> Problem | None:
    """The method asked for (or stored) must be one that this vLLM has and that this checkpoint can be read with."""
    asked = config.model.quantization
    stored = vllm_name(model.quantization) if model.quantization else None
    if asked is None:
        if stored is None or flags.capability_of(stored) is not None:
            return None
        return Problem(
            path="vllm:model.id",
            given=model.id,
            allowed="a checkpoint in 16 bits, or stored with one of: " + _methods(flags),
            example="meta-llama/Llama-3.1-8B-Instruct",
            message=f"it is stored with {stored}, which vLLM {flags.version} no longer has built in",
        )
    if flags.capability_of(asked) is None:
        allowed, why = _methods(flags), f"vLLM {flags.version} has no such method"
    elif stored is None and asked not in ONLINE:
        allowed = ", ".join(sorted(ONLINE))
        why = f"{model.id} is stored in 16 bits, and {asked} needs a checkpoint that was quantised with it"
    elif stored is not None and asked != stored and not _same_family(asked, stored):
        allowed, why = f"{stored}, or leave the key out", f"{model.id} is stored with {stored}"
    else:
        return None
    return Problem(
        path="vllm:model.quantization",
        given=asked,
        allowed=allowed,
        example=stored or "fp8",
        message=why,
    )


def _methods(flags: FlagSet) -> str:
    return ", ".join(method for method, _ in flags.quantizations)


def _same_family(one: str, other: str) -> bool:
    return any(one in family and other in family for family in FAMILIES)


def kv_cache_dtype_problem(config: StackConfig, flags: FlagSet) -> Problem | None:
    asked = config.serving.kv_cache_dtype
    if asked is None or asked in flags.kv_cache_dtypes:
        return None
    return Problem(
        path="vllm:serving.kvCacheDtype",
        given=asked,
        allowed=", ".join(flags.kv_cache_dtypes),
        example="fp8",
        message=f"vLLM {flags.version} has no such cache data type",
    )


def parallel_problem(config: StackConfig, model: ModelSpec, instance: Instance | None) -> Problem | None:
    """The tensor-parallel size against heads and, where a type is asked for, its GPUs."""
    tp = config.compute.tensor_parallel
    if tp == "auto":
        return None
    limit, method = instance.gpu_count if instance else 8, config.model.quantization
    valid = valid_sizes(model, limit=limit, quantization=method)
    sizes = ", ".join(map(str, valid))
    reasons = list(objections(model, tp, quantization=method))
    if tp > limit:
        owner = instance.title if instance else "the largest known instance type"
        reasons.append(f"{owner} has {limit} GPU{'s' if limit > 1 else ''}")
    if not reasons:
        return None
    return Problem(
        path="vllm:compute.tensorParallel",
        given=str(tp),
        allowed=f"auto, or one of {sizes}",
        example=str(max(valid)),
        message=f"{model.id} cannot be shared by {tp} GPUs: {'; '.join(reasons)}",
    )


def sequences_problem(config: StackConfig) -> Problem | None:
    seqs, concurrency = config.serving.max_num_seqs, config.serving.concurrency
    if seqs is None or concurrency is None or seqs >= concurrency:
        return None
    return Problem(
        path="vllm:serving.maxNumSeqs",
        given=str(seqs),
        allowed=f"at least serving.concurrency, which is {concurrency}",
        example=str(concurrency),
        message=f"vLLM would run at most {seqs} requests at a time, and {concurrency} are asked for",
    )


def batch_problem(config: StackConfig) -> Problem | None:
    """The batch must hold one token of each running sequence, also where the sequences follow from concurrency."""
    tokens, seqs = config.serving.max_num_batched_tokens, config.serving.concurrency
    if tokens is None or seqs is None or config.serving.max_num_seqs is not None or tokens >= seqs:
        return None
    return Problem(
        path="vllm:serving.maxNumBatchedTokens",
        given=str(tokens),
        allowed=f"at least serving.concurrency, which is {seqs}",
        example=str(max(2048, seqs)),
        message="each running sequence needs one token per step, so vLLM refuses to start",
    )


def cache_problem(config: StackConfig, model: ModelSpec) -> Problem | None:
    asked, least = config.cache.size_gib, smallest_slot_gib(model)
    if asked is None or asked >= least:
        return None
    return Problem(
        path="vllm:cache.sizeGib",
        given=str(asked),
        allowed=f"at least {least}, or leave it out for {slot_gib(model)}",
        example=str(slot_gib(model)),
        message="a slot holds the model, the container image and the compile cache",
    )


def gpu_problem(
    config: StackConfig, model: ModelSpec, *, instance: Instance | None, gpu_name: str | None, flags: FlagSet
) -> Problem | None:
    """The GPU of the type asked for: the one asked for too, and new enough for the model's format."""
    if instance is None:
        return None
    gpu = instance.whole_gpu
    if gpu_name not in (None, gpu.name):
        return Problem(
            path="vllm:compute.gpu",
            given=str(gpu_name),
            allowed=f"{gpu.name}, or leave the key out",
            example=gpu.name,
            message=f"compute.instanceType {instance.instance_type} has another GPU",
        )
    floor = floor_of(model, quantization=config.model.quantization, flags=flags)
    if gpu.compute_capability >= floor.capability:
        return None
    return Problem(
        path="vllm:compute.instanceType",
        given=instance.instance_type,
        allowed=f"auto, or a type whose GPU has compute capability {floor.capability} or newer",
        example="auto",
        message=f"its {gpu.name} has compute capability {gpu.compute_capability}, which is too old for {model.id}: "
        f"{floor.reason}",
    )


def problems_without_model(config: StackConfig, flags: FlagSet) -> tuple[Problem, ...]:
    """What can be said whatever the model is."""
    found = (kv_cache_dtype_problem(config, flags), sequences_problem(config), batch_problem(config))
    return (
        *extra_args.problems(config.serving.extra_args, flags),
        *(extra_args.more_than_a_line(config.serving.extra_args) if config.target == "aws" else ()),
        *(problem for problem in found if problem is not None),
    )


def problems_with_model(
    config: StackConfig, model: ModelSpec, *, instance: Instance | None, gpu_name: str | None, flags: FlagSet
) -> tuple[Problem, ...]:
    """What can be said before any machine is tried."""
    found = (
        gpu_problem(config, model, instance=instance, gpu_name=gpu_name, flags=flags),
        length_problem(config, model),
        quantization_problem(config, model, flags),
        parallel_problem(config, model, instance),
        cache_problem(config, model),
    )
    return tuple(problem for problem in found if problem is not None)
