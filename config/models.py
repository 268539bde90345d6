"""The sections of a stack file (``Pulumi.<stack>.yaml``) as strict, frozen models.

Keys are camelCase in the file and snake_case here. Unknown keys are errors. Defaults are the planner's
(``None`` or ``"auto"``) or the safe production choice.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

FlagValue = bool | int | float | str | list[str]


class Section(BaseModel):
    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class Model(Section):
    """What to serve. In the file either this object or just the id."""

    id: str
    revision: str | None = None
    quantization: str | None = None
    served_name: str | None = None
    token_secret_arn: str | None = None
    config_file: str | None = None


class Serving(Section):
    """How it is used; tokens count prompt and answer together."""

    max_model_len: int | None = None
    concurrency: int | None = None
    typical_tokens: int | None = None
    gpu_memory_utilization: float | None = None
    kv_cache_dtype: str | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    extra_args: dict[str, FlagValue] = Field(default_factory=dict)


class Compute(Section):
    instance_type: str = "auto"
    gpu: str | None = None
    tensor_parallel: Literal["auto"] | int = "auto"
    ami_id: str | None = None


class Cache(Section):
    size_gib: int | None = None
    snapshot_id: str | None = None
    protect: bool = True


class Network(Section):
    mode: Literal["create", "existing"] = "create"
    cidr: str = "10.42.0.0/16"
    zones: tuple[str, ...] | None = None
    nat: Literal["none", "single", "per_az"] = "single"
    egress: Literal["internet", "endpoints"] = "internet"


class Endpoint(Section):
    exposure: Literal["internal", "public"] = "internal"
    allowed_cidrs: tuple[str, ...] | None = None  # None: the network's own CIDR
    api_keys_secret_arn: str | None = None


class Scaling(Section):
    min: int = 1
    max: int | None = None  # None: same as min


class Monitoring(Section):
    notify: tuple[str, ...] = ()
    log_retention_days: int = 30
    thresholds: dict[str, float] = Field(default_factory=dict)


class Budget(Section):
    monthly_usd: float | None = None


class Image(Section):
    repository: str = "vllm/vllm-openai"
    tag: str = "v0.32.0"
    digest: str | None = None


class StackConfig(Section):
    """Everything a user asks for, for one stack. ``stack`` and ``region`` come from outside ``vllm:``."""

    stack: str
    region: str
    model: Model
    serving: Serving = Serving()
    compute: Compute = Compute()
    cache: Cache = Cache()
    network: Network = Network()
    endpoint: Endpoint = Endpoint()
    scaling: Scaling = Scaling()
    monitoring: Monitoring = Monitoring()
    budget: Budget = Budget()
    image: Image = Image()
    target: Literal["aws", "local"] = "aws"
