"""A stack that is pinned to what it holds is the same stack: its next preview shows no change of a resource."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from config.sources import load_stack_file
from ops.pin import look_up
from ops.pin_sources import Sources
from ops.stack_write import write
from rehearsal.graph.model import Graph
from rehearsal.graph.record import record_graph
from sizing.prepare import prepare
from tests.ops.deployed_stack import make_folder

ROOT = Path(__file__).resolve().parents[2]
# Pinned before, since they are the two that reach hosts.
ALSO = "  vllm:image:\n    digest: sha256:" + "0123456789abcdef" * 4 + "\n"
REVISION = "0e9e39f249a16976918f6564b8830bc894c89659"


def graph_of(folder: Path, *, stack: str) -> Graph:
    return record_graph(stack=stack, root=folder, program=ROOT / "__main__.py")


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_pin_to_what_the_stack_holds_changes_no_resource(tmp_path: Path, stack: str) -> None:
    folder = make_folder(tmp_path, outputs=None, environment={})
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    file = tmp_path / f"Pulumi.{stack}.yaml"
    file.write_text((ROOT / file.name).read_text() + ALSO)
    write({("model", "revision"): REVISION}, stack=stack, root=tmp_path)
    before = graph_of(tmp_path, stack=stack)
    held = json.loads(json.dumps(dict(before.stack.outputs)))
    folder.deploy(stack, held)

    config, plan = prepare(load_stack_file(stack=stack, root=tmp_path), root=tmp_path)
    sources = Sources(config, plan.instance_type, folder.environment)
    pins = look_up(config, plan, sources, encrypted=frozenset(), update=False)
    assert {pin.key: pin.new for pin in pins if pin.changed} == {
        "amiId": held["image_id"],
        "zones": tuple(held["zones"]),
    }
    write({(pin.section, pin.key): pin.new for pin in pins if pin.changed and pin.new}, stack=stack, root=tmp_path)

    after = graph_of(tmp_path, stack=stack)
    assert {resource.urn: resource.inputs for resource in after} == {
        resource.urn: resource.inputs for resource in before
    }
    assert {resource.urn for resource in after if resource.ignore_changes} < {
        resource.urn for resource in before if resource.ignore_changes
    }
