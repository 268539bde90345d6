"""Capture the metrics of a running vLLM: names, types and labels, as data that alarms and dashboards are checked with.

Start the pinned vLLM, send it a request or two (some series appear with the first), then

    python tools/vllm_metrics.py http://localhost:8000 > sizing/data/vllm-0.32.0-metrics.json

Names are as a Prometheus query uses them: a histogram's are NAME_bucket, NAME_count and NAME_sum. Series that only say
when another began (NAME_created) are left out.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from typing import Any
from urllib.request import urlopen

PREFIX = "vllm:"
TYPE = re.compile(r"# TYPE (\S+) (\w+)")
SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+")
LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')
SUFFIXES = ("_bucket", "_count", "_sum")


def metrics(text: str) -> dict[str, dict[str, Any]]:
    """By name: type and sorted labels (``le`` of buckets apart, which every histogram has)."""
    types: dict[str, str] = {}
    labels: dict[str, set[str]] = {}
    for line in text.splitlines():
        if declared := TYPE.fullmatch(line):
            types[declared[1]] = declared[2]
        elif sample := SAMPLE.fullmatch(line):
            labels.setdefault(_family(sample[1], types), set()).update(LABEL.findall(sample[2] or ""))
    return {
        name: {"type": kind, "labels": sorted(labels.get(name, set()) - {"le"})}
        for name, kind in sorted(types.items())
        if name.startswith(PREFIX) and not name.endswith("_created")
    }


def _family(sample: str, types: dict[str, str]) -> str:
    base = next((sample.removesuffix(suffix) for suffix in SUFFIXES if sample.endswith(suffix)), sample)
    return base if types.get(base) == "histogram" else sample


def document(text: str, *, version: str, day: str) -> str:
    """One metric a line, so that the diff between two versions reads as a list of metrics."""
    rows = [f"  {json.dumps(name)}: {json.dumps(fact)}" for name, fact in metrics(text).items()]
    head = {"vllm_version": version, "date": day, "source": "tools/vllm_metrics.py: /metrics of that vLLM (CPU build)"}
    return json.dumps(head, indent=1).removesuffix("\n}") + ',\n "metrics": {\n' + ",\n".join(rows) + "\n }\n}"


def fetch(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise SystemExit(f"{url} is not an http address, e.g. http://localhost:8000")
    with urlopen(url, timeout=30) as answer:  # noqa: S310 (checked above)
        text: str = answer.read().decode()
    return text


def main() -> None:
    base = sys.argv[1].rstrip("/")
    version = json.loads(fetch(f"{base}/version"))["version"].split("+")[0]
    print(document(fetch(f"{base}/metrics"), version=version, day=date.today().isoformat()))


if __name__ == "__main__":
    main()
