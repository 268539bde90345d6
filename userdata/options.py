"""What a host needs to know, as frozen data. Everything here is readable by anyone who may read user data:
ARNs and names only, never a secret."""

from __future__ import annotations

from dataclasses import dataclass

from config.models import StackConfig
from sizing.catalog import load_catalog
from sizing.plan import Plan
from userdata.container import CONTAINER_USER, ROOT_USER

DLAMI_PARAMETER = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"
"""The public SSM parameter that names the newest machine image hosts are made for."""
CACHE_POOL_TAG = "vllm:cache-pool"
"""On every cache slot; its value is the stack."""
SCRATCH_TAG = "vllm:scratch"
"""On a volume that a host made because no slot was to be had; its value is the stack."""
METRIC_NAMESPACE = "vLLM"
"""Of the metrics that hosts put."""
PROMETHEUS_IMAGE = "prom/prometheus:v3.13.5"
"""Of Docker Hub; a release with long-term support. As an agent it sends a host's metrics on."""
LAUNCHING_HOOK = "vllm-launching"
TERMINATING_HOOK = "vllm-terminating"


def boot_loop_alarm(stack: str) -> str:
    """The alarm's name. A host that gives up sets its state, so the name is known before the alarm is made."""
    return f"vllm-{stack}-boot-loop"


@dataclass(frozen=True, kw_only=True)
class AwsNames:
    """What AWS calls the things that a host uses; known only once they exist.

    ``image``: what the stack made of the plan's image; None where hosts pull that one. ``remote_write_url``: of the
    stack's workspace for metrics, and ``prometheus_image``: what writes to it; used only where there is one.
    """

    scripts_bucket: str
    api_keys_secret_arn: str
    hf_token_secret_arn: str
    log_group: str
    target_group_arn: str
    image: str | None = None
    remote_write_url: str | None = None
    prometheus_image: str | None = None


@dataclass(frozen=True, kw_only=True)
class RemoteWrite:
    """Where a host's metrics go: ``url`` of the workspace, ``image`` of the Prometheus agent."""

    url: str
    image: str


@dataclass(frozen=True, kw_only=True)
class HostOptions:
    """Inputs of ``userdata.render.cloud_config``; all plain strings, outputs already resolved."""

    plan: Plan
    image: str  # what to pull
    stack: str
    region: str
    scripts_bucket: str  # S3 bucket with the host scripts
    api_keys_secret_arn: str
    hf_token_secret_arn: str
    hf_token_required: bool  # the model is gated: boot waits for the token
    cache_pool: str  # value of the tag `vllm:cache-pool` on the slots this host may claim
    log_group: str
    target_group_arn: str
    launching_hook: str
    terminating_hook: str
    boot_loop_alarm: str  # name of the alarm that tells of launches that fail in a row
    container_user: str = CONTAINER_USER
    metrics_port_open: bool = False  # to other machines; the security group says to which
    remote_write: RemoteWrite | None = None
    model_source: str | None = None  # where in S3 the model's files are; None: on HuggingFace


def host_options(*, config: StackConfig, plan: Plan, names: AwsNames) -> HostOptions:
    """The options of every host of a stack; a stack's hosts do not differ."""
    return HostOptions(
        plan=plan,
        image=names.image or plan.image,
        stack=config.stack,
        region=config.region,
        scripts_bucket=names.scripts_bucket,
        api_keys_secret_arn=names.api_keys_secret_arn,
        hf_token_secret_arn=names.hf_token_secret_arn,
        hf_token_required=needs_token(config),
        cache_pool=config.stack,
        log_group=names.log_group,
        target_group_arn=names.target_group_arn,
        launching_hook=LAUNCHING_HOOK,
        terminating_hook=TERMINATING_HOOK,
        boot_loop_alarm=boot_loop_alarm(config.stack),
        container_user=ROOT_USER if config.image.run_as_root else CONTAINER_USER,
        metrics_port_open=bool(config.monitoring.scrape_from),
        model_source=config.model.source,
        remote_write=_remote_write(names) if config.monitoring.prometheus == "amp" else None,
    )


def _remote_write(names: AwsNames) -> RemoteWrite:
    if names.remote_write_url is None:
        raise ValueError("the stack has a workspace for metrics, so hosts need its URL")
    return RemoteWrite(url=names.remote_write_url, image=names.prometheus_image or PROMETHEUS_IMAGE)


def needs_token(config: StackConfig) -> bool:
    """Whether hosts wait for a HuggingFace token: the model is gated, or the user brought a secret for it. One from S3
    needs none."""
    if config.model.source is not None:
        return False
    model = load_catalog().model(config.model.id)
    return config.model.token_secret_arn is not None or (model is not None and model.gated)
