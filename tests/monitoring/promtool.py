"""Rules in the hands of Prometheus' own tool, which evaluates them as a server would."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.support import need

PROMTOOL = "promtool"


@dataclass(frozen=True, kw_only=True)
class Look:
    """At ``minute`` the rule ``alert`` must ring, or must not."""

    series: Mapping[str, str]
    alert: str
    minute: int
    rings: bool


def with_job(series: str, job: str) -> str:
    return series.replace("{", f'{{job="{job}",', 1)


def check_rules(file: Path) -> str | None:
    """What is wrong with a rule file; None where nothing is."""
    return _complaint("check", "rules", str(file))


def run_looks(rules: Path, looks: Sequence[Look], *, job: str, folder: Path) -> str | None:
    """What rings, or does not, other than expected; None where nothing does."""
    file = folder / "looks.yaml"
    document = {
        "rule_files": [str(rules)],
        "evaluation_interval": "1m",
        "tests": [_test(look, job=job) for look in looks],
    }
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return _complaint("test", "rules", str(file))


def _test(look: Look, *, job: str) -> dict[str, Any]:
    # Prometheus keeps what rings in ALERTS; promtool's own comparison would want the texts with the values in them.
    ringing = f'count(ALERTS{{alertname="{look.alert}",alertstate="firing"}}) or vector(0)'
    return {
        "interval": "1m",
        "input_series": [{"series": with_job(series, job), "values": values} for series, values in look.series.items()],
        "promql_expr_test": [
            {
                "expr": ringing,
                "eval_time": f"{look.minute}m",
                "exp_samples": [{"labels": "{}", "value": 1 if look.rings else 0}],
            }
        ],
    }


def _complaint(*arguments: str) -> str | None:
    need(shutil.which(PROMTOOL) is not None, "promtool is not installed (apt-get install prometheus)")
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stdout + done.stderr
