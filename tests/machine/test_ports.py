"""Which container listens where."""

from __future__ import annotations

from machine.ports import ports
from tests.machine.local_stack import planned


def test_one_port_without_prometheus() -> None:
    config, _ = planned(endpoint={"port": 8100})
    assert ports(config) == {"vllm-local-front": 8100}


def test_those_that_watch_follow_the_endpoint() -> None:
    config, _ = planned(endpoint={"port": 8100}, monitoring={"prometheus": "local"})
    assert ports(config) == {
        "vllm-local-front": 8100,
        "vllm-local-grafana": 8101,
        "vllm-local-prometheus": 8102,
        "vllm-local-alertmanager": 8103,
    }
