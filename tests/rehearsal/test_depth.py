"""How deep this machine can go, and a rehearsal where there are no tools at all."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from config.errors import ConfigError
from rehearsal.depth import reach
from rehearsal.engine.rig import Rig, find_rig
from rehearsal.narrate import Narrator
from rehearsal.run import rehearse
from tests.e2e.support import need

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """No Pulumi CLI on PATH or in the cache, no plugin installed."""
    return {"HOME": str(tmp_path), "PATH": str(tmp_path)}


def test_without_tools_the_graph_is_left_and_the_way_further_is_named(bare: dict[str, str]) -> None:
    possible = reach(boot=True, root=ROOT, environ=bare)
    assert (possible.depth, possible.rig) == ("graph", None)
    assert "the Pulumi CLI" in {tool.what for tool in possible.missing}


def test_with_an_engine_the_next_depth_is_an_option(rig: Rig) -> None:
    possible = reach(boot=False, root=ROOT)
    assert (possible.depth, possible.rig) == ("engine", rig)
    assert [tool.how for tool in possible.missing] == ["the option --boot"]


def test_a_rehearsal_without_tools_still_shows_plan_resources_and_cost(bare: dict[str, str]) -> None:
    told = io.StringIO()
    (report,) = rehearse(stacks=["dev"], narrator=Narrator(told), root=ROOT, environ=bare)
    assert report.passed
    assert report.depth == "graph"
    assert report.resources > 70
    assert [check.name for check in report.checks] == ["graph"]
    for words in (
        "vllm serve meta-llama/Llama-3.1-8B-Instruct",
        "aws:autoscaling:Group",
        "deeper needs the Pulumi CLI",
    ):
        assert words in told.getvalue()


def test_the_report_is_one_json_document(bare: dict[str, str]) -> None:
    (report,) = rehearse(stacks=["dev"], narrator=Narrator(io.StringIO()), root=ROOT, environ=bare)
    document = json.loads(json.dumps(report.as_dict()))
    assert document["passed"] is True
    assert document["plan"]["instance_type"] == "g6.2xlarge"
    assert document["deeper"][0]["how"]


def test_a_wrong_configuration_starts_nothing(bare: dict[str, str], tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "Pulumi.yaml").write_text("name: vllm\nruntime: python\n")
    (root / "Pulumi.dev.yaml").write_text("config:\n  aws:region: us-east-1\n  vllm:modle: x\n")
    told = io.StringIO()
    with pytest.raises(ConfigError, match="vllm:modle"):
        rehearse(stacks=["dev"], narrator=Narrator(told), root=root, environ=bare)
    assert told.getvalue() == ""


@pytest.fixture
def rig() -> Rig:
    found = find_rig()
    need(found is not None, "no Pulumi engine")
    assert found is not None
    return found
