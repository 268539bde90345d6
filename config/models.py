"""The sections of a stack file (``Pulumi.<stack>.yaml``) as strict, frozen models.

Keys are camelCase in the file and snake_case here. Unknown keys are errors. Defaults are the planner's
(``None`` or ``"auto"``) or the safe production choice.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config import endpoint_types as e
from config import types as t
from config.capacity import Capacity
from config.kms import KmsKeyArn
from config.model_source import ModelSource
from config.scaling import Scaling
from config.section import Section

FlagValue = t.FlagValue


class Model(Section):
    """What to serve. In the file either this object or just the id."""

    id: t.ModelId
    """The model to serve; one of the catalogue, or any other with `configFile`."""
    revision: t.Revision | None = None
    """The commit of its repository; without it, a boot takes the newest."""
    source: ModelSource | None = None
    """Hosts copy its files from here, with the rights of their role, and never ask HuggingFace."""
    quantization: t.Quantization | None = None
    """How vLLM reads or quantises the weights; without it, as the checkpoint is stored."""
    served_name: t.ServedName | None = None
    """The name that clients send as `model`; the id otherwise."""
    token_secret_arn: t.SecretArn | None = None
    """A secret of your own with the HuggingFace token, in place of the one that the stack makes."""
    config_file: t.ConfigFile | None = None
    """The shape of a model that is not in the catalogue: its config.json, saved in this repository."""


class Serving(Section):
    """How it is used; tokens count prompt and answer together."""

    max_model_len: t.Tokens | None = None
    """The longest request; 8192 otherwise, or less where the model can do less."""
    concurrency: t.Requests | None = None
    """Requests of `typicalTokens` that one replica must hold at a time; 1 otherwise."""
    typical_tokens: t.Tokens | None = None
    """What a usual request takes; `maxModelLen` otherwise."""
    gpu_memory_utilization: t.Utilization | None = None
    """The part of each GPU's memory that vLLM may use; 0.90 otherwise."""
    kv_cache_dtype: t.KvCacheDtype | None = None
    """The format of the KV cache; fp8 holds twice as many tokens as the model's 16 bits."""
    max_num_seqs: t.Requests | None = None
    """The most requests in one step; vLLM's own for the GPU otherwise, raised to `concurrency`."""
    max_num_batched_tokens: t.BatchedTokens | None = None
    """The most tokens in one step; vLLM's own for the GPU otherwise."""
    extra_args: t.ExtraArgs = Field(default_factory=dict)
    """Other flags of vLLM, checked against those of the pinned version."""


class Compute(Section):
    """On what it runs."""

    instance_type: t.InstanceType = "auto"
    """The machine; `auto` is the cheapest of the region that holds what `serving` asks."""
    gpu: t.Gpu | None = None
    """Narrows `auto` to machines with this GPU."""
    tensor_parallel: t.TensorParallel = "auto"
    """GPUs that share the model; `auto` takes as many of the machine as can."""
    devices: t.Devices | None = None
    """GPUs of this machine, with `target: local`; all of them otherwise."""
    ami_id: t.AmiId | None = None
    """The machine image of hosts; otherwise AWS's newest one for GPUs when the stack is made, held from then on."""
    capacity: Capacity | None = None
    """From where AWS takes machines; otherwise on demand, of the one type."""


class Cache(Section):
    """Where model files and compile cache are kept: a pool of EBS volumes, or volumes of this machine's Docker."""

    size_gib: t.SizeGib | None = None
    """The size of a slot; otherwise two revisions of the model and two images fit. It can only grow."""
    path: t.CachePath | None = None
    """A HuggingFace cache that is there, with `target: local`; otherwise the stack has a volume of its own."""
    snapshot_id: t.SnapshotId | None = None
    """New slots start as a copy of this snapshot, with the model already there; `ops bake` makes one."""
    protect: t.Switch = True
    """Whether slots or volumes outlive the stack: then `pulumi destroy --exclude-protected` leaves them."""


class Network(Section):
    """Where it runs."""

    mode: Annotated[Literal["create", "existing"], t.Says("create or existing", "create")] = "create"
    """A network of its own, or one that is there."""
    cidr: t.VpcCidr = "10.42.0.0/16"
    """The address range of the network that is made."""
    zones: t.Zones | None = None
    """Its zones; otherwise two that offer the machine, looked up when the stack is made and held from then on."""
    nat: Annotated[Literal["none", "single", "per_az"], t.Says("single or per_az", "single")] = "single"
    """How hosts reach the internet: one NAT gateway, or one in each zone, so that no zone depends on another."""
    vpc_id: t.VpcId | None = None
    """The network to use."""
    private_subnet_ids: t.SubnetIds | None = None
    """Where hosts (and an internal load balancer) are: subnets with a route out."""
    public_subnet_ids: t.SubnetIds | None = None
    """Where a public load balancer is: subnets with a route to an internet gateway."""
    egress: Annotated[Literal["internet", "endpoints"], t.Says("internet or endpoints", "internet")] = "internet"
    """What hosts reach: the internet, or nothing but AWS over private endpoints (docs/private-hosts.md)."""


