"""What the tests of panels and dashboards draw: a stack with a certificate, and where its things are."""

from __future__ import annotations

from monitoring.alarms import Alarm, metric_alarms
from monitoring.dashboard import Drawn
from monitoring.facts import Facts
from monitoring.identifiers import Identifiers
from monitoring.lines import Prices
from monitoring.queries import Asked

PRICES = Prices(host=1.25, shared=0.0625)
FACTS = Facts(
    min_replicas=2,
    typical_answer_s=40,
    boot_deadline_s=1800,
    cold_start_s=600,
    stall_s=300,
    max_num_seqs=16,
    queue_room=16,
    first_token_s=2.0,
    inter_token_s=0.1,
    gpu_memory_asked=0.9,
    has_certificate=True,
)
IDENTIFIERS = Identifiers(
    stack="dev",
    load_balancer="app/vllm/1",
    target_group="targetgroup/vllm/2",
    group="vllm-3",
    certificate="arn:aws:acm:eu-central-1:123456789012:certificate/4",
)
ASKED = Asked(hosts='job="vllm-dev"', window="5m", prices=PRICES)


def alarms(**thresholds: float) -> tuple[Alarm, ...]:
    """``thresholds``: alarm id, with underscores, to value."""
    given = {name.replace("_", "-"): value for name, value in thresholds.items()}
    return metric_alarms(stack="dev", facts=FACTS, thresholds=given)


def drawn(*, identifiers: Identifiers = IDENTIFIERS, prices: Prices | None = PRICES) -> Drawn:
    return Drawn(region="eu-central-1", identifiers=identifiers, alarms=alarms(), prices=prices)
