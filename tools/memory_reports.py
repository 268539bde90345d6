"""Predicted against reported start-ups: the errors, and the table in ``docs/sizing.md``.

    .venv/bin/python -m tools.memory_reports [--write]

Reads ``tests/sizing/memory_reports.json``. ``--write`` renews the table; without it the errors are printed.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.errors import Problem
from sizing.catalog import load_catalog
from sizing.error_band import Band
from sizing.gpu_names import resolve_gpu
from sizing.one_machine import Answer, Question, answer
from sizing.versions import Version

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "tests" / "sizing" / "memory_reports.json"
DOC = ROOT / "docs" / "sizing.md"
BEGIN, END = "<!-- tools/memory_reports.py begins -->", "<!-- tools/memory_reports.py ends -->"

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Result:
    """One report and what the model says of it. ``error``: of the KV cache, as a share; None where none is reported."""

    row: Row
    answer: Answer
    error: float | None

    @property
    def band(self) -> Band:
        return self.answer.band


def rows() -> list[Row]:
    found: list[Row] = json.loads(REPORTS.read_text())["rows"]
    return found


def version_of(text: str) -> Version:
    numbers = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if numbers is None:
        raise ValueError(f"{text!r} is no version")
    return tuple(int(part) for part in numbers.groups() if part is not None)


def predict(row: Row) -> Result:
    """The answer to a row as ``ops size`` would get it."""
    catalog = load_catalog()
    model = catalog.model(row["model"])
    gpu = resolve_gpu(row["gpu"], memory_gib=row.get("gpu_memory_gib"), catalog=catalog)
    if model is None or isinstance(gpu, Problem):
        raise ValueError(f"{row['id']}: unknown model or GPU")
    found = answer(
        model,
        Question(
            gpu=gpu,
            tensor_parallel_size=row["gpus"],
            max_model_len=row.get("max_model_len"),
            gpu_memory_utilization=row.get("gpu_memory_utilization"),
            dtype=row.get("dtype", "auto"),
            quantization=row.get("quantization"),
            kv_cache_dtype=row.get("kv_cache_dtype"),
            max_num_seqs=row.get("max_num_seqs"),
            max_num_batched_tokens=row.get("max_num_batched_tokens"),
            enforce_eager=row.get("enforce_eager", False),
            vllm_version=version_of(row["vllm_version"]),
        ),
    )
    reported = row.get("kv_cache_gib")
    error = found.memory.kv_cache_gib / reported - 1 if reported and row["outcome"] == "ok" else None
    return Result(row=row, answer=found, error=error)


def results() -> list[Result]:
    """Of every row that is not left out."""
    return [predict(row) for row in rows() if "left_out" not in row]


def percentile(errors: Sequence[float], share: float) -> float:
    """Of absolute errors; between two values where the rank is."""
    ordered = sorted(abs(error) for error in errors)
    rank = share * (len(ordered) - 1)
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)


def regime(row: Row) -> str:
    """The kind of start-up, for residuals by kind."""
    found = load_catalog().model(row["model"])
    if found is not None and found.vision:
        return "images"
    if found is not None and found.experts:
        return "experts"
    return "several GPUs" if row["gpus"] > 1 else "one GPU"


def table(found: Sequence[Result]) -> str:
    """Markdown: one line for each report that started, then those that failed."""
    lines = [
        "| report | model | GPUs | vLLM | weights GiB | KV cache GiB | error |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in found:
        row, memory = result.row, result.answer.memory
        weights = f"{memory.weights_gib:.2f} / {row['weights_gib']:.2f}" if "weights_gib" in row else ""
        cache = f"{memory.kv_cache_gib:.2f} / {row['kv_cache_gib']:.2f}" if "kv_cache_gib" in row else ""
        error = "" if result.error is None else f"{result.error:+.1%}"
        if row["outcome"] != "ok":
            error = "does not fit" if not result.answer.fits else "fits, but failed"
        gpus = f"{row['gpus']} x {row['gpu']}"
        lines.append(
            f"| {row['id']} | {row['model']} | {gpus} | {row['vllm_version']} | {weights} | {cache} | {error} |"
        )
    return "\n".join(lines)


def summary(found: Sequence[Result]) -> str:
    """One sentence with the numbers that the tests hold."""
    errors = [result.error for result in found if result.error is not None]
    inside = sum(
        result.band.low_gib <= result.row["kv_cache_gib"] <= result.band.high_gib
        for result in found
        if result.error is not None
    )
    return (
        f"{len(errors)} start-ups: median error of the KV cache {percentile(errors, 0.5):.1%}, 90th percentile "
        f"{percentile(errors, 0.9):.1%}, largest {max(map(abs, errors)):.1%}; {inside} are inside the band."
    )


def section() -> str:
    """What stands between the marks in the documentation."""
    found = results()
    return f"{summary(found)}\n\nPredicted / reported, per GPU:\n\n{table(found)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="renew the table in docs/sizing.md")
    if parser.parse_args().write:
        head, _, rest = DOC.read_text().partition(BEGIN)
        DOC.write_text(f"{head}{BEGIN}\n{section()}\n{END}{rest.partition(END)[2]}")
        return
    found = results()
    print(summary(found))
    for kind in sorted({regime(result.row) for result in found}):
        errors = [r.error for r in found if r.error is not None and regime(r.row) == kind]
        if errors:
            print(f"{kind}: {len(errors)}, mean {statistics.mean(errors):+.1%}, median {percentile(errors, 0.5):.1%}")


if __name__ == "__main__":
    main()
