"""Numbers of a plan that the tests of this folder share."""

from __future__ import annotations

from monitoring.facts import Facts

FACTS = Facts(
    min_replicas=2,
    typical_answer_s=60,
    boot_deadline_s=1800,
    cold_start_s=642,
    stall_s=180,
    max_num_seqs=17,
    queue_room=17,
    first_token_s=0.84,
    inter_token_s=0.16,
    gpu_memory_asked=0.9,
    has_certificate=True,
)
