"""Where API keys and the HuggingFace token will be; the program never sees a value."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags

RECOVERY_WINDOW_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    """A given ARN is used as it is; None creates an empty secret. ``recoverable``: keep a deleted one for 30 days.

    ``kms_key_arn``: of the secrets that are created.
    """

    api_keys_secret_arn: str | None
    hf_token_secret_arn: str | None
    recoverable: bool
    tags: Tags
    kms_key_arn: pulumi.Input[str] | None = None


class Secrets(pulumi.ComponentResource):
    """Up to two secrets without a version; `ops keys add` and `ops secrets set hf-token` put values."""

    api_keys_secret_arn: pulumi.Output[str]
    hf_token_secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Secrets", name, None, opts)
        self._args = args
        self.api_keys_secret_arn = self._arn(
            "vllm-api-keys",
            given=args.api_keys_secret_arn,
            part="api-keys",
            description="API keys of the vLLM endpoint, put by `ops keys add`",
        )
        self.hf_token_secret_arn = self._arn(
            "vllm-hf-token",
            given=args.hf_token_secret_arn,
            part="hf-token",
            description="HuggingFace token of the vLLM hosts, put by `ops secrets set hf-token`",
        )
        self.register_outputs(
            {
                "api_keys_secret_arn": self.api_keys_secret_arn,
                "hf_token_secret_arn": self.hf_token_secret_arn,
            }
        )

    def _arn(self, name: str, *, given: str | None, part: str, description: str) -> pulumi.Output[str]:
        if given is not None:
            return pulumi.Output.from_input(given)
        secret = aws.secretsmanager.Secret(
            name,
            description=description,
            kms_key_id=self._args.kms_key_arn,
            recovery_window_in_days=RECOVERY_WINDOW_DAYS if self._args.recoverable else 0,
            tags=self._args.tags.named(part),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return secret.arn
