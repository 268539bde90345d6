"""How many requests one vLLM takes in, running and waiting; the next is told 503 at once and can go elsewhere."""

from __future__ import annotations

import math

from sizing.plan import Throughput

QUEUE_WAIT_S = 60  # the last in the queue starts about then, at the slow end of the estimate
ROUND_TO = 8


def queue_bound(throughput: Throughput, *, max_num_seqs: int) -> int:
    """For ``--max-num-queued-reqs``, which counts running requests too; at least one more batch can wait.

    vLLM's own default is no bound (vllm/config/scheduler.py): a queue then grows until the load balancer gives up on
    those in it, and the GPU still computes answers that nobody waits for.
    """
    waiting = max(math.ceil(throughput.requests_per_s.low * QUEUE_WAIT_S), max_num_seqs)
    return math.ceil((max_num_seqs + waiting) / ROUND_TO) * ROUND_TO
