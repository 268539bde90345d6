"""Every key that a stack file may have, as the models say, and good values for each.

A key that a section gets tomorrow is drawn tomorrow: from its type, or as the example that its report shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from config.models import StackConfig
from config.namespaces import SECTIONS
from config.wording import field_of, is_list, says, section_of

MODELS = (
    *("meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen3-0.6B", "Qwen/Qwen2.5-1.5B-Instruct"),
    *(
        "meta-llama/Llama-3.1-70B-Instruct",
        "mistralai/Mixtral-8x7B-Instruct-v0.1",
        "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8",
    ),
)
DIGEST = "sha256:" + "0123456789abcdef" * 4

GOOD: Mapping[str, tuple[Any, ...]] = {
    "model": MODELS[:4],
    "model.id": MODELS,
    "model.revision": ("main", "v1.0", "0e9e39f249a16976918f6564b8830bc894c89659"),
    "model.quantization": ("fp8", "awq", "bitsandbytes"),
    "model.servedName": ("chat", "meta/llama:8b", "a" * 128),
    "model.configFile": ("models/shape.json", "models/none.json", "models/broken.json"),
    "serving.maxModelLen": (1, 16, 1024, 4096, 8192, 16_384, 131_072),
    "serving.concurrency": (1, 2, 8, 20, 64, 500),
    "serving.typicalTokens": (1, 512, 1024, 2048, 4096),
    "serving.gpuMemoryUtilization": (0.5, 0.8, 0.9, 0.92, 0.95, 1),
    "serving.kvCacheDtype": ("auto", "fp8", "bfloat16"),
    "serving.maxNumSeqs": (1, 16, 128, 256, 1024),
    "serving.maxNumBatchedTokens": (512, 2048, 8192, 16_384),
    "serving.extraArgs": (
        {},
        {"seed": 7},
        {"enable-auto-tool-choice": True, "tool-call-parser": "llama3_json"},
        {"enforce-eager": True},
        {"disable-log-requests": True},
        {"max-num-queued-reqs": 50},
        {"override-generation-config": '{"temperature": 0.5}'},
        {"chat-template": "a b'c\"d\ne"},
        {"served-model-name": ["a", "b"]},
        {"port": 9000},
        {"tensor-parallel-size": 2},
        {"nonesuch": 1},
    ),
    "compute.instanceType": (
        "auto",
        "g6.2xlarge",
        "g5.12xlarge",
        "p5.48xlarge",
        "g4dn.xlarge",
        "t3.micro",
        "g99.xlarge",
    ),
    "compute.gpu": ("L4", "A10G", "T4", "L40S", "H100", "RTX 4090"),
    "compute.tensorParallel": ("auto", 1, 2, 4, 8, 3),
    "compute.devices": ("all", [0], [1, 2], [3, 0]),
    "cache.sizeGib": (1, 100, 300, 16_384),
    "cache.path": ("~/.cache/huggingface", "/nonesuch", "~/a b"),
    "network.cidr": ("10.42.0.0/16", "172.20.0.0/16", "192.168.4.0/24", "172.16.0.0/15", "10.0.0.1/16"),
    "endpoint.allowedCidrs": (["10.0.0.0/8"], ["0.0.0.0/0"], ["203.0.113.7/32", "198.51.100.0/24"], []),
    "endpoint.port": (8000, 1, 65_535),
    "compute.capacity": (
        {"types": "auto"},
        {"types": "auto", "onDemandBase": 1, "spotPercent": 50},
        {"reservations": "open", "spotPercent": 30},
        {"types": ["g5.2xlarge", "p5.48xlarge"]},
        {"block": {"id": "cr-0123456789abcdef0", "zone": "us-east-1a"}},
    ),
    "compute.capacity.types": ("auto", ["g5.2xlarge"], ["p5.48xlarge", "g6e.12xlarge"], ["t3.micro"]),
    "compute.capacity.reservations": ("open", ["cr-0123456789abcdef0"], ["cr-0123456789abcdef0"] * 2),
    "scaling.min": (0, 1, 2, 3, 7),
    "scaling.max": (1, 2, 4, 40),
    "scaling.idleMinutes": (5, 30, 1440),
    "scaling.schedules": (
        [],
        [{"name": "day", "start": "0 8 * * 1-5", "end": "0 18 * * 1-5", "min": 2, "timeZone": "Asia/Kolkata"}],
        [{"name": "night", "start": "0 22 * * *", "end": "0 6 * * *", "min": 0, "max": 5}],
        [{"name": name, "start": "0 8 * * *", "end": "0 9 * * *", "min": 1} for name in ("a", "b")],
    ),
    "monitoring.logRetentionDays": (1, 30, 3653, 31),
    "monitoring.thresholds": (
        {},
        {"slow-responses": 20},
        {"slow-responses": 0},
        {"vllm-down": 1, "kv-cache-full": 0.5},
    ),
    "monitoring.scrapeFrom": ([], ["sg-0123456789abcdef0", "10.0.8.0/24"]),
    "budget.monthlyUsd": (0.01, 500, 2000, 100_000),
    "image.repository": ("vllm/vllm-openai", "ghcr.io/me/vllm", "123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm"),
    "image.tag": ("v0.32.0", "v0.33.0", "0.22.1", "v0.21.0", "latest"),
    "image.digest": (DIGEST,),
    "image.build": (
        {"packages": ["librosa==0.11.0"]},
        {"chatTemplates": "chat-templates"},
        {"dockerfile": "image/Dockerfile"},
    ),
    "tags": ({}, {"team": "ml"}, {"Team": "a b", "cost-center": "4711"}, {"Stack": "x"}, {"environment": "staging"}),
}
"""By key, where the type alone would draw mostly what is refused, or nothing of interest. Some are refused: a clean
error is an answer, too."""


@dataclass(frozen=True)
class Key:
    """``path``: the section, and under it down to the key."""

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def name(self) -> str:
        return ".".join(self.path)


@cache
def all_keys() -> tuple[Key, ...]:
    """Every key of every section, and each section as a whole."""
    found: list[Key] = []
    for name in SECTIONS:
        field = field_of(StackConfig, name)
        assert field is not None
        found += _below((name,), field)
    return tuple(found)


def _below(path: tuple[str, ...], field: FieldInfo) -> Iterator[Key]:
    section = None if is_list(field) else section_of(field)
    if section is None or ".".join(path) in GOOD:
        yield Key(path, field)
    for name, inner in section.model_fields.items() if section else ():
        yield from _below((*path, inner.alias or name), inner)


@cache
def good(key: Key) -> st.SearchStrategy[Any]:
    """Values that the key takes, at least by itself."""
    example = says(key.field).value()
    if key.name in GOOD:
        return st.sampled_from((*GOOD[key.name], example) if section_of(key.field) is None else GOOD[key.name])
    drawn = _of_type(key.field.annotation, tuple(key.field.metadata))
    return st.just(example) if drawn is None else drawn


def _of_type(annotation: object, metadata: tuple[object, ...]) -> st.SearchStrategy[Any] | None:
    """None: no more than the example is known to be good."""
    members = [member for member in get_args(annotation) if member is not type(None)]
    if get_origin(annotation) is Literal:
        return st.sampled_from(members)
    if len(members) == 1 and hasattr(annotation, "__metadata__"):
        return _of_type(members[0], (*metadata, *annotation.__metadata__))
    if len(members) == 1 and type(None) in get_args(annotation):
        return _of_type(members[0], metadata)
    if annotation is bool:
        return st.booleans()
    return _between(annotation, metadata) if annotation in (int, float) else None


def _between(annotation: object, metadata: tuple[object, ...]) -> st.SearchStrategy[Any] | None:
    flat = [each for item in metadata for each in (getattr(item, "metadata", None) or [item])]
    limits: dict[type, Any] = {type(each): getattr(each, type(each).__name__.lower(), None) for each in flat}
    low, high = limits.get(Ge, limits.get(Gt)), limits.get(Le, limits.get(Lt))
    if annotation is int:
        return st.integers(min_value=low, max_value=high)
    return st.floats(min_value=low, max_value=high, allow_nan=False, allow_infinity=False)
