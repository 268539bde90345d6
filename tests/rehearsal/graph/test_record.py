"""The recorder keeps what the engine would get; the sample program stands in for any program."""

from __future__ import annotations

import gc
import json
import socket
from pathlib import Path

import pytest

from config.errors import ConfigError, Problem
from rehearsal.graph.answers import UnansweredError
from rehearsal.graph.model import Graph, Resource
from rehearsal.graph.monitor import DuplicateUrnError
from rehearsal.graph.record import TracebackError, record_graph
from rehearsal.graph.tree import render_tree

SAMPLE = Path(__file__).parent / "sample_program.py"
STACK_FILE = """
config:
  aws:region: eu-central-1
  vllm:serving: {maxModelLen: 8192}
  vllm:token: {secure: v1:c2VjcmV0}
"""


def _root(folder: Path) -> Path:
    (folder / "Pulumi.yaml").write_text("name: vllm\n")
    (folder / "Pulumi.t.yaml").write_text(STACK_FILE)
    return folder


def _run_text(folder: Path, text: str) -> Graph:
    program = _root(folder) / "program.py"
    program.write_text("import pulumi\nimport pulumi_aws as aws\n" + text)
    return record_graph(stack="t", root=folder, program=program)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return record_graph(stack="t", root=_root(tmp_path_factory.mktemp("sample")), program=SAMPLE)


def _named(graph: Graph, name: str) -> Resource:
    return next(resource for resource in graph if resource.name == name)


def test_urns_are_the_engines(graph: Graph) -> None:
    assert [resource.urn.removeprefix("urn:pulumi:t::vllm::") for resource in graph] == [
        "pulumi:pulumi:Stack::vllm-t",
        "sample:components:Web::sample-web",
        "sample:components:Web$aws:ec2/subnet:Subnet::sample-subnet",
        "sample:components:Web$aws:ec2/vpc:Vpc::sample-vpc",
        "aws:s3/bucket:Bucket::sample-bucket",
        "aws:s3/bucketObjectv2:BucketObjectv2::sample-object",
        "aws:sns/topic:Topic::sample-unknown",
        "aws:ssm/parameter:Parameter::sample-parameter",
    ]


def test_options_that_mocks_drop_are_kept(graph: Graph) -> None:
    bucket = _named(graph, "sample-bucket")
    assert bucket.protect
    assert bucket.ignore_changes == ("tags",)
    assert "name=old-bucket" in bucket.aliases
    assert bucket.dependencies == (_named(graph, "sample-subnet").urn,)
    assert bucket.parent == graph.stack.urn


def test_components_are_not_custom_and_keep_their_outputs(graph: Graph) -> None:
    web = _named(graph, "sample-web")
    assert not web.custom
    assert str(web.outputs["vpcId"]).startswith("vpc-")


def test_answered_outputs_reach_dependents(graph: Graph) -> None:
    subnet, vpc = _named(graph, "sample-subnet"), _named(graph, "sample-vpc")
    assert str(subnet.inputs["vpcId"]).startswith("vpc-")
    assert subnet.property_dependencies["vpcId"] == (vpc.urn,)


def test_what_stood_in_for_an_answer_is_kept(graph: Graph) -> None:
    vpc = _named(graph, "sample-vpc")
    assert vpc.answered["id"] == _named(graph, "sample-subnet").inputs["vpcId"]
    assert vpc.as_dict()["answered"] == vpc.answered
    assert _named(graph, "sample-web").answered == {}


def test_what_triggers_a_replacement_is_kept(tmp_path: Path) -> None:
    graph = _run_text(
        tmp_path,
        "net = aws.ec2.Vpc('net', cidr_block='10.0.0.0/16')\n"
        "at_the_top = pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)\n"
        "opts = pulumi.ResourceOptions(replacement_trigger=net.id, aliases=[at_the_top])\n"
        "aws.sns.Topic('t', opts=opts)",
    )
    topic = _named(graph, "t")
    assert topic.replacement_trigger == _named(graph, "net").answered["id"]
    assert _named(graph, "net").replacement_trigger is None
    assert "noParent=true" in topic.aliases


