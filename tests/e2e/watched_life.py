"""The life of a stack that Prometheus watches too, on the real engine: Amazon's managed one, and one of the user's."""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.sources import load_stack_file
from rehearsal.aws.calls import Call
from rehearsal.aws.given.make import make
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run
from rehearsal.engine.providers import emulated_aws
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import Held, open_stack
from rehearsal.given import given_by
from rehearsal.inventory.everything import account_ids
from sizing.prepare import prepare
from tests.e2e.observed import Snapshot, look
from tests.program.cases import ROOT, merged, stack_folder, values_of

WATCHED = "watched"
SCRAPERS = ("sg-0cccccccccccccccc", "10.9.0.0/24")
MONITORING: Mapping[str, Any] = {"prometheus": "amp", "scrapeFrom": list(SCRAPERS)}


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """What AWS holds for Prometheus. ``rules`` and ``definition``: the texts; ``scrapers``: who may read port 9400;
    ``policy``: of the topic."""

    described: Mapping[str, Any]
    rules: str
    definition: str
    scrapers: frozenset[str]
    policy: str


@dataclass(frozen=True, kw_only=True)
class WatchedLife:
    """In the order in which it happened. ``limit``: a preview after a threshold was set, ``off``: one without any
    Prometheus. ``left``: what the account holds at the end that it did not hold before."""

    up: Run
    first: Snapshot
    workspace: Workspace
    second_up: Run
    refresh: Run
    limit: Run
    off: Run
    destroy: Run
    held: tuple[Held, ...]
    left: frozenset[str]
    workspaces_left: int
    calls: tuple[Call, ...]


def live_watched(*, rig: Rig, environ: Mapping[str, str]) -> WatchedLife:
    """Live it: the dev stack, watched."""
    values = merged(values_of("dev"), {"vllm:monitoring": MONITORING})
    with (
        stack_folder(stack="dev", values=values) as root,
        EmulatedAws(region=values["aws:region"]) as aws,
        open_stack(
            stack="dev",
            root=root,
            rig=rig,
            providers=emulated_aws(aws.environment()),
            program=_program,
            environ=environ,
        ) as engine,
    ):
        config, plan = prepare(load_stack_file(stack="dev", root=root))
        make(given_by(config, instance_type=plan.instance_type))
        before = account_ids(aws.client)
        up = engine.up()
        outputs = engine.outputs()
        first, workspace = look(aws, outputs=outputs), look_at_prometheus(aws, outputs=outputs)
        second_up, refresh = engine.up(), engine.refresh()
        engine.edit_config(lambda asked: asked["vllm:monitoring"].update(thresholds={"requests-waiting": 33}))
        limit = engine.preview()
        engine.edit_config(lambda asked: asked.update({"vllm:monitoring": {}}))
        off = engine.preview()
        destroy = engine.destroy(exclude_protected=True)
        return WatchedLife(
            up=up,
            first=first,
            workspace=workspace,
            second_up=second_up,
            refresh=refresh,
            limit=limit,
            off=off,
            destroy=destroy,
            held=engine.resources(),
            left=account_ids(aws.client) - before,
            workspaces_left=len(aws.client("amp").list_workspaces()["workspaces"]),
            calls=aws.calls,
        )


def look_at_prometheus(aws: EmulatedAws, *, outputs: Mapping[str, Any]) -> Workspace:
    amp = aws.client("amp")
    (found,) = amp.list_workspaces()["workspaces"]
    id_ = found["workspaceId"]
    (namespace,) = amp.list_rule_groups_namespaces(workspaceId=id_)["ruleGroupsNamespaces"]
    rules = amp.describe_rule_groups_namespace(workspaceId=id_, name=namespace["name"])["ruleGroupsNamespace"]["data"]
    definition = amp.describe_alert_manager_definition(workspaceId=id_)["alertManagerDefinition"]["data"]
    found_rules = aws.client("ec2").describe_security_group_rules()["SecurityGroupRules"]
    policy = aws.client("sns").get_topic_attributes(TopicArn=outputs["alarm_topic_arn"])["Attributes"]["Policy"]
    return Workspace(
        described=amp.describe_workspace(workspaceId=id_)["workspace"],
        rules=rules.decode(),
        definition=definition.decode(),
        scrapers=frozenset(_source(rule) for rule in found_rules if rule.get("FromPort") == 9400),
        policy=policy,
    )


def _source(rule: Mapping[str, Any]) -> str:
    group = rule.get("ReferencedGroupInfo") or {}
    return str(group.get("GroupId") or rule["CidrIpv4"])


def _program() -> None:
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
