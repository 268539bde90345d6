"""The life of a stack whose hosts have no way to the internet, on the real engine; and a change from the one to the
other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.aws.calls import Call
from rehearsal.engine.events import Run
from rehearsal.engine.rig import Rig
from tests.e2e.opened import opened
from tests.program.cases import PRIVATE, merged, values_of

PRIVATE_LIFE = "private"


@dataclass(frozen=True, kw_only=True)
class PrivateLife:
    """``endpoints``: as AWS describes them; ``s3_list``: the prefix list that the hosts' rule names; ``internet``: a
    preview of the stack with a way out; ``left``: what the account holds more at the end."""

    up: Run
    endpoints: tuple[Mapping[str, Any], ...]
    s3_list: str
    second_up: Run
    refresh: Run
    internet: Run
    destroy: Run
    left: frozenset[str]
    calls: tuple[Call, ...]


def live_private(*, rig: Rig, environ: Mapping[str, str]) -> PrivateLife:
    values = merged(values_of("dev"), PRIVATE)
    with opened(stack="dev", values=values, rig=rig, environ=environ) as stack:
        aws, engine = stack.aws, stack.engine
        up = engine.up()
        ec2 = aws.client("ec2")
        endpoints = tuple(ec2.describe_vpc_endpoints()["VpcEndpoints"])
        rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
        second_up, refresh = engine.up(), engine.refresh()
        engine.edit_config(lambda asked: asked.update({"vllm:network": {}}))
        internet = engine.preview()
        destroy = engine.destroy(exclude_protected=True)
        return PrivateLife(
            up=up,
            endpoints=endpoints,
            s3_list=next(rule["PrefixListId"] for rule in rules if "PrefixListId" in rule),
            second_up=second_up,
            refresh=refresh,
            internet=internet,
            destroy=destroy,
            left=stack.left(),
            calls=aws.calls,
        )
