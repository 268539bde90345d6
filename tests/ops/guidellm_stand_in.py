"""guidellm's report as far as it is read, and a program that writes one as guidellm does."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROGRAM = """#!{python}
import json, os, pathlib, sys
assert sys.argv[1:3] == ["run", "--config"], sys.argv
asked = json.loads(pathlib.Path(sys.argv[3]).read_text())
here = pathlib.Path(__file__).parent
(here / "asked.json").write_text(json.dumps(asked))
(here / "environment.json").write_text(json.dumps(dict(os.environ)))
prompts = pathlib.Path(asked["spec"]["data"][0]["path"]).read_text().splitlines()
(here / "prompts.jsonl").write_text("\\n".join(prompts))
for index in (1, 2):
    print(f"Benchmark {{index}} (concurrent@1): completed | elapsed=1.0s | successful=3 errored=0 incomplete=0 | x",
          file=sys.stderr)
report = here / "report.json"
if not report.exists():
    print("ValueError: no way to " + asked["spec"]["backend"]["api_key"], file=sys.stderr)
    sys.exit(1)
pathlib.Path(asked["spec"]["outputs"][0]["path"]).write_text(report.read_text())
"""


def statistics(mean: float) -> Mapping[str, Any]:
    return {"mean": mean, "percentiles": {"p50": mean, "p95": 2 * mean, "p99": 3 * mean}}


def benchmark(
    *, in_flight: float, first_token_ms: float, answer_s: float, answered: int = 20, failed: int = 0, cut: int = 0
) -> Mapping[str, Any]:
    """A level whose requests take ``answer_s``, with 32 tokens each."""
    rate = in_flight / answer_s

    def both(mean: float) -> Mapping[str, Any]:
        return {"successful": statistics(mean), "errored": None, "total": statistics(mean)}

    return {
        "duration": answered / rate,
        "metrics": {
            "request_totals": {
                "successful": answered,
                "errored": failed,
                "incomplete": cut,
                "total": answered + failed,
            },
            "request_concurrency": both(in_flight),
            "request_latency": both(answer_s),
            "requests_per_second": both(rate),
            "output_tokens_per_second": both(rate * 32),
            "prompt_token_count": both(96),
            "output_token_count": both(32),
            "time_to_first_token_ms": both(first_token_ms),
            "inter_token_latency_ms": both(10),
        },
    }


def report(*benchmarks: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"metadata": {}, "benchmarks": list(benchmarks)}


def write_guidellm(folder: Path, benchmarks: Sequence[Mapping[str, Any]] | None) -> Path:
    """The program; without ``benchmarks`` it fails."""
    folder.mkdir(exist_ok=True)
    program = folder / "guidellm"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    if benchmarks is not None:
        (folder / "report.json").write_text(json.dumps(report(*benchmarks)))
    return program
