"""How many requests one vLLM takes in, running and waiting; the next is told 503 at once and can go elsewhere."""

from __future__ import annotations

import math

from sizing.plan import Throughput

QUEUE_WAIT_S = 60  # what may wait starts within this, at the slow end of the estimate


def queue_bound(throughput: Throughput, *, max_num_seqs: int, idle_timeout_s: int) -> int:
    """For ``--max-num-queued-reqs``, which counts running requests too.

    A minute's requests can wait, or one more batch where that is more; but none that would be answered only after the
    load balancer's idle timeout, at the slow end of the estimate.

    vLLM's own default is no bound (vllm/config/scheduler.py): a queue then grows until the load balancer gives up on
    those in it, and the GPU still computes answers that nobody waits for.
    """
    per_s = throughput.requests_per_s.low
    waiting = max(math.ceil(per_s * QUEUE_WAIT_S), max_num_seqs)
    in_time = math.floor(per_s * max(idle_timeout_s - throughput.answer_s.high, 0))
    return max_num_seqs + max(min(waiting, in_time), 1)


def longest_wait_s(throughput: Throughput, *, bound: int, max_num_seqs: int) -> float:
    """Until the last one that is taken in starts, at the slow end of the estimate."""
    return (bound - max_num_seqs) / throughput.requests_per_s.low
