"""Is it slow?"""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.conditions import MetricCondition, Share, Twin, Watch
from monitoring.table.metrics import FIRST_TOKEN, INTER_TOKEN, RESPONSE_TIME

SPEED: Sequence[Watch] = (
    Watch(
        id="slow-responses",
        severity="warning",
        why="One response in twenty comes later than twice what a typical answer takes on a replica under full load.",
        first_action=(
            "Requests wait, or are longer than `serving.typicalTokens` says (at the load balancer a streamed one "
            "counts until its first token): compare the dashboard's request rate with "
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
        # Whole answers, streamed or not: hosts do not time the first byte of an answer that is not streamed.
        prometheus=Twin(
            measure="histogram_quantile(0.95, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket{job}[5m])))",
        ),
    ),
    Watch(
        id="slow-first-token",
        severity="warning",
        why="One request in twenty waits for its first token much longer than a typical prompt takes.",
        first_action=(
            "With requests-waiting the time is spent in the queue: add replicas. Without it prompts are longer than "
            "`serving.typicalTokens` says, or many come at once."
        ),
        # Prompts of other requests come in between, and a fixed second for what is not computed.
        condition=MetricCondition(
            metric=FIRST_TOKEN,
            comparison="GreaterThanThreshold",
            threshold=Share(of="first_token_s", share=4, more=1),
            lasts_s=900,
            period_s=300,
            missing="notBreaching",
        ),
    ),
    Watch(
        id="slow-tokens",
        severity="warning",
        why="Answers come visibly slower than a full replica should write them.",
        first_action=(
            "Look at preemptions, GPU temperature and the length of prompts on the dashboard. On one host alone: the "
            "GPU is throttled or the machine is bad, terminate it."
        ),
        condition=MetricCondition(
            metric=INTER_TOKEN,
            comparison="GreaterThanThreshold",
            threshold=Share(of="inter_token_s", share=2),
            lasts_s=900,
            period_s=300,
            missing="notBreaching",
        ),
    ),
)
