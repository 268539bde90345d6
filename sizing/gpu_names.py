"""GPUs as people write them ("A100 80GB", "NVIDIA L4", "Tesla T4 (14.74 GiB visible)") -> a Gpu record."""

from __future__ import annotations

import re
from dataclasses import replace

from config.errors import Problem
from sizing.catalog import Catalog, Gpu

# A card of unknown make: torch sees about this share of the memory on its label (measured: 0.92 to 0.99).
VISIBLE_SHARE = 0.98
NOISE = re.compile(
    r"nvidia|tesla|geforce|quadro|rtx|sxm\d?|pcie|hbm\d?e?|tensor|core|gpu|server|edition|blackwell|[^a-z0-9]+"
)
AMD = re.compile(r"\bmi\d{2,3}|amd|instinct|rocm", re.IGNORECASE)  # their labels are what torch sees
MEMORY = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)\s*g(?:i?b)?\b", re.IGNORECASE)
VISIBLE = re.compile(r"(\d+(?:\.\d+)?)\s*gi?b\s+visible", re.IGNORECASE)


def _letters(name: str) -> str:
    return NOISE.sub("", name.lower())


def records_named(name: str, catalog: Catalog) -> list[Gpu]:
    """Records whose name is in the text; the longest name wins ("H100 NVL" before "H100")."""
    text = _letters(MEMORY.sub(" ", name))
    found = [gpu for gpu in catalog.gpus if _letters(gpu.name) in text]
    longest = max((len(_letters(gpu.name)) for gpu in found), default=0)
    return [gpu for gpu in found if len(_letters(gpu.name)) == longest]


def same_name(wanted: str, name: str) -> bool:
    """Whether both name one model of GPU: "RTX 4090" and "NVIDIA GeForce RTX 4090", not "RTX 4080 Super"."""
    return _letters(MEMORY.sub(" ", wanted)) == _letters(MEMORY.sub(" ", name))


def resolve_gpu(name: str, *, memory_gib: float | None, catalog: Catalog) -> Gpu | Problem:
    """The record nearest to the name and the memory. ``memory_gib`` is the label's, or exact when it has decimals."""
    visible = VISIBLE.search(name)
    stated = MEMORY.search(name)
    asked = memory_gib or (float(stated[1]) if stated else None)
    named = records_named(name, catalog)
    if not named and asked is None:
        return _problem(name, "this GPU is not known: add its memory with --gpu-memory-gib", "--gpu-memory-gib 24")
    nominal = sorted({gpu.nominal_gib for gpu in named})
    if len(nominal) > 1 and asked is None:
        sizes = " and ".join(f"{size:g}" for size in nominal)
        return _problem(name, f"it exists with {sizes} GiB: say which", f"{named[0].name} {named[-1].nominal_gib:g}GB")
    gpu = min(named, key=lambda gpu: abs(gpu.nominal_gib - (asked or gpu.nominal_gib)), default=None)
    if gpu is None:
        gpu = _unknown(name, asked or 0.0, catalog)
    elif asked is not None and abs(gpu.nominal_gib - asked) > 0.1 * gpu.nominal_gib:
        gpu = replace(gpu, nominal_gib=asked, visible_gib=_visible(asked), visible_source="from the label")
    elif memory_gib is not None and memory_gib != int(memory_gib):
        gpu = replace(gpu, visible_gib=memory_gib, visible_source="given")
    if visible:
        gpu = replace(gpu, visible_gib=float(visible[1]), visible_source="given")
    return gpu


def _visible(label_gib: float) -> float:
    return label_gib * VISIBLE_SHARE if label_gib == int(label_gib) else label_gib


def _unknown(name: str, memory_gib: float, catalog: Catalog) -> Gpu:
    """A card that is not in the catalogue: its memory as given, the rest of a current one (only timers use it)."""
    like = next(gpu for gpu in catalog.gpus if gpu.name == "L40S")
    return replace(
        like,
        name=name,
        nominal_gib=memory_gib,
        visible_gib=memory_gib if AMD.search(name) else _visible(memory_gib),
        visible_source="from the label",
    )


def _problem(name: str, message: str, example: str) -> Problem:
    return Problem(
        path="--gpu",
        given=name,
        allowed="a GPU's name, with its memory where the name alone leaves it open",
        example=example,
        message=message,
    )
