"""The domain types of the stack file: each a plain type, its rule, and what a report says about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from config import rules, scrapers


@dataclass(frozen=True)
class Says:
    """What a report (and an editor) says about a field: what is allowed, and one good value as YAML text.

    ``may_be_encrypted``: the plan does not depend on the value, so a ``secure:`` value is fine and the
    example stands in for it where it cannot be read.
    """

    allowed: str
    example: str
    may_be_encrypted: bool = False

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        result = handler(schema)
        if self.may_be_encrypted:
            result = {"anyOf": [_with_encrypted_items(result), ENCRYPTED]}
        result["description"] = f"Allowed: {self.allowed}."
        result["examples"] = [self.value()]
        return result

    def value(self) -> object:
        """The example as the value that it stands for."""
        return yaml.safe_load(self.example)


ENCRYPTED: JsonSchemaValue = {
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}


def _with_encrypted_items(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {**schema, "items": {"anyOf": [schema["items"], ENCRYPTED]}} if "items" in schema else schema


Region = Annotated[str, Says("the name of an AWS region", "us-east-1")]  # config.namespaces judges what is given

ModelId = Annotated[
    str,
    AfterValidator(rules.model_id),
    Says("a HuggingFace model id, organisation/name", "meta-llama/Llama-3.1-8B-Instruct"),
]
Revision = Annotated[
    str,
    AfterValidator(rules.revision),
    Says("a commit hash (40 hexadecimal digits), a tag or a branch", "0e9e39f249a16976918f6564b8830bc894c89659"),
]
Quantization = Annotated[
    str,
    Field(pattern=r"^[a-z0-9_-]{1,64}$"),
    Says("the name of a quantization method that the pinned vLLM knows", "awq"),
]
ServedName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$"),
    Says("1 to 128 letters, digits and . _ : / -", "llama-3.1-8b"),
]
SecretArn = Annotated[
    str,
    AfterValidator(rules.secret_arn),
    Says(
        "the ARN of a secret in AWS Secrets Manager",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/hf-token-AbCdEf",
        may_be_encrypted=True,
    ),
]
ConfigFile = Annotated[
    str,
    AfterValidator(rules.config_file),
    Says("the path of the model's config.json, relative to the repository root", "models/my-model.json"),
]

MAX_TOKENS = 16_777_216  # sixteen times the longest context of any known model: a typing slip, not a wish
Tokens = Annotated[int, Field(ge=1, le=MAX_TOKENS), Says(f"a whole number of tokens, 1 to {MAX_TOKENS}", "8192")]
Requests = Annotated[int, Field(ge=1, le=65_536), Says("a whole number of requests, 1 to 65536", "20")]
BatchedTokens = Annotated[
    int, Field(ge=1, le=1_048_576), Says("a whole number of tokens per step, 1 to 1048576", "8192")
]
Utilization = Annotated[
    float,
    Field(gt=0, le=1, allow_inf_nan=False),
    Says("a part of the GPU's memory: above 0, at most 1", "0.90"),
]
KvCacheDtype = Annotated[
    str,
    Field(pattern=r"^[a-z0-9_]{1,64}$"),
    Says("auto, or a cache data type that the pinned vLLM knows", "fp8"),
]
FlagValue = bool | int | float | str | list[str]
ExtraArgs = Annotated[
    dict[Annotated[str, AfterValidator(rules.flag_name)], FlagValue],
    Says(
        "a mapping from a vLLM flag's name, without dashes in front, to its value "
        "(true: the bare flag; a list of text: repeated)",
        "{enable-auto-tool-choice: true, tool-call-parser: llama3_json}",
    ),
]

InstanceType = Annotated[
    str,
    AfterValidator(rules.instance_type),
    Says("auto, or an EC2 GPU instance type", "g6.2xlarge"),
]
Gpu = Annotated[str, Field(pattern=r"^\S.{0,63}$"), Says("a GPU's name", "L4")]
TensorParallel = Annotated[
    Literal["auto"] | Annotated[int, Field(ge=1, le=64)],
    Says("auto, or the number of GPUs that share one model, 1 to 64", "4"),
]
Devices = Annotated[
    Annotated[tuple[Annotated[int, Field(ge=0, le=63)], ...], Field(strict=False)] | Literal["all"],
    AfterValidator(rules.devices),
    Says("all, or the indexes of GPUs as nvidia-smi counts them, at least one", "[0]"),
]
AmiId = Annotated[
    str,
    Field(pattern=r"^ami-([0-9a-f]{8}|[0-9a-f]{17})$"),
    Says(
        "the id of an Amazon machine image, ami- and 8 or 17 hexadecimal digits",
        "ami-0123456789abcdef0",
        may_be_encrypted=True,
    ),
]

SizeGib = Annotated[
    int, Field(ge=1, le=65_536), Says("a whole number of GiB, 1 to 65536 (the largest gp3 volume)", "200")
]
SnapshotId = Annotated[
    str,
    Field(pattern=r"^snap-([0-9a-f]{8}|[0-9a-f]{17})$"),
    Says(
        "the id of an EBS snapshot, snap- and 8 or 17 hexadecimal digits",
        "snap-0123456789abcdef0",
        may_be_encrypted=True,
    ),
]
CachePath = Annotated[
    str,
    Field(min_length=1, max_length=4096),
    AfterValidator(rules.host_folder),
    Says("a folder of this machine, from / or ~", "~/.cache/huggingface"),
]
Port = Annotated[int, Field(ge=1, le=65_535), Says("a port number, 1 to 65535", "8000")]
Switch = Annotated[bool, Says("true or false", "true")]

VpcCidr = Annotated[
    str,
    AfterValidator(rules.vpc_cidr),
    Says(f"an IPv4 network from /{rules.VPC_LARGEST} to /{rules.VPC_SMALLEST}", "10.42.0.0/16"),
]
Zones = Annotated[
    tuple[str, ...],
    Field(strict=False),
    AfterValidator(rules.zones),
    Says(
        f"{rules.ZONES_MIN} to {rules.ZONES_MAX} availability zones of the stack's region", "[us-east-1a, us-east-1b]"
    ),
]
AllowedCidrs = Annotated[
    tuple[Annotated[str, AfterValidator(rules.client_cidr)], ...],
    Field(strict=False, min_length=1),
    Says(
        "IPv4 networks of the clients, at least one; 0.0.0.0/0 only for a public endpoint",
        "[10.0.0.0/8]",
        may_be_encrypted=True,
    ),
]

VpcId = Annotated[
    str,
    Field(pattern=r"^vpc-([0-9a-f]{8}|[0-9a-f]{17})$"),
    Says("the id of a VPC, vpc- and 8 or 17 hexadecimal digits", "vpc-0123456789abcdef0"),
]
SubnetIds = Annotated[
    tuple[Annotated[str, Field(pattern=r"^subnet-([0-9a-f]{8}|[0-9a-f]{17})$")], ...],
    Field(strict=False, min_length=rules.ZONES_MIN, max_length=rules.GIVEN_SUBNETS_MAX),
    AfterValidator(rules.given_ids),
    Says(
        f"{rules.ZONES_MIN} to {rules.GIVEN_SUBNETS_MAX} ids of subnets, one per availability zone",
        "[subnet-0123456789abcdef0, subnet-0123456789abcdef1]",
    ),
]
UserTags = Annotated[
    dict[str, str],
    AfterValidator(rules.tags),
    Says(
        f"at most {rules.USER_TAGS_MAX} tags, each key and value a text (a number in quotes)",
        '{team: ml-platform, cost-center: "4711"}',
    ),
]

Replicas = Annotated[int, Field(ge=1, le=1000), Says("a whole number of replicas, 1 to 1000", "1")]

Notify = Annotated[
    tuple[Annotated[str, AfterValidator(rules.email)], ...],
    Field(strict=False),
    Says("e-mail addresses", "[ml-oncall@example.com]", may_be_encrypted=True),
]
LogRetentionDays = Annotated[
    int,
    AfterValidator(rules.log_retention_days),
    Says("one of CloudWatch's: " + ", ".join(map(str, rules.LOG_RETENTION_DAYS)), "30"),
]
Thresholds = Annotated[
    dict[Annotated[str, AfterValidator(rules.alarm_id)], Annotated[float, Field(ge=0, allow_inf_nan=False)]],
    Says(
        f"a mapping from an alarm's name ({', '.join(rules.ALARM_IDS)}) to a number, 0 or more",
        "{slow-responses: 20}",
    ),
]
Prometheus = Annotated[
    Literal["none", "amp", "local"],
    Says("none, amp (Amazon Managed Service for Prometheus) or, with target: local, local", "amp"),
]
ScrapeFrom = Annotated[
    tuple[Annotated[str, AfterValidator(scrapers.scraper)], ...],
    Field(strict=False, max_length=scrapers.SCRAPERS_MAX),
    AfterValidator(scrapers.scrapers),
    Says(
        f"at most {scrapers.SCRAPERS_MAX} ids of security groups and IPv4 networks, none of them /0",
        "[sg-0123456789abcdef0, 10.0.8.0/24]",
        may_be_encrypted=True,
    ),
]

MonthlyUsd = Annotated[float, Field(gt=0, allow_inf_nan=False), Says("a number of US dollars a month, above 0", "2000")]

Repository = Annotated[
    str,
    AfterValidator(rules.image_repository),
    Says("the name of an image repository, without tag and digest", "vllm/vllm-openai"),
]
Tag = Annotated[
    str,
    AfterValidator(rules.image_tag),
    Says(f"a tag that names a whole version, {rules.MIN_IMAGE_TEXT} or newer", "v0.32.0"),
]
Digest = Annotated[
    str,
    Field(pattern=r"^sha256:[0-9a-f]{64}$"),
    Says("sha256: and 64 hexadecimal digits", "sha256:" + "0123456789abcdef" * 4),
]
Packages = Annotated[
    tuple[Annotated[str, AfterValidator(rules.pinned_package)], ...],
    Field(strict=False, min_length=1),
    Says("Python packages, each with its exact version", "[librosa==0.11.0]"),
]
ProjectPath = Annotated[
    str,
    AfterValidator(rules.project_path),
    Says("the path of a folder inside this repository", "chat-templates"),
]
DockerfilePath = Annotated[
    str,
    AfterValidator(rules.project_path),
    Says("the path of a Dockerfile inside this repository", "image/Dockerfile"),
]
PullThroughSecret = Annotated[
    str,
    AfterValidator(rules.pull_through_secret),
    Says(
        "the ARN of a secret with a Docker Hub name and token, whose name starts with ecr-pullthroughcache/",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/docker-hub-AbCdEf",
    ),
]
