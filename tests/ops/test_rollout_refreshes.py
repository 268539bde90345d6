"""What DescribeInstanceRefreshes comes to: where a refresh waits and until when, and which alarm called it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.rollout.groups import template_of, template_version, types_in, types_of
from ops.rollout.refreshes import refresh_of
from ops.rollout.state import Instance, Refresh

LAUNCHED = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
TEMPLATE = {"LaunchTemplateId": "lt-0123456789abcdef0", "LaunchTemplateName": "host", "Version": "2"}
GROUP = {"DesiredCapacity": 4, "DefaultInstanceWarmup": 60, "LaunchTemplate": TEMPLATE}
ALARMS = ["vllm-dev-server-errors", "vllm-dev-server-errors-2"]


def host(version: str, state: str = "InService") -> Instance:
    return Instance(id=f"i-{version}", state=state, template_version=version, target="healthy")


def refresh(*instances: Instance, left: int = 3, minutes_later: int = 1, wishes: Any = None, **raw: Any) -> Refresh:
    found = {
        "InstanceRefreshId": "r",
        "Status": "InProgress",
        "PercentageComplete": 100 * (4 - left) // 4,
        "InstancesToUpdate": left,
        "Preferences": {
            "AlarmSpecification": {"Alarms": ALARMS},
            "InstanceWarmup": 360,
            "CheckpointPercentages": [25, 100],
            "CheckpointDelay": 300,
            **(wishes or {}),
        },
        **raw,
    }
    now = LAUNCHED + timedelta(minutes=minutes_later)
    return refresh_of(found, group=GROUP, instances=instances, launched=LAUNCHED, now=now)


OLD, NEW = host("1"), host("2")


def test_the_first_host_bakes_for_its_warm_up_and_the_checkpoint() -> None:
    found = refresh(OLD, OLD, OLD, NEW, left=4)
    assert found.bakes_until == LAUNCHED + timedelta(minutes=11)
    assert str(found) == (
        "instance refresh InProgress, 0 %: bakes until 14:11 UTC, 0 of 4 replaced, "
        "alarms watched: vllm-dev-server-errors, vllm-dev-server-errors-2"
    )
    assert refresh(OLD, OLD, OLD, NEW, left=3, minutes_later=9).bakes_until == LAUNCHED + timedelta(minutes=11)


@pytest.mark.parametrize("hosts", [(OLD, OLD, NEW, NEW), (NEW, NEW, NEW, NEW)])
def test_those_after_it_bake_for_their_warm_up(hosts: tuple[Instance, ...]) -> None:
    """After the last checkpoint AWS waits no more."""
    assert refresh(*hosts).bakes_until == LAUNCHED + timedelta(minutes=6)


@pytest.mark.parametrize(
    "found",
    [
        refresh(OLD, OLD, OLD, NEW, minutes_later=12),
        refresh(OLD, OLD, OLD, NEW, host("2", "Pending:Wait")),
        refresh(OLD, OLD, OLD, NEW, Status="RollbackInProgress"),
        refresh(OLD, OLD, OLD, OLD),
    ],
)
def test_where_nothing_is_waited_for_it_does_not_bake(found: Refresh) -> None:
    assert found.bakes_until is None
    assert "bakes" not in str(found)


def test_without_preferences_the_groups_warm_up_counts() -> None:
    found = refresh(OLD, OLD, OLD, NEW, Preferences=None)
    assert found.bakes_until is None, "a minute, which is over"
    assert str(found) == "instance refresh InProgress, 25 %: 1 of 4 replaced"


def test_an_alarm_is_named_whole() -> None:
    reason = "The alarm vllm-dev-server-errors-2 went into the ALARM state."
    found = refresh(OLD, OLD, OLD, NEW, Status="RollbackInProgress", StatusReason=reason)
    assert found.called_back_by == ("vllm-dev-server-errors-2",)
    assert str(found) == (
        "instance refresh RollbackInProgress, 25 %: the alarm vllm-dev-server-errors-2 called it back"
    )


def test_what_aws_says_only_of_the_rollback_counts_too() -> None:
    details = {"RollbackReason": "alarm: vllm-dev-server-errors"}
    found = refresh(OLD, Status="RollbackSuccessful", StatusReason=None, RollbackDetails=details)
    assert found.called_back_by == ("vllm-dev-server-errors",)


def test_another_reason_is_said_as_it_is() -> None:
    found = refresh(OLD, Status="RollbackSuccessful", StatusReason="Rollback was manually initiated.")
    assert (found.called_back_by, found.called_back) == ((), "")
    assert str(found).endswith(": Rollback was manually initiated.")


def test_a_template_is_found_under_a_mixed_policy() -> None:
    overrides = [{"InstanceType": "g6.2xlarge"}, {"InstanceType": "g5.2xlarge", "WeightedCapacity": "1"}]
    launch = {"LaunchTemplateSpecification": TEMPLATE, "Overrides": overrides}
    group = {"MixedInstancesPolicy": {"LaunchTemplate": launch}}
    assert (template_of(group), template_version(group)) == (TEMPLATE, "2")
    assert types_of(group) == ("g6.2xlarge", "g5.2xlarge")
    assert (template_version({}), types_of(GROUP)) == ("", ())


def test_a_type_is_found_in_what_aws_says() -> None:
    said = (
        "We currently do not have sufficient g6e.12xlarge capacity in the Availability Zone you requested "
        "(us-east-1a). You can currently get g6e.12xlarge capacity by choosing us-east-1b. Launching EC2 instance "
        "failed."
    )
    assert types_in(said) == ("g6e.12xlarge",)
