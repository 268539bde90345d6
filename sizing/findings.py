"""What a plan should be read with: each a Finding with a stable id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from config.models import StackConfig
from sizing.checks import DEFAULT_MAX_MODEL_LEN
from sizing.choose import vcpu_floor
from sizing.flags import PINNED_VERSION
from sizing.machines import Candidate
from sizing.model_spec import ModelSpec
from sizing.plan import Cost, Finding, Level, Timers
from sizing.speed import Speed


def _finding(level: Level, ident: str, message: str) -> Finding:
    return Finding(level=level, id=ident, message=message)


def unpinned(config: StackConfig) -> list[Finding]:
    """What floats. Each is looked up once and then held, so a plan still shows that it could move."""
    zones = config.network.zones or config.network.private_subnet_ids  # a given subnet has its zone
    rows = (
        ("unpinned-ami", config.compute.ami_id, "compute.amiId is not set: the newest machine image is looked up"),
        (
            "unpinned-revision",
            config.model.revision or config.model.source,
            "model.revision is not set: a boot may download newer weights",
        ),
        ("unpinned-image-digest", config.image.digest, "image.digest is not set: a tag can be moved"),
        ("unpinned-zones", zones, "network.zones is not set: zones are looked up for the type"),
    )
    return [_finding("INFO", ident, f"{message}; ops pin sets it") for ident, value, message in rows if not value]


def about_machine(option: Candidate) -> list[Finding]:
    found = []
    instance, gpus = option.instance, option.launch.tensor_parallel_size
    name, floor = instance.instance_type, vcpu_floor(option.launch.tensor_parallel_size)
    if instance.vcpus < floor:
        found.append(
            _finding(
                "WARNING",
                "vcpus-below-floor",
                f"{name} has {instance.vcpus} vCPUs; vLLM needs 2 x (2 + {gpus}) = {floor} for {gpus} "
                f"GPU{'s' if gpus > 1 else ''}, so the engine will wait for its own process",
            )
        )
    if gpus < instance.gpu_count:
        found.append(
            _finding(
                "WARNING", "idle-gpus", f"{name} has {instance.gpu_count} GPUs and {gpus} are used; all are paid for"
            )
        )
    if instance.hourly_usd is None:
        found.append(
            _finding("WARNING", "no-price", f"no on-demand price is listed for {name}: its cost is missing below")
        )
    if option.launch.dtype == "half":
        found.append(
            _finding("INFO", "half-precision", f"{option.gpu.name} has no bfloat16: the model runs in float16")
        )
    return found


def about_stand_ins(options: Iterable[Candidate]) -> Iterator[Finding]:
    """Of types that are named to stand in: what would be said of them as chosen ones, but for price and format."""
    told = ("vcpus-below-floor", "idle-gpus")
    return (finding for each in options for finding in about_machine(each) if finding.id in told)


def about_model(config: StackConfig, model: ModelSpec, option: Candidate) -> list[Finding]:
    found = []
    if config.serving.max_model_len is None:
        length = option.launch.max_model_len
        message = f"serving.maxModelLen is not set: {length} is used; the model can do {model.max_position_embeddings}"
        if length < DEFAULT_MAX_MODEL_LEN:
            message = f"serving.maxModelLen is not set: {length} is used, all that the model can do"
        found.append(_finding("INFO", "default-max-model-len", message))
    if model.gated and config.model.source is None:
        found.append(
            _finding(
                "INFO",
                "gated-model",
                f"{model.id} downloads only with a token whose owner accepted its licence: ops secrets set hf-token",
            )
        )
    return found


def about_image(config: StackConfig) -> list[Finding]:
    version = config.image.tag.removeprefix("v")
    if version.startswith(PINNED_VERSION):
        return []
    return [
        _finding(
            "WARNING",
            "flags-of-another-version",
            f"flags, metrics and memory are checked for vLLM {PINNED_VERSION}; the image is {config.image.tag}",
        )
    ]


def about_time(speed: Speed, timers: Timers) -> list[Finding]:
    found = []
    longest = speed.longest_answer_s
    if longest > timers.deregistration_delay_s:
        found.append(
            _finding(
                "WARNING",
                "generation-outlasts-drain",
                f"an answer that fills the whole length can take {longest:.0f} s under load; a refresh or scale-in "
                f"waits {timers.deregistration_delay_s} s and then cuts what still runs",
            )
        )
    if longest > timers.idle_timeout_s:
        found.append(
            _finding(
                "WARNING",
                "answer-outlasts-idle-timeout",
                f"an answer that fills the whole length can take {longest:.0f} s under load; one that is not streamed "
                f"sends nothing until then, and the load balancer ends it after {timers.idle_timeout_s} s, the most "
                "that AWS allows: stream long answers, or lower serving.maxModelLen",
            )
        )
    return found


def about_cost(config: StackConfig, cost: Cost) -> list[Finding]:
    budget = config.budget.monthly_usd
    if budget is None:
        return []
    over = _finding(
        "WARNING", "over-budget", f"about {cost.monthly_usd:.0f} USD a month is above budget.monthlyUsd {budget:g}"
    )
    silent = _finding(
        "WARNING",
        "budget-tells-nobody",
        "budget.monthlyUsd is set and monitoring.notify names nobody: AWS has no one to mail when it is passed",
    )
    return [*([over] if cost.monthly_usd > budget else []), *([] if config.monitoring.notify else [silent])]
