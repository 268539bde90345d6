"""Stack files of many shapes, generated: every pair of values of two axes is in at least one of them.

Deterministic: the same shapes in the same order on every machine. To see one:
``python -c "from tests.shapes.shapes import SHAPES; print(SHAPES[0].text())"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import yaml

NAME_LENGTH = 40  # the longest that a stack may have
ACCOUNT = "123456789012"


@dataclass(frozen=True, kw_only=True)
class Served:
    """A model and the machine asked for. ``not_in``: regions that offer no such machine."""

    model: str
    serving: Mapping[str, Any]
    compute: Mapping[str, Any]
    not_in: tuple[str, ...] = ()


MODELS: Mapping[str, Served] = {
    "tiny-anything": Served(model="Qwen/Qwen3-0.6B", serving={"maxModelLen": 4096}, compute={}),
    "gptq-t4": Served(model="Qwen/Qwen1.5-7B-Chat-GPTQ-Int4", serving={"maxModelLen": 4096}, compute={"gpu": "T4"}),
    "busy-8b": Served(
        model="meta-llama/Llama-3.1-8B-Instruct",
        serving={"maxModelLen": 8192, "typicalTokens": 2000, "concurrency": 20},
        compute={},
    ),
    "moe-awq-a10g": Served(
        model="TheBloke/Mixtral-8x7B-Instruct-v0.1-AWQ", serving={"maxModelLen": 8192}, compute={"gpu": "A10G"}
    ),
    "moe-fp8-l40s": Served(
        model="Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", serving={"maxModelLen": 16384}, compute={"gpu": "L40S"}
    ),
    "big-four-gpus": Served(
        model="meta-llama/Llama-3.1-70B-Instruct",
        serving={"maxModelLen": 8192, "gpuMemoryUtilization": 0.92},
        compute={"tensorParallel": 4},
    ),
    "moe-235b-h100": Served(
        model="Qwen/Qwen3-235B-A22B-FP8",
        serving={"maxModelLen": 16384},
        compute={"gpu": "H100"},
        not_in=("eu-central-1",),
    ),
}
REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1")  # the first is the one with listed prices
NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "single": {},
    "per-az": {"nat": "per_az", "cidr": "172.20.0.0/16"},
    "3-zones": {"zones": ("a", "b", "c")},
    "given": {"mode": "existing"},
}
EXPOSURES: Mapping[str, Mapping[str, Any]] = {
    "http": {},
    "https": {"certificate": True},
    "public": {"exposure": "public", "certificate": True},
}
REPLICAS = (1, 2, 3, 5)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One stack file: a value of each axis, by its name."""

    index: int
    served: str
    region: str
    network: str
    exposure: str
    replicas: int

    @property
    def values(self) -> tuple[str, ...]:
        return (self.served, self.region, self.network, self.exposure, str(self.replicas))

    @property
    def stack(self) -> str:
        """As long as a stack's name may be."""
        words = f"{self.index:02}-{self.served}-{self.network}-{self.exposure}-{self.replicas}"
        return words.ljust(NAME_LENGTH, "x")

    @property
    def existing(self) -> bool:
        return self.network == "given"

    @property
    def public(self) -> bool:
        return self.exposure == "public"

    @property
    def https(self) -> bool:
        return self.exposure != "http"

    def config(self) -> dict[str, Any]:
        """The ``config:`` mapping of the stack file."""
        served = MODELS[self.served]
        sections = {
            "vllm:serving": dict(served.serving),
            "vllm:compute": dict(served.compute),
            "vllm:network": self._network(),
            "vllm:endpoint": self._endpoint(),
            "vllm:scaling": {"min": 1, "max": self.replicas} if self.replicas == 3 else {"min": self.replicas},
            "vllm:cache": {"protect": self.index % 2 == 0},
            "vllm:tags": {"team": "ml-platform", "cost-center": "4711"} if self.index % 3 == 0 else {},
        }
        filled = {name: section for name, section in sections.items() if section}
        return {"aws:region": self.region, "vllm:model": served.model, **filled}

    def text(self) -> str:
        return yaml.safe_dump({"config": self.config()}, sort_keys=False)

    def write(self, folder: Path) -> Path:
        """The stack file in ``folder``, beside which Pulumi.yaml must be."""
        file = folder / f"Pulumi.{self.stack}.yaml"
        file.write_text(self.text(), encoding="utf-8")
        return file

    def _network(self) -> dict[str, Any]:
        wanted = dict(NETWORKS[self.network])
        if "zones" in wanted:
            wanted["zones"] = [f"{self.region}{letter}" for letter in wanted["zones"]]
        if self.existing:
            wanted |= {"vpcId": "vpc-0123456789abcdef0", "privateSubnetIds": _subnets(tier=0)}
            if self.public:
                wanted |= {"publicSubnetIds": _subnets(tier=1)}
        return wanted

    def _endpoint(self) -> dict[str, Any]:
        wanted = dict(EXPOSURES[self.exposure])
        if wanted.pop("certificate", False):
            number = f"{self.index:08d}-89ab-4def-8123-456789abcdef"
            wanted |= {"certificateArn": f"arn:aws:acm:{self.region}:{ACCOUNT}:certificate/{number}"}
        if self.https and self.index % 2:
            wanted |= {"domain": "llm.example.com"}
        if not self.public and self.replicas == 5:
            wanted |= {"allowedCidrs": ["10.1.0.0/16", "192.168.7.0/24"]}
        return wanted


def _subnets(*, tier: int) -> list[str]:
    return [f"subnet-0123456789abcde{tier}{index}" for index in range(2)]


def feasible(values: tuple[str, ...]) -> bool:
    return values[1] not in MODELS[values[0]].not_in


def pairs(values: tuple[str, ...]) -> frozenset[tuple[int, str, int, str]]:
    """Every two of the values, each with its axis."""
    return frozenset((i, a, j, b) for (i, a), (j, b) in combinations(enumerate(values), 2))


def all_combinations() -> list[tuple[str, ...]]:
    axes = (MODELS, REGIONS, NETWORKS, EXPOSURES, [str(count) for count in REPLICAS])
    return [values for values in product(*axes) if feasible(values)]


def _covering() -> Iterator[tuple[str, ...]]:
    """Greedy: always the combination with the most pairs that no earlier one has; the first of several."""
    candidates = {values: pairs(values) for values in all_combinations()}
    missing = set().union(*candidates.values())
    while missing:
        best = max(candidates, key=lambda values: len(candidates[values] & missing))
        missing -= candidates[best]
        yield best


SHAPES = tuple(
    Shape(index=index, served=served, region=region, network=network, exposure=exposure, replicas=int(replicas))
    for index, (served, region, network, exposure, replicas) in enumerate(_covering())
)
BY_STACK: Mapping[str, Shape] = {shape.stack: shape for shape in SHAPES}


def sample(count: int) -> tuple[Shape, ...]:
    """The first ``count`` of them that have the most values between them, a given network among these."""
    with_given = (chosen for chosen in combinations(SHAPES, count) if any(shape.existing for shape in chosen))
    return max(with_given, key=lambda chosen: len({pair for shape in chosen for pair in enumerate(shape.values)}))
