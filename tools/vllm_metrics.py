"""Capture the metrics of a running vLLM: names, types, labels and buckets, as data that alarms and dashboards are
checked with.

Start the pinned vLLM, send it a request or two (some series appear with the first), then

    python tools/vllm_metrics.py http://localhost:8000 > monitoring/data/vllm_metrics.json

Names are as a Prometheus query uses them: a histogram's are NAME_bucket, NAME_count and NAME_sum. Series that only say
when another began (NAME_created) are left out, and those of the Python process.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.request import urlopen

PREFIXES = ("vllm:", "http_")
TYPE = re.compile(r"# TYPE (\S+) (\w+)")
SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
SUFFIXES = ("_bucket", "_count", "_sum")
LISTED = ("finished_reason", "reason", "source", "sleep_state")
"""Labels whose values vLLM has all from its start."""
INFINITY = "+Inf"


@dataclass(kw_only=True)
class Seen:
    """What the samples of one metric have: the values of each label, bucket bounds in order."""

    labels: dict[str, list[str]] = field(default_factory=dict)
    buckets: list[float] = field(default_factory=list)

    def add(self, labels: Mapping[str, str]) -> None:
        for name, value in labels.items():
            if name == "le":
                self._add_bound(value)
            elif value not in self.labels.setdefault(name, []):
                self.labels[name].append(value)

    def _add_bound(self, text: str) -> None:
        if text != INFINITY and float(text) not in self.buckets:
            self.buckets.append(float(text))


def metrics(text: str) -> dict[str, dict[str, Any]]:
    """By name: type, sorted labels (a histogram's ``le`` apart), values of the labels that are lists, bucket bounds
    but the last, which is infinity."""
    types: dict[str, str] = {}
    seen: dict[str, Seen] = {}
    for line in text.splitlines():
        if declared := TYPE.fullmatch(line):
            types[declared[1]] = declared[2]
        elif sample := SAMPLE.fullmatch(line):
            labels = dict(LABEL.findall(sample[2] or ""))
            seen.setdefault(_family(sample[1], types), Seen()).add(labels)
    return {
        name: _fact(kind, seen.get(name, Seen()))
        for name, kind in sorted(types.items())
        if name.startswith(PREFIXES) and not name.endswith("_created")
    }


def _fact(kind: str, seen: Seen) -> dict[str, Any]:
    fact: dict[str, Any] = {"type": kind, "labels": sorted(seen.labels)}
    listed = {name: sorted(seen.labels[name]) for name in LISTED if name in seen.labels}
    if listed:
        fact["values"] = listed
    if seen.buckets:
        fact["buckets"] = seen.buckets
    return fact


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
