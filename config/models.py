"""The sections of a stack file (``Pulumi.<stack>.yaml``) as strict, frozen models.

Keys are camelCase in the file and snake_case here. Unknown keys are errors. Defaults are the planner's
(``None`` or ``"auto"``) or the safe production choice.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from config import types as t

FlagValue = t.FlagValue


class Section(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Model(Section):
    """What to serve. In the file either this object or just the id."""

    id: t.ModelId
    revision: t.Revision | None = None
    quantization: t.Quantization | None = None
    served_name: t.ServedName | None = None
    token_secret_arn: t.SecretArn | None = None
    config_file: t.ConfigFile | None = None


class Serving(Section):
    """How it is used; tokens count prompt and answer together."""

    max_model_len: t.Tokens | None = None
    concurrency: t.Requests | None = None
    typical_tokens: t.Tokens | None = None
    gpu_memory_utilization: t.Utilization | None = None
    kv_cache_dtype: t.KvCacheDtype | None = None
    max_num_seqs: t.Requests | None = None
    max_num_batched_tokens: t.BatchedTokens | None = None
    extra_args: t.ExtraArgs = Field(default_factory=dict)


class Compute(Section):
    """On what it runs."""

    instance_type: t.InstanceType = "auto"
    gpu: t.Gpu | None = None
    tensor_parallel: t.TensorParallel = "auto"
    ami_id: t.AmiId | None = None


class Cache(Section):
    """The pool of EBS volumes for model files, compile cache and container images."""

    size_gib: t.SizeGib | None = None
    snapshot_id: t.SnapshotId | None = None
    protect: t.Switch = True


class Network(Section):
    """Where it runs."""

    mode: Annotated[Literal["create", "existing"], t.Says("create or existing", "create")] = "create"
    cidr: t.VpcCidr = "10.42.0.0/16"
    zones: t.Zones | None = None
    nat: Annotated[Literal["none", "single", "per_az"], t.Says("single or per_az", "single")] = "single"
    vpc_id: t.VpcId | None = None
    private_subnet_ids: t.SubnetIds | None = None
    public_subnet_ids: t.SubnetIds | None = None
    egress: Annotated[Literal["internet", "endpoints"], t.Says("internet", "internet")] = "internet"


class Endpoint(Section):
    """Who may reach it."""

    exposure: Annotated[Literal["internal", "public"], t.Says("internal or public", "internal")] = "internal"
    domain: t.Domain | None = None
    certificate_arn: t.CertificateArn | None = None
    allowed_cidrs: t.AllowedCidrs | None = None  # None: the network's own CIDR; for a public endpoint, everyone
    deletion_protection: t.Switch = False
    api_keys_secret_arn: t.SecretArn | None = None


class Scaling(Section):
    """How many replicas there are."""

    min: t.Replicas = 1
    max: t.Replicas | None = None  # None: same as min


class Monitoring(Section):
    """Who is told, and when."""

    notify: t.Notify = ()
    log_retention_days: t.LogRetentionDays = 30
    thresholds: t.Thresholds = Field(default_factory=dict)


class Budget(Section):
    """What it may cost."""

    monthly_usd: t.MonthlyUsd | None = None


class Image(Section):
    """Which vLLM container image runs."""

    repository: t.Repository = "vllm/vllm-openai"
    tag: t.Tag = "v0.32.0"
    digest: t.Digest | None = None


class StackConfig(Section):
    """Everything a user asks for, for one stack. ``stack`` and ``region`` come from outside ``vllm:``."""

    stack: str
    region: t.Region
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
    tags: t.UserTags = Field(default_factory=dict)
    target: Annotated[Literal["aws", "local"], t.Says("aws", "aws")] = "aws"
