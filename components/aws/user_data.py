"""User data of the stack's hosts, once the names of what they use are known."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from config.errors import ConfigError
from config.models import StackConfig
from sizing.plan import Plan
from userdata.options import AwsNames, host_options
from userdata.render import cloud_config


@dataclass(frozen=True, kw_only=True)
class HostNames:
    """What AWS calls the things that a host uses. ``remote_write_url``: None where the stack has no workspace."""

    scripts_bucket: pulumi.Input[str]
    api_keys_secret_arn: pulumi.Input[str]
    hf_token_secret_arn: pulumi.Input[str]
    log_group: pulumi.Input[str]
    target_group_arn: pulumi.Input[str]
    image: pulumi.Input[str]
    prometheus_image: pulumi.Input[str]
    remote_write_url: pulumi.Input[str] | None = None


def user_data(*, config: StackConfig, plan: Plan, names: HostNames) -> pulumi.Output[str]:
    """The cloud-config text, as soon as every name is known."""

    def render(known: list[str]) -> str:
        bucket, api_keys, hf_token, log_group, target_group, image, prometheus, remote_write_url = known
        aws_names = AwsNames(
            scripts_bucket=bucket,
            api_keys_secret_arn=api_keys,
            hf_token_secret_arn=hf_token,
            log_group=log_group,
            target_group_arn=target_group,
            image=image,
            prometheus_image=prometheus,
            remote_write_url=remote_write_url,
        )
        try:
            return cloud_config(host_options(config=config, plan=plan, names=aws_names))
        except ConfigError as error:
            raise pulumi.RunError(str(error)) from None  # the engine shows anything else with a traceback

    return pulumi.Output.all(
        names.scripts_bucket,
        names.api_keys_secret_arn,
        names.hf_token_secret_arn,
        names.log_group,
        names.target_group_arn,
        names.image,
        names.prometheus_image,
        names.remote_write_url,
    ).apply(render)
