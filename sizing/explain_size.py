"""The answer about one machine as a short page for people."""

from __future__ import annotations

from sizing.catalog import Gpu
from sizing.model_spec import ModelSpec
from sizing.one_machine import Answer
from sizing.text import memory_rows, row


def explain_size(model: ModelSpec, gpu: Gpu, found: Answer) -> str:
    """Verdict first, then where the memory goes."""
    launch, gpus = found.launch, found.launch.tensor_parallel_size
    verdict = (
        f"fits: {found.max_concurrency:.2f} requests of {launch.max_model_len:,} tokens at a time"
        if found.fits
        else f"does not fit with {launch.max_model_len:,} tokens"
        + (f"; {found.longest:,} would" if found.longest else "; no length would")
    )
    title = f"{model.id} on {gpus} x {gpu.name} ({gpu.visible_gib:g} GiB as torch sees it)"
    band = row("", f"{found.band.low_gib:.2f} to {found.band.high_gib:.2f} nine times in ten")
    return "\n".join([title, verdict, "", "Memory of each GPU, GiB", *memory_rows(found.memory), band]) + "\n"
