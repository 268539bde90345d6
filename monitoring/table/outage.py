"""Is it up? One alarm says that nothing is served; the others say what is lost before or besides."""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.conditions import AnyOf, AwsOnly, Formula, MetricCondition, Moving, Share, Twin, Watch
from monitoring.table.metrics import (
    DESIRED,
    HEALTHY_HOSTS,
    IN_SERVICE,
    LEAST,
    REPORTING_HOSTS,
    STALLED_EVERYWHERE,
    STALLED_SOMEWHERE,
    UNHEALTHY_HOSTS,
    VLLM_UP,
)

SERVICE_DOWN = "service-down"
_SERVING = Twin(measure="sum(vllm_host_vllm_up{job}) or vector(0)")
_NOT_BAD = 1000  # hosts: more than there can be

OUTAGE: Sequence[Watch] = (
    Watch(
        id=SERVICE_DOWN,
        severity="critical",
        why="No request gets an answer. What follows from it tells nobody while this rings.",
        first_action=(
            "`python -m ops status` shows the hosts; of no-healthy-host and all-stalled, the one that rings says how "
            "it came."
        ),
        condition=AnyOf(ids=("no-healthy-host", "all-stalled")),
    ),
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
        prometheus=_SERVING,
        # A group that is empty, or whose first replica boots, has none that could be healthy: see missing-replicas.
        moving=Moving(
            condition=MetricCondition(
                metric=Formula(
                    expression=f"IF(FILL(serving, 0) > 0, FILL(healthy, 0), {_NOT_BAD})",
                    terms={"serving": IN_SERVICE, "healthy": HEALTHY_HOSTS},
                    unit=f"hosts; {_NOT_BAD} while none is in service",
                ),
                comparison="LessThanThreshold",
                threshold=1,
                lasts_s=300,
                missing="notBreaching",
            ),
            prometheus=Twin(measure="sum(vllm_host_vllm_up{job})"),
        ),
    ),
    Watch(
        id="all-stalled",
        severity="critical",
        why="Every host has requests running and none has made a token for long; health checks still pass.",
        first_action=(
            "Hosts have themselves replaced after the plan's `stall_s`, so a second one stalling points at the model "
            "or a request: read `python -m ops logs` for what came in last, and `pulumi up` the former image or flags."
        ),
        condition=MetricCondition(
            metric=STALLED_EVERYWHERE,
            comparison="GreaterThanThreshold",
            threshold=Share(of="stall_s", share=0.5),
            lasts_s=60,
            missing="notBreaching",
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
        prometheus=_SERVING,
        consequence_of=SERVICE_DOWN,
        # The minimum of the hour; where that is 0, the one that a request has woken.
        moving=Moving(
            condition=MetricCondition(
                metric=Formula(
                    expression="IF(least > 0, least, IF(desired > 0, 1, 0)) - serving",
                    terms={"least": LEAST, "desired": DESIRED, "serving": IN_SERVICE},
                    unit="hosts that are missing",
                ),
                comparison="GreaterThanThreshold",
                threshold=0,
                lasts_s=Share(of="boot_deadline_s", share=1.25),
                missing="notBreaching",
            ),
            # How many there should be it cannot know; but which of those that are there does not serve.
            prometheus=Twin(measure="count by (instance) (up{job} unless on (instance) (vllm_host_vllm_up{job} == 1))"),
        ),
    ),
    Watch(
        id="unhealthy-host",
        severity="warning",
        why="A host fails its health check for longer than a restart of vLLM takes; it gets no requests.",
        first_action=(
            "Read its stream in the log group for why vLLM stopped answering. The host has itself replaced once vLLM "
            "has failed or stalled for the plan's `stall_s` (activity history); where the host itself is stuck, "
            "terminate it."
        ),
        condition=MetricCondition(
            metric=UNHEALTHY_HOSTS,
            comparison="GreaterThanThreshold",
            threshold=0,
            lasts_s=600,
            missing="notBreaching",
        ),
        prometheus=AwsOnly(reason="health checks are the load balancer's; vllm-down has what hosts see of the same"),
        consequence_of=SERVICE_DOWN,
    ),
    Watch(
        id="vllm-down",
        severity="critical",
        why="vLLM on a host that has served does not answer its own host any more.",
        first_action=(
            "`python -m ops logs --unit vllm` has its last words. systemd starts it again, and the agent has the host "
            "replaced when that does not help: watch `python -m ops status`."
        ),
        condition=MetricCondition(
            metric=VLLM_UP,
            comparison="LessThanThreshold",
            threshold=1,
            lasts_s=300,
            missing="notBreaching",
        ),
        consequence_of=SERVICE_DOWN,
    ),
    Watch(
        id="stalled-tokens",
        severity="critical",
        why="A host has requests running and makes no token: those requests hang.",
        first_action=(
            "The host has itself replaced after the plan's `stall_s` (host-replaced says so). If it does not, "
            "terminate it; `python -m ops logs --unit vllm` has what the engine did last."
        ),
        condition=MetricCondition(
            metric=STALLED_SOMEWHERE,
            comparison="GreaterThanThreshold",
            threshold=Share(of="stall_s", share=0.5),
            lasts_s=60,
            missing="notBreaching",
        ),
        consequence_of=SERVICE_DOWN,
    ),
    Watch(
        id="metrics-missing",
        severity="warning",
        why="Fewer hosts report than the configured minimum: the alarms of the silent ones cannot ring.",
        first_action=(
            "`python -m ops status` shows which host is silent. On it (Session Manager) `systemctl status "
            "vllm-publisher` and its journal say why: access denied, no route to CloudWatch, or a full disk."
        ),
        # Of a counter each host puts one value a minute, so samples are hosts; two of one host only delay the alarm.
        condition=MetricCondition(
            metric=REPORTING_HOSTS,
            comparison="LessThanThreshold",
            threshold=Share(of="min_replicas"),
            lasts_s=900,
            missing="breaching",
        ),
        prometheus=Twin(measure="sum(up{job}) or vector(0)"),
        consequence_of=SERVICE_DOWN,
        moving=Moving(
            condition=MetricCondition(
                metric=Formula(
                    expression="FILL(serving, 0) - FILL(reporting, 0)",
                    terms={"serving": IN_SERVICE, "reporting": REPORTING_HOSTS},
                    unit="hosts in service that do not report",
                ),
                comparison="GreaterThanThreshold",
                threshold=0,
                lasts_s=900,
                missing="notBreaching",
            ),
            prometheus=Twin(measure="sum(1 - up{job})"),
        ),
    ),
)
