"""The stacks that the whole-program tests look at: every committed stack file, and variants made of the dev one."""

from __future__ import annotations

import base64
import copy
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from config.models import StackConfig
from config.sources import load_stack_file
from rehearsal.graph.model import Graph, Resource
from rehearsal.graph.record import record_graph
from sizing.plan import Plan
from sizing.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]
STACKS = tuple(sorted(file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml")))
OWN_KEYS = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/keys-AbCdEf"
OWN_TOKEN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/token-AbCdEf"

VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "nat-per-zone": {"vllm:network": {"nat": "per_az"}},
    "nat-in-three-zones": {"vllm:network": {"nat": "per_az", "zones": ["us-east-1a", "us-east-1b", "us-east-1c"]}},
    "own-network-range": {"vllm:network": {"cidr": "172.20.0.0/16"}},
    "two-client-ranges": {"vllm:endpoint": {"allowedCidrs": ["10.1.0.0/16", "192.168.7.0/24"]}},
    "three-replicas": {"vllm:scaling": {"min": 1, "max": 3}},
    "pinned": {
        "vllm:compute": {"amiId": "ami-0aaaaaaaaaaaaaaaa"},
        "vllm:network": {"zones": ["us-east-1c", "us-east-1d"]},
        "vllm:cache": {"sizeGib": 300, "snapshotId": "snap-0aaaaaaaaaaaaaaaa"},
    },
    "protected-cache": {"vllm:cache": {"protect": True}},
    "own-secrets": {
        "vllm:model": {"id": "meta-llama/Llama-3.1-8B-Instruct", "tokenSecretArn": OWN_TOKEN},
        "vllm:endpoint": {"apiKeysSecretArn": OWN_KEYS},
    },
    "fewer-sequences": {"vllm:serving": {"maxNumSeqs": 64}},
    "other-region": {"aws:region": "eu-central-1"},
}
NAMES = (*STACKS, *VARIANTS)


@dataclass(frozen=True)
class Case:
    """One stack: what the user asked for, what it takes, and what the program made of it."""

    name: str
    config: StackConfig = field(repr=False)
    plan: Plan = field(repr=False)
    graph: Graph = field(repr=False)

    def only(self, type_: str) -> Resource:
        """The one resource of this type."""
        (resource,) = self.graph.of_type(type_)
        return resource

    @cached_property
    def user_data(self) -> str:
        """The launch template's user data, decoded."""
        template = self.only("aws:ec2/launchTemplate:LaunchTemplate")
        return base64.b64decode(template.inputs["userData"], validate=True).decode()

    @cached_property
    def host_files(self) -> dict[str, str]:
        """What cloud-init writes on the host, by path."""
        document = yaml.safe_load(self.user_data)
        return {entry["path"]: entry["content"] for entry in document["write_files"]}

    @cached_property
    def host_environment(self) -> dict[str, str]:
        """The variables of /etc/vllm/vllm.env, read as a shell reads them."""
        lines = self.host_files["/etc/vllm/vllm.env"].splitlines()
        words = [shlex.split(line) for line in lines]
        assert all(len(word) == 1 for word in words), "one assignment per line"
        return dict(word[0].split("=", 1) for word in words)


@cache
def load_case(name: str) -> Case:
    """The case of this name; recorded once per session."""
    if name in STACKS:
        return record_case(name=name, stack=name, root=ROOT)
    return variant_case(name=name, changes=VARIANTS[name])


def variant_case(*, name: str, changes: Mapping[str, Any], stack: str = "dev") -> Case:
    """The dev stack with some keys changed, under the name ``stack``."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "Pulumi.yaml").write_bytes((ROOT / "Pulumi.yaml").read_bytes())
        document = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8"))
        document["config"] = merged(document["config"], changes)
        (root / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        return record_case(name=name, stack=stack, root=root)


def record_case(*, name: str, stack: str, root: Path) -> Case:
    config, plan = prepare(load_stack_file(stack=stack, root=root))
    graph = record_graph(stack=stack, root=root, program=ROOT / "__main__.py")
    return Case(name=name, config=config, plan=plan, graph=graph)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(dict(base))
    for key, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result
