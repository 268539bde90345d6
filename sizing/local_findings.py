"""What a plan for this machine should be read with: nothing about AWS, and what only a machine of one's own has."""

from __future__ import annotations

from collections.abc import Iterator

from config.models import StackConfig
from sizing import advice, findings, margin, own_values
from sizing.choose import vcpu_floor
from sizing.machines import Candidate
from sizing.plan import Finding, Plan, Timers
from sizing.speed import Speed

PINNED_HERE = ("unpinned-revision", "unpinned-image-digest")


def about_local(
    config: StackConfig, chosen: Candidate, *, speed: Speed, plan: Plan, notes: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    """``notes``: what was found out about the machine before."""
    on_cpu = chosen.launch.on_cpu
    return (
        *notes,
        *(_quantised_on_cpu(chosen) if on_cpu else margin.about_margin(chosen)),
        *(() if on_cpu else _machine(chosen)),
        *findings.about_image(config),
        *_time(speed, plan.timers),
        *own_values.about_values(config, chosen, free=(), waits=plan.timers),
        *advice.about_chances(config, chosen, options=(), arguments=plan.flags),
        *findings.about_model(config, chosen.model, chosen),
        *(finding for finding in findings.unpinned(config) if finding.id in PINNED_HERE),
    )


def _machine(chosen: Candidate) -> Iterator[Finding]:
    instance, gpus = chosen.instance, chosen.tensor_parallel_size
    floor = vcpu_floor(gpus)
    if instance.vcpus < floor:
        yield Finding(
            level="WARNING",
            id="vcpus-below-floor",
            message=f"this machine has {instance.vcpus} processor threads; vLLM needs 2 x (2 + {gpus}) = {floor} for "
            f"{gpus} GPU{'s' if gpus > 1 else ''}, so the engine will wait for its own process",
        )
    if gpus < instance.gpu_count:
        yield Finding(
            level="INFO",
            id="idle-gpus",
            message=f"{instance.gpu_count} GPUs are given to the container and {gpus} used: the first of them",
        )
    if chosen.launch.dtype == "half":
        yield Finding(
            level="INFO",
            id="half-precision",
            message=f"{chosen.gpu.name} has no bfloat16: the model runs in float16",
        )


def _quantised_on_cpu(chosen: Candidate) -> Iterator[Finding]:
    method = chosen.demand.quantization or chosen.model.quantization
    if method is not None:
        yield Finding(
            level="WARNING",
            id="quantised-on-cpu",
            message="few quantisation methods have kernels for processors (AWQ, GPTQ and INT8): vLLM refuses to start "
            "with another",
        )


def _time(speed: Speed, timers: Timers) -> Iterator[Finding]:
    longest = speed.longest_answer_s
    if longest > min(timers.idle_timeout_s, timers.shutdown_timeout_s):
        yield Finding(
            level="WARNING",
            id="answer-outlasts-timeouts",
            message=f"an answer that fills the whole length can take {longest:.0f} s under load; one that is not "
            f"streamed is cut after {timers.idle_timeout_s} s without a byte, and a restart waits "
            f"{timers.shutdown_timeout_s} s for what runs: stream long answers, or lower serving.maxModelLen",
        )
