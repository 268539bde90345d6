"""The row of a stack that gets another name: what has the name in it is made anew, everything else stays."""

from __future__ import annotations

from monitoring.conditions import Metric, MetricCondition
from monitoring.scaling import SHOWS_A_BAD_VERSION
from monitoring.table import WATCHES
from tests.e2e.change import TAGGED, Change, replace, update

LONG_NAME = "production-of-the-language-model-europe1"  # 40 characters, the longest that a stack may have

OF_THE_STACK = tuple(
    watch.id
    for watch in WATCHES
    if isinstance(watch.condition, MetricCondition)
    and isinstance(watch.condition.metric, Metric)
    and watch.condition.metric.scope == "stack"
)
"""Alarms on what hosts publish, by the stack's name."""

RENAMED = Change(
    name="renamed",
    config={},
    stack=LONG_NAME,
    touched=(
        update(TAGGED, "tags", why="the tags Name and Stack"),
        update("BucketObjectv2 vllm-scripts", "tags", why="likewise; it carries no tags of the user"),
        update("Role vllm-host", "description", "tags", why="says whose hosts take it"),
        update("RolePolicy vllm-host", "policy", why="is scoped by the tag Stack"),
        update("MetricAlarm vllm-*", "alarmDescription", "tags", why="names the stack in its message"),
        *(
            update(f"MetricAlarm vllm-{id_}", "alarmDescription", "dimensions", "tags", why="hosts publish by its name")
            for id_ in OF_THE_STACK
            if id_ != "boot-loop"
        ),
        replace("CompositeAlarm vllm-*", why="is known by a name that has the stack's in it"),
        replace("MetricAlarm vllm-boot-loop", why="hosts set its state by a name that has the stack's in it"),
        *(
            replace(f"MetricAlarm vllm-{id_}", why="calls a refresh back by a name that has the stack's in it")
            for id_ in SHOWS_A_BAD_VERSION
        ),
        update("EventRule vllm-failed-*", "description", "tags", why="likewise"),
        update("EventTarget vllm-failed-*", "inputTransformer", why="likewise"),
        update(
            "Group vllm",
            "launchTemplate",
            "instanceRefresh",
            "tags",
            why="its hosts' names, pool and stack are new: it rolls, and other alarms may call that back",
        ),
        update(
            "LaunchTemplate vllm-host",
            "tags",
            "tagSpecifications",
            "userData",
            why="hosts find their cache pool by the stack's name",
        ),
        replace("Dashboard vllm", why="is known by its name, which AWS cannot change and which two stacks share"),
    ),
)
