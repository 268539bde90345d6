"""The one table of what is watched: alarms, the dashboard and the runbook come from it.

Metrics: "CloudWatch metrics for your Application Load Balancer" and "Amazon CloudWatch metrics for Amazon EC2 Auto
Scaling"; events: "Amazon EC2 Auto Scaling event reference" (AWS documentation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitoring.conditions import EventCondition, Metric, MetricCondition, Severity, Share

HEALTHY_HOSTS = Metric(
    namespace="AWS/ApplicationELB",
    name="HealthyHostCount",
    statistic="Maximum",
    scope="target_group",
    unit="hosts",
)
UNHEALTHY_HOSTS = Metric(
    namespace="AWS/ApplicationELB",
    name="UnHealthyHostCount",
    statistic="Maximum",
    scope="target_group",
    unit="hosts",
)
TARGET_5XX = Metric(
    namespace="AWS/ApplicationELB",
    name="HTTPCode_Target_5XX_Count",
    statistic="Sum",
    scope="target_group",
    unit="responses",
)
ELB_5XX = Metric(
    namespace="AWS/ApplicationELB",
    name="HTTPCode_ELB_5XX_Count",
    statistic="Sum",
    scope="load_balancer",
    unit="responses",
)
RESPONSE_TIME = Metric(
    namespace="AWS/ApplicationELB",
    name="TargetResponseTime",
    statistic="p95",
    scope="target_group",
    unit="seconds",
)
REQUESTS = Metric(
    namespace="AWS/ApplicationELB",
    name="RequestCount",
    statistic="Sum",
    scope="target_group",
    unit="requests",
)
IN_SERVICE = Metric(
    namespace="AWS/AutoScaling",
    name="GroupInServiceInstances",
    statistic="Minimum",
    scope="group",
    unit="hosts",
)
PENDING = Metric(
    namespace="AWS/AutoScaling",
    name="GroupPendingInstances",
    statistic="Maximum",
    scope="group",
    unit="hosts",
)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One thing that must not go unnoticed. ``why``: what users see; ``first_action``: what to do now."""

    id: str
    severity: Severity
    why: str
    first_action: str
    condition: MetricCondition | EventCondition


WATCHES: Sequence[Watch] = (
    Watch(
        id="no-healthy-host",
        severity="critical",
        why="No host passes the load balancer's health check: every request fails.",
        first_action=(
            "`python -m ops rollout --wait` shows whether a host is booting and at which step; on a new stack this "
            "alarm rings until the first host serves, and its end is the good news."
        ),
        # No data is the same outage: without a registered target there is no data point.
        condition=MetricCondition(
            metric=HEALTHY_HOSTS,
            comparison="LessThanThreshold",
            threshold=1,
            lasts_s=300,
            missing="breaching",
        ),
    ),
    Watch(
        id="missing-replicas",
        severity="critical",
        why="Fewer replicas serve than the configured minimum, for longer than a boot takes; the rest carry the load.",
        first_action=(
            "Look at the group's activity history for the reason (capacity, quota, an abandoned launch), then at the "
            "newest stream of the log group for the failing boot step."
        ),
        condition=MetricCondition(
            metric=IN_SERVICE,
            comparison="LessThanThreshold",
            threshold=Share(of="min_replicas"),
            # Longer than a boot: a replacement on its way is not a fault.
            lasts_s=Share(of="boot_deadline_s", share=1.25),
            missing="breaching",
        ),
    ),
    Watch(
        id="unhealthy-host",
        severity="warning",
        why="A host fails its health check and Auto Scaling has not replaced it.",
        first_action=(
            "Check that the host is being replaced (activity history); read its stream in the log group for why vLLM "
            "stopped answering."
        ),
        condition=MetricCondition(
            metric=UNHEALTHY_HOSTS,
            comparison="GreaterThanThreshold",
            threshold=0,
            lasts_s=600,
            missing="notBreaching",
        ),
    ),
    Watch(
        id="server-errors",
        severity="warning",
        why="vLLM answers requests with 5xx.",
        first_action=(
            "Read `journalctl -u vllm` on a host (Session Manager): 503 means that its queue is full, 500 an engine "
            "error with a traceback."
        ),
        condition=MetricCondition(
            metric=TARGET_5XX,
            comparison="GreaterThanThreshold",
            threshold=10,
            lasts_s=600,
            period_s=300,
            missing="notBreaching",
        ),
    ),
    Watch(
        id="gateway-errors",
        severity="warning",
        why="The load balancer itself answers 5xx: no host took the request, or one cut it off.",
        first_action=(
            "504 is an answer that was not streamed and took longer than the idle timeout (python -m ops plan has it): "
            "stream long answers, limit max_tokens, or add replicas. 502 and 503 come with unhealthy hosts: see "
            "unhealthy-host."
        ),
        condition=MetricCondition(
            metric=ELB_5XX,
            comparison="GreaterThanThreshold",
            threshold=10,
            lasts_s=600,
            period_s=300,
            missing="notBreaching",
        ),
    ),
    Watch(
        id="slow-responses",
        severity="warning",
        why="One response in twenty comes later than twice what a typical answer takes on a replica under full load.",
        first_action=(
            "Requests wait, or are longer than `serving.typicalTokens` says (a streamed one counts until its first "
            "token): compare the dashboard's request rate with "
            "`python -m ops plan`, then raise `vllm:scaling.min` or `serving.concurrency`."
        ),
        condition=MetricCondition(
            metric=RESPONSE_TIME,
            comparison="GreaterThanThreshold",
            threshold=Share(of="typical_answer_s", share=2),
            lasts_s=900,
            period_s=300,
            missing="notBreaching",
        ),
    ),
    Watch(
        id="failed-launch",
        severity="critical",
        why="Auto Scaling could not launch a host, or the host gave up its boot; each try costs money.",
        first_action=(
            "The message has the cause. Capacity: another zone or instance type. Quota: request more vCPUs. Abandoned: "
            "the newest stream of the log group names the step that failed."
        ),
        condition=EventCondition(detail_type="EC2 Instance Launch Unsuccessful", cause="$.detail.StatusMessage"),
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
    ),
)
