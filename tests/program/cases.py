"""The stacks that the whole-program tests look at: every committed stack file, and variants made of the dev one."""

from __future__ import annotations

import base64
import copy
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from config.models import StackConfig
from config.placeholders import with_stand_ins
from config.sources import load_stack_file
from rehearsal.graph.model import Graph, Resource
from rehearsal.graph.record import record_graph
from sizing.plan import Plan
from sizing.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ("vllm:components:Network", "vllm:components:ExistingNetwork")
LOCAL_STACKS = ("local",)
"""Those on one machine; what they make is in test_local.py and its like."""
STACKS = tuple(sorted({file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml")} - {*LOCAL_STACKS}))
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
GIVEN_NETWORK = {
    "mode": "existing",
    "vpcId": "vpc-0aaaaaaaaaaaaaaaa",
    "privateSubnetIds": ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2", "subnet-0aaaaaaaaaaaaaaa3"],
}
REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
DOCKER_HUB = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/docker-hub-AbCdEf"
ZONE = "Z0123456789ABCDEFGHIJ"
ON_THE_INTERNET = {
    "exposure": "public",
    "domain": "llm.example.com",
    "hostedZoneId": ZONE,
    "accessLogs": True,
    "waf": True,
    "rateLimit": {"perKey": 600, "perAddress": 3000},
}
PUBLIC_SUBNETS = ["subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2", "subnet-0bbbbbbbbbbbbbbb3"]
PUBLIC = {"exposure": "public", "certificateArn": CERTIFICATE}
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
OWN_KEYS = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/keys-AbCdEf"
OWN_TOKEN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/token-AbCdEf"
MODEL_IN_S3 = {"id": "meta-llama/Llama-3.1-8B-Instruct", "source": "s3://team-models/llama-3.1-8b/0e9e39f2"}
PRIVATE: Mapping[str, Any] = {
    "vllm:model": MODEL_IN_S3,
    "vllm:image": {"repository": f"{REGISTRY}/mirror/vllm"},
    "vllm:network": {"egress": "endpoints"},
}
RESERVATION = "cr-0123456789abcdef0"
BLOCK: Mapping[str, Any] = {
    "vllm:compute": {"instanceType": "p5.48xlarge", "capacity": {"block": {"id": RESERVATION, "zone": "us-east-1d"}}},
    "vllm:network": {"zones": ["us-east-1c", "us-east-1d"]},
    "vllm:scaling": {"min": 2},
}
DAY = {
    "name": "day",
    "start": "0 8 * * 1-5",
    "end": "0 18 * * 1-5",
    "timeZone": "Europe/Berlin",
    "min": 2,
    "max": 5,
}
NIGHT = {"name": "night", "start": "0 1 * * *", "end": "0 5 * * *", "timeZone": "Europe/Berlin", "min": 1, "max": 1}

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
    "other-flag": {"vllm:serving": {"extraArgs": {"seed": 7}}},
    "other-region": {"aws:region": "eu-central-1"},
    "https-internal": {"vllm:endpoint": {"certificateArn": CERTIFICATE}},
    "public": {"vllm:endpoint": {**PUBLIC, "domain": "llm.example.com"}},
    "internet": {"vllm:endpoint": ON_THE_INTERNET},
    "internet-kept": {"vllm:endpoint": {**ON_THE_INTERNET, "exposure": "internal"}, "vllm:cache": {"protect": True}},
    "rate-limit": {"vllm:endpoint": {"rateLimit": {"perKey": 600}}},
    "public-for-some": {"vllm:endpoint": {**PUBLIC, "allowedCidrs": ["198.51.100.0/24", "203.0.113.7/32"]}},
    "existing-network": {"vllm:network": GIVEN_NETWORK, "vllm:scaling": {"max": 2}},
    "existing-public": {
        "vllm:network": {**GIVEN_NETWORK, "publicSubnetIds": PUBLIC_SUBNETS},
        "vllm:endpoint": PUBLIC,
    },
    "tags": {"vllm:tags": {"team": "ml platform", "cost-center": "4711"}},
    "three-zones": {
        "vllm:network": {"zones": ["us-east-1a", "us-east-1b", "us-east-1c"]},
        "vllm:scaling": {"min": 3},
    },
    "long-name": {"vllm:tags": {"team": "ml"}},
    "own-image": {"vllm:image": {"build": {"packages": ["librosa==0.11.0"]}}},
    "own-image-kept": {"vllm:image": {"build": {"packages": ["librosa==0.11.0"]}}, "vllm:cache": {"protect": True}},
    "pull-through": {"vllm:image": {"pullThrough": {"credentialArn": DOCKER_HUB}}},
    "mirror-in-ecr": {"vllm:image": {"repository": f"{REGISTRY}/mirror/vllm"}},
    "prometheus": {"vllm:monitoring": {"prometheus": "amp", "scrapeFrom": ["sg-0cccccccccccccccc", "10.9.0.0/24"]}},
    "own-key-kept": {"vllm:encryption": {"ownKey": True}, "vllm:cache": {"protect": True}},
    "given-key": {"vllm:encryption": {"kmsKeyArn": KMS_KEY}},
    "watched": {
        "vllm:encryption": {"ownKey": True},
        "vllm:budget": {"monthlyUsd": 900},
        "vllm:monitoring": {
            "notify": ["ml-oncall@example.com"],
            "prometheus": "amp",
            "scrapeFrom": ["sg-0cccccccccccccccc", "10.9.0.0/24"],
        },
    },
    "model-in-s3": {"vllm:model": MODEL_IN_S3},
    "private": PRIVATE,
    "private-public": {**PRIVATE, "vllm:endpoint": PUBLIC},
    "private-existing": {**PRIVATE, "vllm:network": {**GIVEN_NETWORK, "egress": "endpoints"}},
    "private-prometheus": {
        **PRIVATE,
        "vllm:image": {"pullThrough": {"credentialArn": DOCKER_HUB}},
        "vllm:monitoring": {"prometheus": "amp"},
        "vllm:network": {"egress": "endpoints", "zones": ["us-east-1a", "us-east-1b", "us-east-1c"]},
    },
    "deletion-protection": {"vllm:endpoint": {"deletionProtection": True}},
    "stand-ins": {"vllm:compute": {"instanceType": "g6.2xlarge", "capacity": {"types": ["g5.2xlarge", "g6.12xlarge"]}}},
    "spot": {
        "vllm:compute": {"capacity": {"types": "auto", "onDemandBase": 1, "spotPercent": 50}},
        "vllm:scaling": {"min": 2, "max": 4, "signal": "kv_cache", "target": 0.6},
    },
    "reservations": {
        "vllm:compute": {"capacity": {"reservations": [RESERVATION]}},
        "vllm:scaling": {"min": 2, "strategy": "terminate_first"},
    },
    "block": BLOCK,
    "schedules": {"vllm:scaling": {"min": 1, "max": 1, "schedules": [DAY, NIGHT]}},
    "to-zero": {"vllm:scaling": {"min": 0, "max": 2, "idleMinutes": 20, "bakeMinutes": 0}},
    "elastic": {
        "vllm:compute": {
            "capacity": {"types": "auto", "reservations": "open", "onDemandBase": 1, "spotPercent": 100},
        },
        "vllm:scaling": {"min": 0, "max": 3, "schedules": [DAY]},
        "vllm:cache": {"protect": True},
        "vllm:endpoint": {"certificateArn": CERTIFICATE},
    },
}
STACK_NAMES = {"long-name": "a-stack-name-that-has-as-many-letters-as"}
"""Of variants that are not called dev."""
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

    @property
    def network(self) -> Resource:
        """The component of the network, made or given."""
        (network,) = (item for item in self.graph if item.type in NETWORKS)
        return network

    @property
    def certificate_arn(self) -> str | None:
        """Of the endpoint: given, or of the one that the stack makes."""
        made = self.graph.of_type("aws:acm/certificateValidation:CertificateValidation")
        return str(made[0].inputs["certificateArn"]) if made else self.config.endpoint.certificate_arn

    @property
    def is_given_a_network(self) -> bool:
        return self.config.network.mode == "existing"

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
        return stack_case(name)
    return variant_case(name=name, changes=VARIANTS[name], stack=STACK_NAMES.get(name, "dev"))


def variant_case(*, name: str, changes: Mapping[str, Any], stack: str = "dev") -> Case:
    """The dev stack with some keys changed, under the name ``stack``."""
    values = merged(values_of("dev"), changes)
    with stack_folder(stack=stack, values=values) as root:
        config, plan = prepare(load_stack_file(stack=stack, root=root))
        graph = record_graph(stack=stack, root=root, program=ROOT / "__main__.py")
    return Case(name=name, config=config, plan=plan, graph=graph)


def stack_case(stack: str) -> Case:
    """A committed stack. Its graph has stand-ins for placeholders, so what it is compared with has them too."""
    values, _ = with_stand_ins(values_of(stack))
    with stack_folder(stack=stack, values=values) as root:
        config, plan = prepare(load_stack_file(stack=stack, root=root))
    graph = record_graph(stack=stack, root=ROOT, program=ROOT / "__main__.py")
    return Case(name=stack, config=config, plan=plan, graph=graph)


def values_of(stack: str) -> dict[str, Any]:
    """What a committed stack file sets."""
    document = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    return dict(document["config"])


@contextmanager
def stack_folder(*, stack: str, values: Mapping[str, Any]) -> Iterator[Path]:
    """A folder with a stack file, as a checkout has it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "Pulumi.yaml").write_bytes((ROOT / "Pulumi.yaml").read_bytes())
        (root / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": dict(values)}), encoding="utf-8")
        yield root


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(dict(base))
    for key, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result
