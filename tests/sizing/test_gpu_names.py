"""GPUs as people write them."""

from __future__ import annotations

import pytest

from config.errors import Problem
from sizing.catalog import Catalog
from sizing.gpu_names import resolve_gpu


@pytest.mark.parametrize(
    ("written", "memory_gib", "name", "visible_gib"),
    [
        ("L4", None, "L4", 22.03),
        ("NVIDIA L40S", None, "L40S", 44.39),
        ("A100 80GB", None, "A100", 79.25),
        ("A100-SXM4-40GB", None, "A100", 39.38),
        ("A100", 80.0, "A100", 79.25),
        ("NVIDIA H100 80GB HBM3", None, "H100", 79.19),
        ("H100 NVL", None, "H100 NVL", 93.1),
        ("H100 NVL (93.09 GiB visible)", None, "H100 NVL", 93.09),
        ("GeForce RTX 4090", None, "RTX 4090", 23.53),
        ("Tesla T4 (14.74 GiB visible)", None, "T4", 14.74),
        ("T4", 16.0, "T4", 14.56),
        ("B200", 180.0, "B200", 178.3),
        ("A10G (g5.2xlarge)", 24.0, "A10G", 22.06),
        ("GH200 96GB", None, "GH200", 94.5),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", None, "RTX PRO Server 6000", 94.9),
        ("8xH100", 80.0, "H100", 79.19),
        ("2x A100 80GB", 80.0, "A100", 79.25),
        ("H100", 79.18, "H100", 79.18),
        ("4090", 24.0, "RTX 4090", 23.53),
        ("A6000", 48.0, "RTX A6000", 47.43),
        ("L4 (22.161 GB visible per Unsloth banner)", 24.0, "L4", 22.161),
        ("80GB GPU (79.15 GiB visible)", 80.0, "80GB GPU (79.15 GiB visible)", 79.15),
        ("H20", 141.0, "H20", 139.8),
        ("MI300X", 192.0, "MI300X", 192.0),
    ],
)
def test_known_gpus(catalog: Catalog, written: str, memory_gib: float | None, name: str, visible_gib: float) -> None:
    gpu = resolve_gpu(written, memory_gib=memory_gib, catalog=catalog)
    assert not isinstance(gpu, Problem)
    assert (gpu.name, gpu.visible_gib) == (name, visible_gib)


def test_a_modified_card_has_the_memory_that_was_stated(catalog: Catalog) -> None:
    gpu = resolve_gpu("RTX 4090 48G (modded)", memory_gib=48, catalog=catalog)
    assert not isinstance(gpu, Problem)
    assert gpu.visible_gib == pytest.approx(47, abs=1)


def test_an_unknown_card_needs_its_memory(catalog: Catalog) -> None:
    assert isinstance(resolve_gpu("MI300X", memory_gib=None, catalog=catalog), Problem)
    problem = resolve_gpu("Voodoo 2", memory_gib=None, catalog=catalog)
    assert isinstance(problem, Problem)
    assert "--gpu-memory-gib" in problem.message
    gpu = resolve_gpu("Voodoo 2", memory_gib=24, catalog=catalog)
    assert not isinstance(gpu, Problem)
    assert 22 < gpu.visible_gib < 24


def test_a_name_that_leaves_the_memory_open(catalog: Catalog) -> None:
    problem = resolve_gpu("A100", memory_gib=None, catalog=catalog)
    assert isinstance(problem, Problem)
    assert "40 and 80" in problem.message