def test_secrets_unknowns_and_assets_are_shown_as_such(graph: Graph) -> None:
    assert _named(graph, "sample-parameter").inputs["value"] == "[secret]"
    assert _named(graph, "sample-unknown").inputs["displayName"] == "[unknown]"
    assert _named(graph, "sample-object").inputs["source"]["asset"]["text"] == "hello, host"
    assert graph.stack.outputs["token"] == "[secret]"
    assert "never-shown" not in json.dumps([resource.as_dict() for resource in graph])


def test_structured_config_and_data_sources_are_answered(graph: Graph) -> None:
    assert graph.stack.outputs["who"] == 8192
    assert graph.stack.outputs["zones"] == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    assert [invoke.args for invoke in graph.invokes] == [{"state": "available"}]


def test_log_lines_are_kept(graph: Graph) -> None:
    assert [(message.severity, message.text) for message in graph.messages] == [("warning", "mind the gap")]


def test_two_runs_in_one_process_are_equal(graph: Graph, tmp_path: Path) -> None:
    assert record_graph(stack="t", root=_root(tmp_path), program=SAMPLE) == graph


def test_no_socket_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the graph opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
    assert record_graph(stack="t", root=_root(tmp_path), program=SAMPLE).resources


def test_a_failing_output_is_raised_and_not_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ZeroDivisionError):
        _run_text(tmp_path, "aws.sns.Topic('t', name=aws.s3.Bucket('b').arn.apply(lambda _: 1 / 0))")
    gc.collect()
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_tree_is_drawn_as_preview_does(graph: Graph) -> None:
    lines = render_tree(graph).splitlines()
    assert lines[1].split() == ["+", "pulumi:pulumi:Stack", "vllm-t", "create"]
    assert lines[3].split() == ["+", "│", "├─", "aws:ec2:Subnet", "sample-subnet", "create"]
    assert lines[5].endswith("create, protected")
    assert lines[-1] == "    + 8 to create"


def test_an_error_inside_an_apply_is_raised(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        _run_text(tmp_path, "pulumi.export('x', aws.s3.Bucket('b').arn.apply(lambda _: 1 / 0))")


def test_a_duplicate_urn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DuplicateUrnError, match="aws:s3/bucket:Bucket::b"):
        _run_text(tmp_path, "aws.s3.Bucket('b'); aws.s3.Bucket('b')")


def test_an_unanswered_data_source_says_where_to_add_it(tmp_path: Path) -> None:
    with pytest.raises(UnansweredError, match=r"getBillingServiceAccount.*answers\.json"):
        _run_text(tmp_path, "aws.get_billing_service_account()")


def test_a_run_after_a_failed_one_is_clean(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        _run_text(tmp_path, "aws.s3.Bucket('b'); 1 / 0")
    assert record_graph(stack="t", root=tmp_path, program=SAMPLE) == graph


WRONG = """
from config.errors import ConfigError, Problem
try: raise ConfigError([Problem(path='p', given='g', allowed='a', example='e', message='m')])
"""


def test_a_config_error_that_the_program_reports_arrives_as_itself(tmp_path: Path) -> None:
    handler = "except ConfigError as error: raise pulumi.RunError('the configuration is wrong') from None"
    with pytest.raises(ConfigError) as caught:
        _run_text(tmp_path, f"{WRONG}{handler}\n")
    assert caught.value.problems == (Problem(path="p", given="g", allowed="a", example="e", message="m"),)


def test_one_that_escapes_it_is_the_traceback_that_the_engine_would_show(tmp_path: Path) -> None:
    with pytest.raises(TracebackError):
        _run_text(tmp_path, f"{WRONG}finally: pass\n")


def test_a_missing_stack_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Pulumi\.nope\.yaml"):
        record_graph(stack="nope", root=_root(tmp_path), program=SAMPLE)
