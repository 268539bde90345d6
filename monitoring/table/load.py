"""Is it full?"""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.conditions import MetricCondition, Share, Watch
from monitoring.table.metrics import CACHE_FULL, PREEMPTIONS, RUNNING, WAITING

LOAD: Sequence[Watch] = (
    Watch(
        id="requests-waiting",
        severity="warning",
        why="At least half of a host's queue has been taken for minutes: users wait before anything starts.",
        first_action=(
            "Raise `vllm:scaling.min` (or max, where the group scales), or `serving.concurrency` for a larger machine. "
            "When the queue is full, rejections follows."
        ),
        condition=MetricCondition(
            metric=WAITING,
            comparison="GreaterThanOrEqualToThreshold",
            threshold=Share(of="queue_room", share=0.5),
            lasts_s=300,
            missing="notBreaching",
        ),
    ),
    Watch(
        id="running-at-ceiling",
        severity="warning",
        why="Every host runs as many requests as it can (`--max-num-seqs`): the next ones wait.",
        first_action=(
            "Nothing fails yet. If it stays so, raise `vllm:scaling.min`; `serving.maxNumSeqs` only where "
            "`python -m ops plan` has cache left for more."
        ),
        condition=MetricCondition(
            metric=RUNNING,
            comparison="GreaterThanOrEqualToThreshold",
            threshold=Share(of="max_num_seqs"),
            lasts_s=900,
            missing="notBreaching",
        ),
    ),
    Watch(
        id="kv-cache-full",
        severity="warning",
        why="A host's KV cache is full while requests wait: they wait for memory, not for their turn.",
        first_action=(
            "Requests are longer than planned. Set `serving.typicalTokens` to what they are and `pulumi up`, or take "
            "`serving.kvCacheDtype: fp8`, which holds about twice as many tokens."
        ),
        condition=MetricCondition(
            metric=CACHE_FULL,
            comparison="GreaterThanOrEqualToThreshold",
            threshold=1,
            lasts_s=600,
            missing="notBreaching",
        ),
    ),
    Watch(
        id="preemptions",
        severity="warning",
        why="vLLM throws running requests out of its cache and computes them again: everything gets slower.",
        first_action=(
            "More requests run than the cache holds. Lower `serving.maxNumSeqs`, or set `serving.typicalTokens` to "
            "what requests are, so that the plan does."
        ),
        # Each place in the batch thrown out once in two periods.
        condition=MetricCondition(
            metric=PREEMPTIONS,
            comparison="GreaterThanThreshold",
            threshold=Share(of="max_num_seqs", share=0.5),
            lasts_s=600,
            period_s=300,
            missing="notBreaching",
        ),
    ),
)
