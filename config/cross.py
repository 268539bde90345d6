"""Rules between keys. Each takes the whole configuration and returns what is wrong, or None."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from config import (
    budget_rules,
    capacity_rules,
    encryption_rules,
    endpoint_rules,
    network_rules,
    private_rules,
    rules,
    scaling_rules,
    target_rules,
)
from config.errors import Problem
from config.models import StackConfig

Rule = Callable[[StackConfig], Problem | None]


def stack_is_named_shortly(config: StackConfig) -> Problem | None:
    """Names of AWS resources, tags and policies are made from it."""
    try:
        rules.stack_name(config.stack)
    except ValueError as error:
        return Problem(
            path="stack",
            given=config.stack,
            allowed=f"1 to {rules.STACK_NAME_MAX_LENGTH} letters, digits and . _ -",
            example="prod",
            message=f"{error}: pulumi stack rename",
        )
    return None


def typical_within_longest(config: StackConfig) -> Problem | None:
    typical, longest = config.serving.typical_tokens, config.serving.max_model_len
    if typical is None or longest is None or typical <= longest:
        return None
    return Problem(
        path="vllm:serving.typicalTokens",
        given=str(typical),
        allowed=f"1 to serving.maxModelLen, which is {longest}",
        example=str(longest // 2 or 1),
        message="a typical request cannot be longer than the longest one (prompt and answer together)",
    )


def batch_holds_every_sequence(config: StackConfig) -> Problem | None:
    tokens, sequences = config.serving.max_num_batched_tokens, config.serving.max_num_seqs
    if tokens is None or sequences is None or tokens >= sequences:
        return None
    return Problem(
        path="vllm:serving.maxNumBatchedTokens",
        given=str(tokens),
        allowed=f"at least serving.maxNumSeqs, which is {sequences}",
        example=str(max(2048, sequences)),
        message="each running sequence needs one token per step, so vLLM refuses to start",
    )


def zones_in_region(config: StackConfig) -> Problem | None:
    zones = config.network.zones or ()
    if all(zone[:-1] == config.region for zone in zones):
        return None
    good = f"[{config.region}a, {config.region}b]"
    return Problem(
        path="vllm:network.zones",
        given=", ".join(zones),
        allowed=f"zones of {config.region}",
        example=good,
        message=f"aws:region is {config.region}: take zones of it, or change the region",
    )


def token_secret_in_region(config: StackConfig) -> Problem | None:
    return _secret_in_region(config, "vllm:model.tokenSecretArn", config.model.token_secret_arn)


def keys_secret_in_region(config: StackConfig) -> Problem | None:
    return _secret_in_region(config, "vllm:endpoint.apiKeysSecretArn", config.endpoint.api_keys_secret_arn)


def _secret_in_region(config: StackConfig, path: str, arn: str | None) -> Problem | None:
    if arn is None or arn.split(":")[3] == config.region:
        return None
    return Problem(
        path=path,
        given=arn,
        allowed=f"a secret in {config.region}",
        example=f"arn:aws:secretsmanager:{config.region}:123456789012:secret:team/name-AbCdEf",
        message="hosts read secrets of their own region only: replicate the secret, or name one there",
    )


def tag_floats_only_beside_digest(config: StackConfig) -> Problem | None:
    image = config.image
    if image.digest is not None or rules.image_version(image.tag) is not None:
        return None
    return Problem(
        path="vllm:image.tag",
        given=image.tag,
        allowed=f"a whole version, {rules.MIN_IMAGE_TEXT} or newer; any tag beside image.digest",
        example="v0.32.0",
        message="this tag moves to other images over time: name a version, or set image.digest as well",
    )


def hosts_reach_the_registry(config: StackConfig) -> Problem | None:
    network = config.network
    if network.mode == "existing" or network.nat != "none" or network.egress != "internet":
        return None
    return Problem(
        path="vllm:network.nat",
        given="none",
        allowed="single or per_az",
        example="single",
        message="without NAT hosts in private subnets reach neither the image registry nor the model hub",
    )


RULES: tuple[Rule, ...] = (
    stack_is_named_shortly,
    typical_within_longest,
    batch_holds_every_sequence,
    tag_floats_only_beside_digest,
    target_rules.build_says_something,
    target_rules.prometheus_is_of_the_target,
)
AWS_RULES: tuple[Rule, ...] = (
    scaling_rules.idle_minutes_say_something,
    capacity_rules.block_stands_alone,
    capacity_rules.block_has_its_type,
    capacity_rules.base_is_below_spot,
    capacity_rules.reservations_are_used,
    hosts_reach_the_registry,
    private_rules.private_hosts_have_a_model,
    private_rules.private_hosts_have_no_nat,
    private_rules.private_samples_have_an_agent,
    target_rules.pull_through_is_for_docker_hub,
    endpoint_rules.public_speaks_https,
    network_rules.open_to_all_only_in_public,
    endpoint_rules.domain_has_a_certificate,
    encryption_rules.one_key_is_used,
    budget_rules.budget_tells_at_most_ten,
)
MANY: tuple[Callable[[StackConfig], Iterator[Problem]], ...] = (target_rules.keys_of_the_target,)
AWS_MANY: tuple[Callable[[StackConfig], Iterator[Problem]], ...] = (
    scaling_rules.min_at_most_max,
    scaling_rules.schedules_have_their_own_names,
    scaling_rules.schedules_come,
    scaling_rules.schedules_are_apart,
    capacity_rules.each_is_named_once,
    network_rules.keys_of_the_network_mode,
    network_rules.a_given_network_is_named,
    private_rules.keys_beside_a_source,
    endpoint_rules.hosted_zone_has_its_domain,
    endpoint_rules.rate_limit_says_something,
)
REGION_RULES: tuple[Rule, ...] = (
    zones_in_region,
    token_secret_in_region,
    keys_secret_in_region,
    endpoint_rules.certificate_in_region,
    target_rules.pull_through_secret_in_region,
    encryption_rules.key_in_region,
    private_rules.private_hosts_have_an_image,
    capacity_rules.block_is_in_the_region,
    capacity_rules.block_is_in_the_network,
)


def check(config: StackConfig, *, region_known: bool) -> list[Problem]:
    """Every broken rule; those about AWS only for a stack there, those about the region only where it is known."""
    on_aws = config.target == "aws"
    rules_here = RULES + (AWS_RULES if on_aws else ()) + (REGION_RULES if on_aws and region_known else ())
    found = [problem for rule in rules_here if (problem := rule(config))]
    many_here = MANY + (AWS_MANY if on_aws else ())
    return found + [problem for many in many_here for problem in many(config)]
