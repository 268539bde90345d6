"""Do hosts come and go as they should?"""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.conditions import (
    AwsOnly,
    EventCondition,
    Formula,
    Metric,
    MetricCondition,
    Severity,
    Share,
    Twin,
    Watch,
)
from monitoring.table.metrics import (
    BOOT_LOOP,
    BOOT_TIME,
    DESIRED,
    REQUESTS_CUT,
    SPOT_INTERRUPTIONS,
    STALLED_HOSTS,
    TOTAL,
)

NO_CAPACITY = "no-capacity"
_OUT_OF_MACHINES = ("not have sufficient", "InsufficientInstanceCapacity", "UnfulfillableCapacity")
"""What Auto Scaling's activities say where AWS has no such machine; a quota, for one, is told in other words."""


def _told(*, id: str, severity: Severity, metric: Metric, why: str, first_action: str) -> Watch:
    """Something that a host tells once, when it happens."""
    return Watch(
        id=id,
        severity=severity,
        why=why,
        first_action=first_action,
        condition=MetricCondition(
            metric=metric,
            comparison="GreaterThanThreshold",
            threshold=0,
            lasts_s=300,
            period_s=300,
            missing="notBreaching",
        ),
    )


LAUNCHES: Sequence[Watch] = (
    Watch(
        id="boot-loop",
        severity="critical",
        why="Three launches in a row gave up their boot; the group launches nothing more, so that it costs nothing.",
        first_action=(
            "The alarm's reason names the failing step; the newest stream of the log group has more. Put it right and "
            "`pulumi up`, then `python -m ops rollout --resume` lets the group launch again. Resumed without a new "
            "launch template version, the next launch that fails stops it again."
        ),
        # Hosts speak only when they give up, so no data changes nothing: `ops rollout --resume` ends the alarm.
        condition=MetricCondition(
            metric=BOOT_LOOP,
            comparison="GreaterThanOrEqualToThreshold",
            threshold=1,
            lasts_s=60,
            missing="ignore",
        ),
        prometheus=AwsOnly(reason="a host that gives up its boot is gone before anybody could scrape it"),
    ),
    Watch(
        id=NO_CAPACITY,
        severity="critical",
        why=(
            "AWS has not launched the hosts that the group wants: it has no such machine, or the account may have no "
            "more. Auto Scaling goes on trying, which costs nothing."
        ),
        first_action=(
            "The group's activity history has the reason of each try. No capacity: name more types in "
            "`vllm:compute.capacity.types`, use more zones, or reserve. Quota: `python -m ops doctor` and request more "
            "vCPUs. With boot-loop launches are stopped: see there."
        ),
        condition=MetricCondition(
            metric=Formula(
                expression="desired - total",
                terms={"desired": DESIRED, "total": TOTAL},
                unit="hosts that are wanted and not there",
            ),
            comparison="GreaterThanThreshold",
            threshold=0,
            lasts_s=600,
            missing="notBreaching",
        ),
        prometheus=AwsOnly(reason="there is no host that could say it"),
    ),
    Watch(
        id="failed-launch",
        severity="critical",
        why="Auto Scaling could not launch a host, or the host gave up its boot; each try costs money.",
        first_action=(
            "The message has the cause. Quota: request more vCPUs. Abandoned: the newest stream of the log group names "
            "the step that failed. AWS without a machine is no such message, see no-capacity."
        ),
        # Auto Scaling tries again every few minutes: one alarm says that there are no machines, not a message a try.
        condition=EventCondition(
            detail_type="EC2 Instance Launch Unsuccessful", cause="$.detail.StatusMessage", unless=_OUT_OF_MACHINES
        ),
        prometheus=AwsOnly(reason="there is no host that could say it"),
    ),
    Watch(
        id="failed-refresh",
        severity="critical",
        why="A rolling update did not finish; hosts of the former version serve on.",
        first_action=(
            "`python -m ops rollout --wait` names the failing boot step; fix the configuration and run `pulumi up`, "
            "which starts a new refresh."
        ),
        condition=EventCondition(detail_type="EC2 Auto Scaling Instance Refresh Failed"),
        prometheus=AwsOnly(reason="the group alone knows what became of its refresh"),
    ),
    Watch(
        id="slow-boot",
        severity="warning",
        why="A host took half as long again to boot as planned: replacements come late, and a slower one is given up.",
        first_action=(
            "The boot report in the log group has each step against the plan: a slow download or a cold cache slot "
            "once is no fault; the same step every time is (smaller image, snapshot for the slots, NAT)."
        ),
        condition=MetricCondition(
            metric=BOOT_TIME,
            comparison="GreaterThanThreshold",
            threshold=Share(of="cold_start_s", share=1.5),
            lasts_s=300,
            period_s=300,
            missing="notBreaching",
        ),
        # A host serves the number for as long as it lives; CloudWatch hears it once.
        prometheus=Twin(
            measure="max(vllm_host_boot_seconds{job} unless vllm_host_boot_seconds{job} offset 5m)",
        ),
    ),
    _told(
        id="host-replaced",
        severity="warning",
        metric=STALLED_HOSTS,
        why="A host whose vLLM had failed or hung has had itself replaced.",
        first_action=(
            "It heals by itself. Read the reason in its stream of the log group; more than one a day is a fault of "
            "image, flags or model."
        ),
    ),
    _told(
        id="spot-interruption",
        severity="warning",
        metric=SPOT_INTERRUPTIONS,
        why="AWS takes a spot instance back; its requests have two minutes, and a replacement takes a boot.",
        first_action=(
            "Nothing for one. If it is often: more zones, another instance type, or one on-demand replica as the base."
        ),
    ),
    _told(
        id="requests-cut",
        severity="warning",
        metric=REQUESTS_CUT,
        why="Requests were cut off because their host had to end before they did.",
        first_action=(
            "With spot-interruption there was no more time. Without it vLLM hung (host-replaced), or answers are "
            "longer than the plan's drain time."
        ),
    ),
)
