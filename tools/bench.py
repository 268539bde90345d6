"""Measure what docs/benchmarks.md promises: ``make bench`` prints the table, ``--write`` keeps it there.

Whole-process wall time of each command, after one warm-up run where a command is short; the median counts.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    name: str
    command: str
    runs: int
    limit_s: float

    @property
    def head(self) -> str:
        """How its row begins."""
        return f"| {self.name} | `{self.command}` |"


BENCHMARKS = (
    Benchmark(name="plan", command="python -m ops plan --stack dev --json", runs=7, limit_s=0.5),
    Benchmark(
        name="size",
        command="python -m ops size meta-llama/Llama-3.1-70B-Instruct --gpu H200 --json",
        runs=7,
        limit_s=0.5,
    ),
    Benchmark(name="5,000 plans", command="python -m tools.plan_many 5000", runs=1, limit_s=5),
    Benchmark(name="graph", command="python -m ops graph --stack dev --json", runs=3, limit_s=8),
    Benchmark(name="engine rehearsal", command="python -m ops rehearse --stack dev --json", runs=1, limit_s=180),
    Benchmark(
        name="both stacks", command="python -m ops rehearse --stack dev --stack prod --json", runs=1, limit_s=300
    ),
    Benchmark(name="host daemons", command="python -m tools.host_daemons --seconds 180", runs=1, limit_s=240),
    Benchmark(name="all tests", command="make --no-print-directory test", runs=1, limit_s=720),
)


@dataclass(frozen=True, kw_only=True)
class Result:
    benchmark: Benchmark
    seconds: tuple[float, ...]

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)

    def row(self) -> str:
        spread = f"{min(self.seconds):.2f}-{max(self.seconds):.2f}"
        verdict = "yes" if self.median_s < self.benchmark.limit_s else "**no**"
        return (
            f"{self.benchmark.head} {len(self.seconds)} | {self.median_s:.2f} | "
            f"{spread} | {self.benchmark.limit_s:g} | {verdict} | {date.today().isoformat()} |"
        )


def measure(benchmark: Benchmark) -> Result:
    """Wall seconds of each run; a command that fails ends the benchmark with its output."""
    warm_up = 1 if benchmark.runs > 1 else 0
    seconds = [_timed(benchmark.command) for _ in range(benchmark.runs + warm_up)]
    return Result(benchmark=benchmark, seconds=tuple(seconds[warm_up:]))


def _timed(command: str) -> float:
    words = shlex.split(command)
    argv = [sys.executable, *words[1:]] if words[0] == "python" else words
    began = time.perf_counter()
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"{command}: exit status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds


def machine() -> str:
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({_cpu_model()}), {memory_gib:.0f} GiB, no GPU, "
        f"Linux {platform.release()}, Python {platform.python_version()}"
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def page(results: Sequence[Result], *, before: str = "") -> str:
    """The whole page: what was measured now, and of ``before`` the rows of benchmarks that were not."""
    measured = {result.benchmark: result.row() for result in results}
    shown = [row for benchmark in BENCHMARKS if (row := measured.get(benchmark) or _kept(benchmark, before))]
    rows = "\n".join(shown)
    return f"""# Benchmarks

Measured by `make bench` on {machine()}. Wall time of whole processes, everything
installed, caches warm. `make bench ARGS=--write` measures again and rewrites this page.

| what | command | runs | median s | min-max s | limit s | within | on |
|---|---|---|---|---|---|---|---|
{rows}
"""


def _kept(benchmark: Benchmark, before: str) -> str | None:
    """Its row there, unless it was of another command."""
    return next((row for row in before.splitlines() if row.startswith(benchmark.head)), None)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the result in docs/benchmarks.md")
    parser.add_argument("--only", nargs="+", choices=[b.name for b in BENCHMARKS], help="measure just these")
    arguments = parser.parse_args(argv)
    wanted = [b for b in BENCHMARKS if not arguments.only or b.name in arguments.only]
    results = []
    for benchmark in wanted:
        print(f"{benchmark.name}: {benchmark.command}", file=sys.stderr, flush=True)
        results.append(measure(benchmark))
        print(results[-1].row(), file=sys.stderr, flush=True)
    text = page(results, before=PAGE.read_text())
    print(text)
    if arguments.write:
        PAGE.write_text(text)
    return 0 if all(result.median_s < result.benchmark.limit_s for result in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
