"""``python -m ops size``: the planner's memory model for one given machine."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from config.errors import ConfigError, Problem
from sizing.catalog import Catalog, Gpu, load_catalog
from sizing.explain_size import explain_size
from sizing.flags import pinned_flags
from sizing.gpu_names import resolve_gpu
from sizing.hf_config import ConfigFileError, read_config
from sizing.model_spec import ModelSpec
from sizing.one_machine import Question, answer, answer_dict
from sizing.parallel import objections, valid_sizes
from sizing.quantization import SCHEMES, named_method
from sizing.resolve import resolve_instance, unknown_model
from sizing.versions import PINNED, Version

HELP = "Whether a model fits a GPU, and for how many requests at once. Also answers 0 when it does not fit."
EPILOG = """examples:
  python -m ops size meta-llama/Llama-3.1-8B-Instruct --gpu "RTX 4090" --max-model-len 8192
  python -m ops size meta-llama/Llama-3.1-70B-Instruct --instance-type g6e.12xlarge --tensor-parallel-size 4
  python -m ops size acme/own-model --config-json config.json --gpu L4"""
DTYPES = ("auto", "bfloat16", "float16", "half", "float32", "float")
MOST = 2**31 - 1  # of any number that is asked about
DEFAULT_INSTANCE = "g6.2xlarge"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("model", metavar="MODEL", help="a HuggingFace id")
    machine = parser.add_mutually_exclusive_group()
    machine.add_argument("--instance-type", metavar="T", help=f"an EC2 type (default {DEFAULT_INSTANCE})")
    machine.add_argument("--gpu", metavar="NAME", help='a GPU as people write it, e.g. "A100 80GB"')
    parser.add_argument("--gpu-memory-gib", type=_positive, metavar="G", help="memory of a GPU that is not known")
    parser.add_argument("--tensor-parallel-size", type=_count, metavar="N", default=None)
    parser.add_argument("--max-model-len", type=_count, metavar="N", help="default: the model's own")
    parser.add_argument("--gpu-memory-utilization", type=_share, metavar="F", help="default: vLLM's own, 0.92")
    parser.add_argument("--dtype", choices=DTYPES, default="auto")
    parser.add_argument("--quantization", type=named_method, metavar="Q", help="none: as the checkpoint is stored")
    parser.add_argument("--kv-cache-dtype", metavar="D", default=None)
    parser.add_argument("--max-num-seqs", type=_count, metavar="N", help="default: vLLM's for the GPU")
    parser.add_argument("--max-num-batched-tokens", type=_count, metavar="N", help="default: vLLM's for the GPU")
    parser.add_argument("--enforce-eager", action="store_true", help="no CUDA graphs")
    parser.add_argument("--config-json", type=Path, metavar="FILE", help="config.json of a model not in the catalogue")
    parser.add_argument("--params-billion", type=_positive, metavar="B", help="published parameter count")
    parser.add_argument("--checkpoint-gib", type=_positive, metavar="G", help="size of the weight files")
    parser.add_argument("--vllm-version", type=_version, default=PINNED, metavar="V", help="default: the pinned one")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 10 or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from 1 to {MOST}")
    return int(text)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= MOST:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number above 0, at most {MOST}")
    return value


def _share(text: str) -> float:
    value = _positive(text)
    if value > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share of the memory: above 0, at most 1")
    return value


def _version(text: str) -> Version:
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a version such as 0.32.0")
    return tuple(int(part) for part in found.groups() if part is not None)


def run(args: argparse.Namespace) -> int:
    """Prints the answer. ConfigError with everything that is wrong with the question."""
    catalog = load_catalog()
    model, gpu = _model(args, catalog), _gpu(args, catalog)
    problems = [thing for thing in (model, gpu) if isinstance(thing, Problem)]
    problems += _option_problems(args)
    if isinstance(model, ModelSpec):
        problems += _parallel_problems(args, model, gpus=_gpu_count(args, catalog))
    if problems or isinstance(model, Problem) or isinstance(gpu, Problem):
        raise ConfigError(problems)
    found = answer(model, _question(args, gpu))
    print(json.dumps(answer_dict(found), indent=2) if args.json else explain_size(model, gpu, found), end="")
    if args.json:
        print()
    return 0


def _question(args: argparse.Namespace, gpu: Gpu) -> Question:
    return Question(
        gpu=gpu,
        tensor_parallel_size=args.tensor_parallel_size or 1,
        max_model_len=args.max_model_len,
        gpu_memory_utilization=args.gpu_memory_utilization,
        dtype=args.dtype,
        quantization=None if args.quantization == "none" else args.quantization,
        kv_cache_dtype=args.kv_cache_dtype,
        max_num_seqs=args.max_num_seqs,
        max_num_batched_tokens=args.max_num_batched_tokens,
        enforce_eager=args.enforce_eager,
        params_billion=args.params_billion,
        checkpoint_gib=args.checkpoint_gib,
        vllm_version=args.vllm_version,
    )


def _model(args: argparse.Namespace, catalog: Catalog) -> ModelSpec | Problem:
    if args.config_json is None:
        found = catalog.model(args.model)
        return found or _for_command_line(unknown_model(args.model, catalog))
    try:
        return read_config(args.config_json, model_id=args.model)
    except ConfigFileError as error:
        return Problem(
            path="--config-json",
            given=str(args.config_json),
            allowed="the config.json of the model, as on its HuggingFace page",
            example="--config-json models/my-model.json",
            message=f"the model's shape cannot be read from it: {error}",
        )


def _for_command_line(problem: Problem) -> Problem:
    return Problem(
        path="MODEL",
        given=problem.given,
        allowed=problem.allowed.replace("model.configFile", "--config-json"),
        example=problem.example,
        message=problem.message.replace("vllm:model.configFile", "--config-json"),
    )


def _gpu(args: argparse.Namespace, catalog: Catalog) -> Gpu | Problem:
    if args.gpu is not None:
        return resolve_gpu(args.gpu, memory_gib=args.gpu_memory_gib, catalog=catalog)
    if args.gpu_memory_gib is not None and args.instance_type is None:
        return resolve_gpu("GPU", memory_gib=args.gpu_memory_gib, catalog=catalog)
    instance = resolve_instance(args.instance_type or DEFAULT_INSTANCE, catalog)
    if isinstance(instance, Problem):
        return Problem(
            path="--instance-type",
            given=instance.given,
            allowed=instance.allowed.removeprefix("auto, or "),
            example=instance.example,
            message=instance.message,
        )
    return instance.whole_gpu


def _gpu_count(args: argparse.Namespace, catalog: Catalog) -> int | None:
    """GPUs of the machine; None where only a GPU was named: as many as it takes."""
    instance = None if args.gpu else catalog.instance(args.instance_type or DEFAULT_INSTANCE)
    return instance.gpu_count if instance else None


def _parallel_problems(args: argparse.Namespace, model: ModelSpec, *, gpus: int | None) -> list[Problem]:
    tp = args.tensor_parallel_size or 1
    reasons = list(objections(model, tp, quantization=args.quantization))
    if gpus is not None and tp > gpus:
        reasons.append(f"the machine has {gpus}")
    if not reasons:
        return []
    sizes = valid_sizes(model, limit=gpus or 16, quantization=args.quantization)
    return [
        Problem(
            path="--tensor-parallel-size",
            given=str(tp),
            allowed=", ".join(map(str, sizes)),
            example=f"--tensor-parallel-size {max(size for size in sizes if size <= tp)}",
            message=f"{model.id} cannot be shared by {tp} GPUs: {'; '.join(reasons)}",
        )
    ]


def _option_problems(args: argparse.Namespace) -> list[Problem]:
    flags = pinned_flags()
    choices = (
        (
            "--quantization",
            args.quantization,
            ("none", *sorted({*SCHEMES, *(name for name, _ in flags.quantizations)})),
        ),
        ("--kv-cache-dtype", args.kv_cache_dtype, flags.kv_cache_dtypes),
    )
    return [
        Problem(
            path=option,
            given=given,
            allowed=", ".join(allowed),
            example=f"{option} fp8",
            message="vLLM has nothing by this name",
        )
        for option, given, allowed in choices
        if given is not None and given not in allowed
    ]
