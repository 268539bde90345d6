"""What a plan should be read with: each a Finding with a stable id."""

from __future__ import annotations

from config.models import StackConfig
from sizing.catalog import Catalog
from sizing.checks import DEFAULT_MAX_MODEL_LEN
from sizing.choose import Candidate, vcpu_floor
from sizing.flags import PINNED_VERSION
from sizing.model_spec import ModelSpec
from sizing.plan import Cost, Finding, Level, Timers
from sizing.speed import Speed

# Not pinned -> what floats. Each is looked up once and then held, so a plan still shows that it could move.
UNPINNED_MORE = "; python -m ops pin writes it into the stack file"


def _finding(level: Level, ident: str, message: str) -> Finding:
    return Finding(level=level, id=ident, message=message)


def unpinned(config: StackConfig) -> list[Finding]:
    rows = (
        ("unpinned-ami", config.compute.ami_id, "compute.amiId is not set: the newest machine image is looked up"),
        ("unpinned-revision", config.model.revision, "model.revision is not set: a boot may download newer weights"),
        ("unpinned-image-digest", config.image.digest, "image.digest is not set: a tag can be moved"),
        ("unpinned-zones", config.network.zones, "network.zones is not set: zones are looked up for the type"),
    )
    return [_finding("INFO", ident, message) for ident, value, message in rows if not value]


def about_machine(config: StackConfig, option: Candidate, catalog: Catalog) -> list[Finding]:
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
    if config.region != catalog.price_region:
        found.append(
            _finding(
                "WARNING",
                "prices-of-another-region",
                f"costs are those of {catalog.price_region} ({catalog.prices_date}); {config.region} differs",
            )
        )
    if option.launch.dtype == "half":
        found.append(
            _finding("INFO", "half-precision", f"{option.gpu.name} has no bfloat16: the model runs in float16")
        )
    return found


def about_model(config: StackConfig, model: ModelSpec, option: Candidate) -> list[Finding]:
    found = []
    if config.serving.max_model_len is None:
        length = option.launch.max_model_len
        message = f"serving.maxModelLen is not set: {length} is used; the model can do {model.max_position_embeddings}"
        if length < DEFAULT_MAX_MODEL_LEN:
            message = f"serving.maxModelLen is not set: {length} is used, all that the model can do"
        found.append(_finding("INFO", "default-max-model-len", message))
    if model.gated:
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
    if speed.longest_generation_s <= timers.deregistration_delay_s:
        return []
    return [
        _finding(
            "WARNING",
            "generation-outlasts-drain",
            f"an answer that fills the whole length can take {speed.longest_generation_s:.0f} s under load; a refresh "
            f"or scale-in waits {timers.deregistration_delay_s} s and then cuts what still runs",
        )
    ]


def about_cost(config: StackConfig, cost: Cost) -> list[Finding]:
    budget = config.budget.monthly_usd
    if budget is None or cost.monthly_usd <= budget:
        return []
    return [
        _finding(
            "WARNING",
            "over-budget",
            f"about {cost.monthly_usd:.0f} USD a month is above budget.monthlyUsd {budget:g}",
        )
    ]
