"""Rules about the target: keys that mean something on AWS alone, or on one machine alone, and the image's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.errors import Problem
from config.models import StackConfig
from config.section import Section
from config.wording import field_of, says, section_of, show

AWS_ONLY: Mapping[str, tuple[str, ...]] = {
    "model": ("source", "tokenSecretArn"),
    "compute": ("instanceType", "amiId", "capacity"),
    "cache": ("sizeGib", "snapshotId"),
    "endpoint": (
        *("exposure", "domain", "hostedZoneId", "certificateArn", "allowedCidrs", "deletionProtection"),
        *("apiKeysSecretArn", "accessLogs", "waf", "rateLimit"),
    ),
    "image": ("pullThrough",),
    "network": (),
    "scaling": (),
    "monitoring": ("notify", "logRetentionDays", "scrapeFrom"),
    "budget": (),
    "encryption": (),
    "tags": (),
}
"""By section; none named: the whole section."""

LOCAL_ONLY: Mapping[str, tuple[str, ...]] = {
    "compute": ("devices",),
    "cache": ("path",),
    "endpoint": ("port",),
}


def keys_of_the_target(config: StackConfig) -> Iterator[Problem]:
    """Each key that would be ignored in silence."""
    local = config.target == "local"
    for section, keys in (AWS_ONLY if local else LOCAL_ONLY).items():
        yield from _wrong(config, section, keys)


def _wrong(config: StackConfig, section: str, keys: tuple[str, ...]) -> Iterator[Problem]:
    value = getattr(config, section)
    if not isinstance(value, Section):
        if value:
            yield _problem(config, f"vllm:{section}", value)
        return
    for name in sorted(value.model_fields_set):
        alias = type(value).model_fields[name].alias or name
        if not keys or alias in keys:
            yield _problem(config, f"vllm:{section}.{alias}", getattr(value, name))


def _problem(config: StackConfig, path: str, value: object) -> Problem:
    other = "aws" if config.target == "local" else "local"
    return Problem(
        path=path,
        given=show(_plain(value), tuple(path.removeprefix("vllm:").split("."))),
        allowed=f"nothing, with target: {config.target}",
        example=_instead(path),
        message=f"this key means something with target: {other} only; remove it",
    )


def _plain(value: object) -> object:
    """As it stands in the stack file."""
    if isinstance(value, Section):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def _instead(path: str) -> str:
    """A key that does the nearest thing on the other target, or none."""
    return {
        "vllm:compute.instanceType": "devices: [0]",
        "vllm:cache.sizeGib": "path: ~/.cache/huggingface",
        "vllm:endpoint.exposure": "port: 8000",
        "vllm:endpoint.port": "exposure: internal",
        "vllm:monitoring.scrapeFrom": "prometheus: local",
        "vllm:compute.devices": "instanceType: g6.2xlarge",
        "vllm:cache.path": "sizeGib: 200",
        "vllm:model.source": "revision: 0e9e39f249a16976918f6564b8830bc894c89659",
        "vllm:model.tokenSecretArn": "python -m ops secrets set hf-token --stack local",
        "vllm:endpoint.apiKeysSecretArn": "python -m ops keys add me --stack local",
    }.get(path, f"leave {path} out")


def prometheus_is_of_the_target(config: StackConfig) -> Problem | None:
    wanted, target = config.monitoring.prometheus, config.target
    here = {"aws": "amp", "local": "local"}[target]
    if wanted in ("none", here):
        return None
    other = "local" if target == "aws" else "aws"
    return Problem(
        path="vllm:monitoring.prometheus",
        given=wanted,
        allowed=f"none or {here}, with target: {target}",
        example=here,
        message=f"{wanted} goes with target: {other}; take {here}, or none",
    )


def build_says_something(config: StackConfig) -> Problem | None:
    """An image of one's own that would be the same as the one below it."""
    build = config.image.build
    if build is None or build.model_fields_set:
        return None
    field = field_of(StackConfig, "image")
    section = section_of(field) if field else None
    inner = field_of(section, "build") if section else None
    return Problem(
        path="vllm:image.build",
        given="{}",
        allowed=says(inner).allowed + ", at least one of them" if inner else "",
        example="{packages: [librosa==0.11.0]}",
        message="nothing is to be built: name what the image gets beside vLLM's, or remove the key",
    )


def pull_through_is_for_docker_hub(config: StackConfig) -> Problem | None:
    repository = config.image.repository
    if config.image.pull_through is None or _is_on_docker_hub(repository):
        return None
    return Problem(
        path="vllm:image.pullThrough",
        given=f"repository: {repository}",
        allowed="a repository of Docker Hub, or leave pullThrough out",
        example="repository: vllm/vllm-openai",
        message="the cache is one of Docker Hub, and image.repository names another registry",
    )


def _is_on_docker_hub(repository: str) -> bool:
    """A reference's first part is a registry when it has a dot or a port, or is localhost (distribution/reference)."""
    registry, slash, _ = repository.partition("/")
    if not slash or not (set(".:") & set(registry) or registry == "localhost"):
        return True
    return registry in ("docker.io", "registry-1.docker.io", "index.docker.io")


def pull_through_secret_in_region(config: StackConfig) -> Problem | None:
    pull = config.image.pull_through
    if pull is None or pull.credential_arn.split(":")[3] == config.region:
        return None
    return Problem(
        path="vllm:image.pullThrough.credentialArn",
        given=pull.credential_arn,
        allowed=f"a secret in {config.region}",
        example=f"arn:aws:secretsmanager:{config.region}:123456789012:secret:ecr-pullthroughcache/docker-hub-AbCdEf",
        message="ECR reads secrets of its own region only: make one there",
    )