class RateLimit(Section):
    """How often one client may ask; docs/endpoint.md says how exactly AWS counts."""

    per_key: e.RequestsPer5Minutes | None = None
    """Requests in 5 minutes with one and the same API key."""
    per_address: e.RequestsPer5Minutes | None = None
    """Requests in 5 minutes from one address; all behind one NAT share it."""


class Endpoint(Section):
    """Who may reach it."""

    exposure: Annotated[Literal["internal", "public"], t.Says("internal or public", "internal")] = "internal"
    """Whether the load balancer has private addresses only, or public ones."""
    domain: e.Domain | None = None
    """The name that clients use. Without `hostedZoneId`, point it at the `load_balancer_dns` output with a CNAME."""
    hosted_zone_id: e.HostedZoneId | None = None
    """The public Route 53 zone of `domain`: the stack then makes its certificate and its record, and speaks HTTPS."""
    certificate_arn: e.CertificateArn | None = None
    """Makes the endpoint HTTPS with a certificate that is there; HTTP then redirects to it."""
    allowed_cidrs: t.AllowedCidrs | None = None
    """Who may connect; the network's own range otherwise, and everyone for a public endpoint."""
    deletion_protection: t.Switch = False
    """Keeps AWS and Pulumi from deleting the load balancer. To destroy it: set false, `pulumi up`, then destroy."""
    port: t.Port = 8000
    """Where the endpoint listens, on this machine alone, with `target: local`."""
    api_keys_secret_arn: t.SecretArn | None = None
    """A secret of your own with the API keys, in place of the one that the stack makes."""
    access_logs: t.Switch = False
    """Keeps a line per request (address, path, status, times; no key, no prompt) in a bucket for 90 days."""
    waf: t.Switch = False
    """A firewall (AWS WAF) before the load balancer: docs/endpoint.md says what it refuses, and what never."""
    rate_limit: RateLimit | None = None
    """The most requests in 5 minutes; any beyond get a 429. It switches the firewall on."""

    @property
    def is_https(self) -> bool:
        """Whether it has a certificate: one that is there, or one that the stack makes."""
        return self.certificate_arn is not None or self.hosted_zone_id is not None

    @property
    def has_firewall(self) -> bool:
        return self.waf or self.rate_limit is not None


class Monitoring(Section):
    """Who is told, and when."""

    notify: t.Notify = ()
    """Who gets an e-mail when an alarm fires; each address must confirm once."""
    log_retention_days: t.LogRetentionDays = 30
    """How long CloudWatch keeps the hosts' logs."""
    thresholds: t.Thresholds = Field(default_factory=dict)
    """Other limits for alarms; docs/runbook.md says what each measures."""
    prometheus: t.Prometheus = "none"
    """The same alarms in Prometheus too: Amazon's managed one, or with `target: local` one on this machine."""
    scrape_from: t.ScrapeFrom = ()
    """Where a Prometheus of your own is: it may read port 9400 of each host, which has nothing but metrics."""


class Budget(Section):
    """What it may cost."""

    monthly_usd: t.MonthlyUsd | None = None
    """Warns when a plan costs more; AWS mails `monitoring.notify` when what was spent comes near or is to pass it."""


class Encryption(Section):
    """With which key volumes, logs, secrets, alarm topic and host scripts are encrypted; AWS's own otherwise."""

    kms_key_arn: KmsKeyArn | None = None
    """A key of yours; docs/encryption.md has what its policy must say."""
    own_key: t.Switch = False
    """The stack makes a key, with yearly rotation and the policy that all of it needs."""


class ImageBuild(Section):
    """An image of your own, on top of vLLM's."""

    packages: t.Packages = ()
    """Python packages that vLLM's image lacks."""
    chat_templates: t.ProjectPath | None = None
    """A folder of templates; they are at /opt/vllm/chat-templates in the image."""
    dockerfile: t.DockerfilePath | None = None
    """A Dockerfile of your own in place of the project's; it begins with `ARG BASE` and `FROM ${BASE}`."""


class PullThrough(Section):
    """A cache of Docker Hub in your registry, against its limits."""

    credential_arn: t.PullThroughSecret
    """The secret with which ECR logs in to Docker Hub."""


class Image(Section):
    """Which vLLM container image runs."""

    repository: t.Repository = "vllm/vllm-openai"
    """Where the image is pulled from, such as a mirror of your own; vllm/vllm-openai-cpu on a machine without GPU."""
    tag: t.Tag = "v0.32.0"
    """The version of vLLM. Flags, metrics and memory are checked for v0.32.0."""
    digest: t.Digest | None = None
    """The exact image; `tag` then only says which version it is."""
    build: ImageBuild | None = None
    """An image of your own, built on that one."""
    pull_through: PullThrough | None = None
    """Hosts pull through a cache in ECR."""
    run_as_root: t.Switch = False
    """For an image that runs as root alone; vLLM's own needs none. Its root may change files, and nothing else."""


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
    encryption: Encryption = Encryption()
    image: Image = Image()
    tags: t.UserTags = Field(default_factory=dict)
    """Tags of your own on everything that the stack makes, beside Name, Project, Stack and ManagedBy."""
    target: Annotated[Literal["aws", "local"], t.Says("aws or local", "aws")] = "aws"
    """Where it runs: EC2, or the Docker engine of this machine."""
