"""Checkov, a scanner that this project has no part in, on the graph of stacks: ``python -m tools.scan --stack NAME``.

It reads Terraform JSON, which tools/terraform_json.py makes of the graph. Without an account of its vendor it gives
its checks no severity, so each failed one counts: exit status 1 unless policies/checkov-waivers.yaml says why not.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from tools.side_environment import side_environment
from tools.terraform_json import terraform, urns

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "tools" / "checkov-requirements.txt"
WAIVERS = ROOT / "policies" / "checkov-waivers.yaml"

Resource = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A check that failed. ``waived``: the written reason."""

    check: str
    title: str
    urn: str
    waived: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scan:
    """``passed``: how many checks did, so that nothing passes because nothing was read."""

    passed: int
    failed: tuple[Failed, ...]

    @property
    def open(self) -> tuple[Failed, ...]:
        return tuple(failed for failed in self.failed if failed.waived is None)


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """``urn``: a shell pattern."""

    check: str
    urn: str
    reason: str

    def covers(self, *, check: str, urn: str) -> bool:
        return self.check == check and fnmatchcase(urn, self.urn)


def read_waivers(path: Path = WAIVERS) -> tuple[Waiver, ...]:
    return tuple(Waiver(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["waivers"])


def scan(graphs: Mapping[str, Sequence[Resource]], *, waivers: Iterable[Waiver]) -> dict[str, Scan]:
    """By the name of the graph; all in one run of Checkov."""
    exceptions = tuple(waivers)
    with tempfile.TemporaryDirectory() as folder:
        for name, graph in graphs.items():
            (Path(folder) / name).mkdir()
            (Path(folder) / name / "main.tf.json").write_text(json.dumps(terraform(graph)), encoding="utf-8")
        return {name: _scan(Path(folder) / name, graph, exceptions) for name, graph in graphs.items()}


def _scan(folder: Path, graph: Sequence[Resource], waivers: tuple[Waiver, ...]) -> Scan:
    report = _checkov(folder)
    known = urns(graph)
    failed = []
    for entry in report["results"]["failed_checks"]:
        urn = known[str(entry["resource"]).rpartition(".")[2]]
        check = str(entry["check_id"])
        reasons = [waiver.reason for waiver in waivers if waiver.covers(check=check, urn=urn)]
        failed.append(
            Failed(check=check, title=str(entry["check_name"]), urn=urn, waived=reasons[0] if reasons else None)
        )
    return Scan(passed=int(report["summary"]["passed"]), failed=tuple(failed))


def _checkov(folder: Path) -> dict[str, Any]:
    program = side_environment("checkov", requirements=REQUIREMENTS) / "checkov"
    options = ["--framework", "terraform_json", "--output", "json", "--quiet", "--compact", "--skip-download"]
    done = subprocess.run(
        [str(program), "--directory", str(folder), *options, "--soft-fail"], capture_output=True, text=True, check=True
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def as_text(name: str, scanned: Scan) -> str:
    lines = [f"{failed.check} {failed.title}\n    {failed.urn}" for failed in scanned.open]
    waived = len(scanned.failed) - len(scanned.open)
    return "\n".join([*lines, f"{name}: Checkov: {len(scanned.open)} failed, {waived} waived, {scanned.passed} passed"])


def main(argv: Sequence[str]) -> int:
    from rehearsal.graph.record import record_graph

    parser = argparse.ArgumentParser(prog="python -m tools.scan", description="Checkov on the graph of stacks")
    parser.add_argument("--stack", action="append", required=True, metavar="NAME", help="read Pulumi.NAME.yaml")
    stacks = parser.parse_args(argv).stack
    graphs = {stack: [item.as_dict() for item in record_graph(stack=stack, root=ROOT)] for stack in stacks}
    found = scan(graphs, waivers=read_waivers())
    for name, scanned in found.items():
        print(as_text(name, scanned))
    return 1 if any(scanned.open for scanned in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
