"""What a host needs to know, as frozen data. Everything here is readable by anyone who may read user data:
ARNs and names only, never a secret."""

from __future__ import annotations

from dataclasses import dataclass

from sizing.plan import Plan


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
