"""Each key says what it allows and gives an example, and the example is accepted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from pydantic.fields import FieldInfo

from config.models import StackConfig
from config.namespaces import FROM_OUTSIDE, SECTIONS
from config.parse import parse
from config.section import Section
from config.wording import says, section_of
from monitoring.alarms import threshold_ids

GOOD = {"aws:region": "us-east-1", "vllm:model": {"id": "a/b"}}


def fields() -> Iterator[tuple[str, str, FieldInfo]]:
    for name, field in StackConfig.model_fields.items():
        section: type[Section] | None = section_of(field)
        if name in FROM_OUTSIDE:
            continue
        if section is None:
            yield name, "", field
        else:
            yield from ((name, inner.alias or key, inner) for key, inner in section.model_fields.items())


ALL = list(fields())

GIVEN_NETWORK: dict[str, object] = {
    "mode": "existing",
    "vpcId": "vpc-01234567",
    "privateSubnetIds": ["subnet-01234567", "subnet-89abcdef"],
}
COMPANIONS: dict[str, dict[str, object]] = {
    "model": {"id": "a/b"},
    "network.vpcId": GIVEN_NETWORK,
    "network.privateSubnetIds": GIVEN_NETWORK,
    "network.publicSubnetIds": GIVEN_NETWORK,
    "scaling.idleMinutes": {"min": 0},
    "endpoint.hostedZoneId": {"domain": "llm.example.com"},
    "endpoint.domain": {
        "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
    },
}
"""What a key does not work without."""
LOCAL = ("compute.devices", "cache.path", "endpoint.port")


@pytest.mark.parametrize(("section", "key", "field"), ALL, ids=[f"{section}.{key}" for section, key, _ in ALL])
def test_the_example_of_a_key_is_a_good_value(section: str, key: str, field: FieldInfo) -> None:
    about = says(field)
    assert about.allowed
    assert about.example
    companions = COMPANIONS.get(f"{section}.{key}") or COMPANIONS.get(section, {})
    value = {**companions, key: about.value()} if key else about.value()
    target = {"vllm:target": "local"} if f"{section}.{key}" in LOCAL else {}
    assert parse(stack="dev", raw={**GOOD, **target, f"vllm:{section}": value}).problems == ()


@pytest.mark.parametrize("section", SECTIONS)
def test_the_example_of_a_section_is_a_good_value(section: str) -> None:
    example = yaml.safe_load(says(StackConfig.model_fields[section]).example)
    assert parse(stack="dev", raw={**GOOD, f"vllm:{section}": example}).problems == ()


def test_every_alarm_with_a_threshold_may_be_named() -> None:
    thresholds = dict.fromkeys(threshold_ids(), 1)
    assert parse(stack="dev", raw={**GOOD, "vllm:monitoring": {"thresholds": thresholds}}).problems == ()
