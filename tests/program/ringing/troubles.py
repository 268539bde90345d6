"""For each alarm: what goes wrong on a host, or what AWS measures, so that it must ring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.program.ringing.machine import Machine

RUNNING, WAITING = "vllm:num_requests_running", "vllm:num_requests_waiting"
CACHE = "vllm:kv_cache_usage_perc"
FIRST_TOKEN, BETWEEN = "vllm:time_to_first_token_seconds", "vllm:inter_token_latency_seconds"
XID = "NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off the bus."
LOOKS_A_MINUTE = 4

Values = float | Mapping[str, float]
Change = Callable[[Machine, float], None]


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """``change`` gets a healthy machine before each look, and the alarm's threshold. ``on_one``: of several hosts."""

    change: Change
    on_one: bool = False


def work(machine: Machine) -> None:
    """Fifteen seconds of a host on which all is well."""
    vllm = machine.vllm
    machine.temperature, machine.gpu_memory, machine.memory = 60, 0.8, 0.5
    machine.cache_disk = machine.root_disk = 0.5
    machine.silent, vllm.answers = False, True
    if machine.hung:
        machine.hung = False  # unless the trouble goes on
        return
    vllm.set(RUNNING, 2)
    vllm.set(WAITING, 0)
    vllm.set(CACHE, 0.3)
    vllm.count("vllm:prompt_tokens_total", 100)
    vllm.count("vllm:generation_tokens_total", 50)
    vllm.count("vllm:request_success_total", 1, finished_reason="stop")
    vllm.observe(FIRST_TOKEN, 0.1, 1)
    vllm.observe(BETWEEN, 0.02, 50)


def _waits(machine: Machine, limit: float) -> None:
    machine.vllm.set(WAITING, int(limit) + 1)


def _is_at_its_ceiling(machine: Machine, limit: float) -> None:
    machine.vllm.set(RUNNING, limit)


def _is_full(machine: Machine, _: float) -> None:
    machine.vllm.set(WAITING, 1)
    machine.vllm.set(CACHE, 0.99)


def _hangs(machine: Machine, _: float) -> None:
    machine.hung = True
    machine.vllm.set(RUNNING, 3)


def _is_slow(series: str) -> Change:
    def change(machine: Machine, limit: float) -> None:
        above = min(bound for bound in machine.vllm.buckets(series) if bound > limit)
        machine.vllm.observe(series, above, 50)

    return change


def _counts(series: str, **labels: str) -> Change:
    def change(machine: Machine, limit: float) -> None:
        machine.vllm.count(series, limit, **labels)

    return change


def _is_at(attribute: str) -> Change:
    def change(machine: Machine, limit: float) -> None:
        setattr(machine, attribute, limit * 1.02)

    return change


def _does_not_answer(machine: Machine, _: float) -> None:
    machine.vllm.answers = False


def _restarts(machine: Machine, _: float) -> None:
    machine.restarts += 1


def _has_a_gpu_error(machine: Machine, _: float) -> None:
    machine.kernel.append(XID)


def _is_silent(machine: Machine, _: float) -> None:
    machine.silent = True


BY_HOSTS: Mapping[str, Trouble] = {
    "all-stalled": Trouble(change=_hangs),
    "stalled-tokens": Trouble(change=_hangs, on_one=True),
    "vllm-down": Trouble(change=_does_not_answer, on_one=True),
    "metrics-missing": Trouble(change=_is_silent, on_one=True),
    "requests-waiting": Trouble(change=_waits, on_one=True),
    "running-at-ceiling": Trouble(change=_is_at_its_ceiling),
    "kv-cache-full": Trouble(change=_is_full, on_one=True),
    "preemptions": Trouble(change=_counts("vllm:num_preemptions_total")),
    "slow-first-token": Trouble(change=_is_slow(FIRST_TOKEN)),
    "slow-tokens": Trouble(change=_is_slow(BETWEEN)),
    "rejections": Trouble(change=_counts("vllm:admission_rejections_total", reason="max_num_queued_reqs")),
    "error-finishes": Trouble(change=_counts("vllm:request_success_total", finished_reason="error")),
    "vllm-restarts": Trouble(change=_restarts, on_one=True),
    "gpu-xid": Trouble(change=_has_a_gpu_error, on_one=True),
    "gpu-temperature": Trouble(change=_is_at("temperature"), on_one=True),
    "gpu-memory": Trouble(change=_is_at("gpu_memory"), on_one=True),
    "cache-disk": Trouble(change=_is_at("cache_disk"), on_one=True),
    "root-disk": Trouble(change=_is_at("root_disk"), on_one=True),
    "host-memory": Trouble(change=_is_at("memory"), on_one=True),
}
"""What the publisher puts."""

BY_AWS: Mapping[str, tuple[Values, Values]] = {
    "no-healthy-host": (0, 3),
    "missing-replicas": (0, 3),
    "unhealthy-host": (1, 0),
    "server-errors": (20, 0),
    "gateway-errors": (20, 0),
    "slow-responses": (1000, 1),
    "certificate-expiry": (20, 200),
    "no-capacity": ({"desired": 3, "total": 2}, {"desired": 3, "total": 3}),
}
"""What AWS itself puts: a bad value and a good one, a minute; of several metrics by their names in the formula."""

BY_SCRIPTS = ("boot-loop", "slow-boot", "host-replaced", "spot-interruption", "requests-cut")
"""What the host's scripts put when it happens."""
