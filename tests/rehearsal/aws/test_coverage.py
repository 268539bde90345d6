"""Every AWS call that the hosts, the tools and the program make is one that the emulator knows.

The calls of the hosts are read from their scripts, those of their Python, ``ops`` and ``rehearsal`` from their syntax
trees; those of the AWS provider are in provider_calls.txt, as it made them in engine rehearsals of both stack files, of
one with an existing network, of one with Managed Prometheus, of one on the internet, and for changed tags, certificate,
cache size and log retention; those of ECR, and of changes to keys, budgets, firewall and names, are from its source.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores

from rehearsal.aws.install import install

ROOT = Path(__file__).resolve().parents[3]
PROVIDER_CALLS = Path(__file__).with_name("provider_calls.txt")

# Signing name or CLI name of a service -> its package in moto, where they differ.
MODULES = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "s3api": "s3",
    "service-quotas": "servicequotas",
}
# Commands of the CLI that are no API action -> the actions behind them.
CLI_ONLY = {
    ("ecr", "get-login-password"): ("GetAuthorizationToken",),
    ("s3", "cp"): ("GetObject", "HeadObject"),
    ("s3", "sync"): ("ListObjectsV2", "GetObject"),
}
# Services that hosts call without the CLI (userdata/files/aws_call).
CALLED_BY_HOSTS = ("cloudwatch", "logs")
# Actions whose method in moto has a name of its own.
OWN_NAMES = {
    ("s3", "ListBuckets"): "all_buckets",
    ("s3", "CreateBucket"): "_bucket_response_put",
    ("s3", "GetBucketLifecycleConfiguration"): "get_bucket_lifecycle",
    # What is put on a bucket is told apart inside one method.
    **{
        ("s3", f"Put{what}"): "_bucket_response_put"
        for what in (
            "BucketEncryption",
            "BucketLifecycleConfiguration",
            "BucketOwnershipControls",
            "BucketPolicy",
            "BucketTagging",
            "BucketVersioning",
            "PublicAccessBlock",
        )
    },
}
_CLI = re.compile(r"\baws +([a-z0-9-]+) +([a-z0-9-]+)")
_CLI_IN_PYTHON = re.compile(r"\b_aws\(\s*(?:\*\()?\"([a-z0-9-]+)\", \"([a-z0-9-]+)\"")


@cache
def operations(service: str) -> dict[str, str]:
    """boto3 method name -> API action, from the service's API model."""
    model = botocore.session.get_session().get_service_model({"s3api": "s3"}.get(service, service))
    return {xform_name(action): action for action in model.operation_names}


def host_calls() -> Iterator[tuple[str, str]]:
    for script in (ROOT / "userdata" / "files").rglob("*"):
        if script.is_file() and script.suffix != ".pyc":
            text = script.read_text()
            for service, verb in (*_CLI.findall(text), *_CLI_IN_PYTHON.findall(text)):
                actions = CLI_ONLY.get((service, verb)) or (operations(service)[verb.replace("-", "_")],)
                for action in actions:
                    yield service, action


def host_python_calls() -> Iterator[tuple[str, str]]:
    """``call("PutMetricData", ...)``: an action's name is one of a single service."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "userdata" / "files").rglob("*.py")]
    texts = {_first_text(node) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for service in CALLED_BY_HOSTS:
        for action in operations(service).values():
            if action in texts:
                yield service, action


def tool_calls() -> Iterator[tuple[str, str]]:
    """Method names in ``ops`` and ``rehearsal`` that are methods of a client that some file there makes."""
    trees = [ast.parse(path.read_text()) for folder in ("ops", "rehearsal") for path in (ROOT / folder).rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    services = {_first_text(call) for call in calls if _named(call) == "client"} - {""}
    names = {_named(call) for call in calls}
    for service in sorted(services):
        for method, action in operations(service).items():
            if method in names:
                yield service, action


def _named(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _first_text(call: ast.Call) -> str:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def provider_calls() -> Iterator[tuple[str, str]]:
    for line in PROVIDER_CALLS.read_text().split():
        service, _, action = line.partition(":")
        yield service, action


def implements(service: str, action: str) -> bool:
    module = importlib.import_module(f"moto.{MODULES.get(service, service)}.responses")
    method = OWN_NAMES.get((service, action)) or camelcase_to_underscores(action)
    return any(
        hasattr(response, method)
        for _, response in inspect.getmembers(module, inspect.isclass)
        if issubclass(response, BaseResponse) and response is not BaseResponse
    )


@pytest.fixture(autouse=True)
def _installed() -> None:
    install()


@pytest.mark.parametrize(
    ("calls", "known"),
    [
        (host_calls, ("autoscaling", "CompleteLifecycleAction")),
        (host_python_calls, ("cloudwatch", "PutMetricData")),
        (tool_calls, ("autoscaling", "DescribeAutoScalingGroups")),
        (provider_calls, ("monitoring", "PutMetricAlarm")),
    ],
)
def test_every_call_is_implemented(calls: Callable[[], Iterator[tuple[str, str]]], known: tuple[str, str]) -> None:
    found = sorted(set(calls()))
    assert known in found, "the calls are not found where they are looked for"
    assert [call for call in found if not implements(*call)] == []


def test_an_unknown_call_would_be_seen() -> None:
    assert implements("autoscaling", "CompleteLifecycleAction")
    assert not implements("autoscaling", "LaunchInstances")
