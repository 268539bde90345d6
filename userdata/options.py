"""What a host needs to know, as frozen data. Everything here is readable by anyone who may read user data:
ARNs and names only, never a secret."""

from __future__ import annotations

from dataclasses import dataclass

from config.models import StackConfig
from sizing.catalog import load_catalog
from sizing.plan import Plan

DLAMI_PARAMETER = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"
"""The public SSM parameter that names the newest machine image hosts are made for."""
CACHE_POOL_TAG = "vllm:cache-pool"
"""On every cache slot; its value is the stack."""
LAUNCHING_HOOK = "vllm-launching"
TERMINATING_HOOK = "vllm-terminating"


@dataclass(frozen=True, kw_only=True)
class AwsNames:
    """What AWS calls the things that a host uses; known only once they exist."""

    scripts_bucket: str
    api_keys_secret_arn: str
    hf_token_secret_arn: str
    log_group: str
    target_group_arn: str


@dataclass(frozen=True, kw_only=True)
class HostOptions:
    """Inputs of ``userdata.render.cloud_config``; all plain strings, outputs already resolved."""

    plan: Plan
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


def host_options(*, config: StackConfig, plan: Plan, names: AwsNames) -> HostOptions:
    """The options of every host of a stack; a stack's hosts do not differ."""
    return HostOptions(
        plan=plan,
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
    )


def needs_token(config: StackConfig) -> bool:
    """Whether hosts wait for a HuggingFace token: the model is gated, or the user brought a secret for it."""
    model = load_catalog().model(config.model.id)
    return config.model.token_secret_arn is not None or (model is not None and model.gated)
