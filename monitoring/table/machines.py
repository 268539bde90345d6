"""Why? What hosts say of their machines."""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.conditions import Metric, MetricCondition, Severity, Share, Watch
from monitoring.table.metrics import (
    CACHE_DISK,
    GPU_MEMORY,
    GPU_TEMPERATURE,
    GPU_XID,
    HOST_MEMORY,
    RESTARTS,
    ROOT_DISK,
)


def _above(
    *, id: str, severity: Severity, metric: Metric, threshold: float | Share, why: str, first_action: str
) -> Watch:
    """A gauge of the machine that has been above a limit for ten minutes."""
    return Watch(
        id=id,
        severity=severity,
        why=why,
        first_action=first_action,
        condition=MetricCondition(
            metric=metric,
            comparison="GreaterThanThreshold",
            threshold=threshold,
            lasts_s=600,
            missing="notBreaching",
        ),
    )


MACHINES: Sequence[Watch] = (
    Watch(
        id="gpu-xid",
        severity="critical",
        why="A GPU reported an error to the kernel (Xid): what it computes may be wrong, or it stops.",
        first_action=(
            "`python -m ops logs --unit agent` has the number and what it means. After 48, 62 to 64, 74, 79, 92, 94, "
            "95, 119, 120 or 140 terminate the instance, so that another machine takes over; others end with vLLM."
        ),
        condition=MetricCondition(
            metric=GPU_XID,
            comparison="GreaterThanThreshold",
            threshold=0,
            lasts_s=300,
            period_s=300,
            missing="notBreaching",
        ),
    ),
    _above(
        id="gpu-temperature",
        severity="warning",
        metric=GPU_TEMPERATURE,
        threshold=85,
        why="A GPU is so hot that it slows itself down.",
        first_action="A machine in AWS is cooled by AWS: terminate the instance, the group launches another.",
    ),
    _above(
        id="gpu-memory",
        severity="warning",
        metric=GPU_MEMORY,
        # Half of what vLLM was told to leave.
        threshold=Share(of="gpu_memory_asked", share=0.5, more=0.5),
        why="A GPU's memory is almost full: the next large request may end the engine.",
        first_action=(
            "More is used beside vLLM's share than planned. Lower `serving.gpuMemoryUtilization` by 0.02 and "
            "`pulumi up`."
        ),
    ),
    _above(
        id="cache-disk",
        severity="warning",
        metric=CACHE_DISK,
        threshold=0.9,
        why="The cache volume is almost full; a boot that finds no room for image and model fails.",
        first_action="Raise `vllm:cache.sizeGib` and `pulumi up`; the next boot also removes what it does not run.",
    ),
    _above(
        id="root-disk",
        severity="critical",
        metric=ROOT_DISK,
        threshold=0.9,
        why="The root disk is almost full; when it is, logs stop and services fail.",
        first_action=(
            "On the host (Session Manager) `du -xh / --max-depth 2` shows what grew. Terminating the instance gives a "
            "fresh disk."
        ),
    ),
    _above(
        id="host-memory",
        severity="critical",
        metric=HOST_MEMORY,
        threshold=0.95,
        why="The host's memory is almost used up; the kernel will kill vLLM.",
        first_action=(
            "`python -m ops logs --unit system` shows what the kernel killed. Take an instance type with more memory, "
            "or lower swap and offload sizes in `serving.extraArgs`."
        ),
    ),
    Watch(
        id="vllm-restarts",
        severity="warning",
        why="vLLM keeps crashing and starting again; each time its requests are lost.",
        first_action=(
            "`python -m ops logs --unit vllm` has the traceback before each start; on one host alone, terminate it."
        ),
        condition=MetricCondition(
            metric=RESTARTS,
            comparison="GreaterThanOrEqualToThreshold",
            threshold=3,
            lasts_s=3600,
            period_s=3600,
            missing="notBreaching",
        ),
    ),
)
