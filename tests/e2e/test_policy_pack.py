"""The policy pack as the Pulumi CLI runs it: its program in its own environment, asked over the analyzer protocol.

The CLI itself starts packs through a plugin that cannot be had without a download, so this test asks in its place.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.loader import load_rules
from rehearsal.graph.model import Resource
from tests.program.cases import ROOT, load_case
from tools.side_environment import side_environment

pytestmark = pytest.mark.e2e

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # a text that the engine does not know before the update
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    programs = side_environment("policy-pack", requirements=ROOT / "policies" / "requirements.txt")
    command = [str(programs / "python"), "-u", str(ROOT / "policies" / "__main__.py")]
    elsewhere: Path = tmp_path_factory.mktemp("pack")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=elsewhere) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
        process.terminate()


def analyzed(
    pack: analyzer_pb2_grpc.AnalyzerStub, resources: Sequence[Resource], **changed: Any
) -> list[analyzer_pb2.AnalyzeDiagnostic]:
    """What the pack says of these resources; ``changed``: inputs of the launch template."""
    request = analyzer_pb2.AnalyzeStackRequest(resources=[asked(item, changed) for item in resources])
    return list(pack.AnalyzeStack(request).diagnostics)


def asked(item: Resource, changed: dict[str, Any]) -> analyzer_pb2.AnalyzerResource:
    properties = struct_pb2.Struct()
    properties.update({**item.inputs, **item.outputs, **(changed if item.type == TEMPLATE else {})})
    resource = analyzer_pb2.AnalyzerResource(type=item.type, urn=item.urn, name=item.name, properties=properties)
    resource.options.protect = item.protect
    resource.options.ignoreChanges.extend(item.ignore_changes)
    for key, urns in item.property_dependencies.items():
        resource.propertyDependencies[key].urns.extend(urns)
    return resource


def test_the_pack_has_every_rule_at_its_level(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    info = pack.GetAnalyzerInfo(empty_pb2.Empty())
    levels = {
        policy.name: analyzer_pb2.EnforcementLevel.Name(policy.enforcementLevel).lower() for policy in info.policies
    }
    assert info.name == "vllm"
    assert levels == {rule.id: rule.level for rule in load_rules()}


@pytest.mark.parametrize("stack", ["dev", "public"])
def test_a_stack_that_passes_here_passes_there(pack: analyzer_pb2_grpc.AnalyzerStub, stack: str) -> None:
    assert analyzed(pack, load_case(stack).graph.resources) == []


def test_a_violation_says_what_to_do(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    graph = load_case("dev").graph
    (found,) = analyzed(pack, graph.resources, metadataOptions={"httpTokens": "optional", "httpPutResponseHopLimit": 1})
    assert found.policyName == "metadata-needs-token"
    assert found.enforcementLevel == analyzer_pb2.MANDATORY
    assert found.urn == graph.of_type(TEMPLATE)[0].urn
    assert "IMDSv1" in found.message
    assert "components/aws/launch_template.py" in found.message


def test_a_first_preview_in_which_much_is_unknown_is_checked_all_the_same(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    graph = load_case("dev").graph
    (found,) = analyzed(pack, graph.resources, userData=UNKNOWN, imageId=UNKNOWN, keyName="mine")
    assert found.policyName == "ssh-is-closed"
