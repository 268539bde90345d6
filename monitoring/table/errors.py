"""Which requests fail?"""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.conditions import AwsOnly, Formula, MetricCondition, Moving, Twin, Watch
from monitoring.table.metrics import CERTIFICATE_DAYS, ELB_5XX, ERROR_FINISHES, IN_SERVICE, REJECTIONS, TARGET_5XX
from monitoring.table.outage import SERVICE_DOWN

_UNSEEN = AwsOnly(reason="no host sees what the load balancer answers in its place")

ERRORS: Sequence[Watch] = (
    Watch(
        id="server-errors",
        severity="warning",
        why="vLLM answers requests with 5xx.",
        first_action=(
            "`python -m ops logs --unit vllm`: 503 means that its queue is full (rejections says so too), 500 an "
            "engine error with a traceback."
        ),
        condition=MetricCondition(
            metric=TARGET_5XX,
            comparison="GreaterThanThreshold",
            threshold=10,
            lasts_s=600,
            period_s=300,
            missing="notBreaching",
        ),
        prometheus=Twin(measure='sum(increase(http_requests_total{job,status="5xx"}[5m]))'),
        consequence_of=SERVICE_DOWN,
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
        prometheus=_UNSEEN,
        consequence_of=SERVICE_DOWN,
        # The 503 of an empty group is how a replica is woken.
        moving=Moving(
            condition=MetricCondition(
                metric=Formula(
                    expression="IF(FILL(serving, 0) > 0, errors, 0)",
                    terms={"serving": IN_SERVICE, "errors": ELB_5XX},
                    unit="responses while a host is in service",
                ),
                comparison="GreaterThanThreshold",
                threshold=10,
                lasts_s=600,
                period_s=300,
                missing="notBreaching",
            ),
            prometheus=_UNSEEN,
        ),
    ),
    Watch(
        id="rejections",
        severity="warning",
        why="vLLM refuses requests with 503 because its queue is full: users are turned away.",
        first_action=(
            "More comes in than the hosts can do. Raise `vllm:scaling.min`, or `serving.concurrency` for a larger "
            "machine; clients should try again after a pause."
        ),
        condition=MetricCondition(
            metric=REJECTIONS,
            comparison="GreaterThanThreshold",
            threshold=10,
            lasts_s=600,
            period_s=300,
            missing="notBreaching",
        ),
    ),
    Watch(
        id="error-finishes",
        severity="warning",
        why="Requests that vLLM had accepted end with an internal error, in the middle of their answers.",
        first_action=(
            "`python -m ops logs --unit vllm` has the traceback. After a new image or new flags, take them back with "
            "`pulumi up`; on one host alone, terminate it."
        ),
        condition=MetricCondition(
            metric=ERROR_FINISHES,
            comparison="GreaterThanThreshold",
            threshold=5,
            lasts_s=300,
            period_s=300,
            missing="notBreaching",
        ),
    ),
    Watch(
        id="certificate-expiry",
        severity="critical",
        why="The endpoint's certificate ends within a month; from that day every client refuses to connect.",
        first_action=(
            "Certificate Manager renews its own certificates 60 days ahead, so the validation fails: put its DNS "
            "record back. An imported certificate is imported again under the same ARN."
        ),
        # Certificate Manager puts it at least twice a day, and nothing any more once the certificate has expired.
        condition=MetricCondition(
            metric=CERTIFICATE_DAYS,
            comparison="LessThanThreshold",
            threshold=30,
            lasts_s=86400,
            period_s=86400,
            missing="ignore",
        ),
        prometheus=AwsOnly(reason="hosts never see the certificate; a probe of the endpoint from outside would"),
        needs_certificate=True,
    ),
)
