"""Checkov, which this project has no part in, on the graphs: nothing fails without a written reason."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.program.cases import STACKS, load_case, variant_case
from tools.scan import Scan, read_waivers, scan

pytestmark = pytest.mark.e2e

ON_THE_INTERNET = {
    "vllm:endpoint": {
        "exposure": "public",
        "domain": "llm.example.com",
        "hostedZoneId": "Z0123456789ABCDEFGHIJ",
        "accessLogs": True,
        "waf": True,
        "rateLimit": {"perKey": 600, "perAddress": 1200},
        "deletionProtection": True,
    },
    "vllm:encryption": {"ownKey": True},
    "vllm:monitoring": {"notify": ["oncall@example.com"], "logRetentionDays": 365},
    "vllm:budget": {"monthlyUsd": 20_000},
    "vllm:cache": {"protect": True},
}
OPT_IN = {"CKV_AWS_26", "CKV_AWS_91", "CKV_AWS_149", "CKV_AWS_150", "CKV_AWS_158", "CKV_AWS_189", "CKV_AWS_338"}
"""What the keys above turn on."""
MANY = 100
Graph = Sequence[dict[str, Any]]


@pytest.fixture(scope="module")
def graphs() -> Mapping[str, Graph]:
    cases = {stack: load_case(stack) for stack in STACKS}
    cases |= {"internet": variant_case(name="internet", changes=ON_THE_INTERNET), "private": load_case("private")}
    return {name: [item.as_dict() for item in case.graph] for name, case in cases.items()}


@pytest.fixture(scope="module")
def scans(graphs: Mapping[str, Graph]) -> Mapping[str, Scan]:
    return scan(graphs, waivers=read_waivers())


def test_no_check_fails_without_a_written_reason(scans: Mapping[str, Scan]) -> None:
    assert [(name, failed) for name, scanned in scans.items() for failed in scanned.open] == []


def test_many_checks_were_made(scans: Mapping[str, Scan]) -> None:
    assert min(scanned.passed for scanned in scans.values()) > MANY


def test_every_waiver_is_needed_and_says_why(scans: Mapping[str, Scan]) -> None:
    failed = [item for scanned in scans.values() for item in scanned.failed]
    for waiver in read_waivers():
        assert any(item.check == waiver.check and fnmatchcase(item.urn, waiver.urn) for item in failed), waiver
        assert len(waiver.reason) > 30


def test_what_can_be_turned_on_satisfies_the_checks_for_it(scans: Mapping[str, Scan]) -> None:
    assert {item.check for item in scans["internet"].failed} & OPT_IN == set()


def test_the_scanner_sees_what_is_wrong(graphs: Mapping[str, Graph]) -> None:
    """A rendering that hid values would pass everything."""
    broken = copy.deepcopy(list(graphs["dev"]))
    for item in (item for item in broken if item["custom"]):
        kind = item["type"].rpartition(":")[2]
        if kind == "Volume":
            item["inputs"]["encrypted"] = False
        elif kind == "LaunchTemplate":
            item["inputs"]["metadataOptions"]["httpTokens"] = "optional"
        elif kind == "BucketPublicAccessBlock":
            item["inputs"]["restrictPublicBuckets"] = False
        elif kind == "SecurityGroupIngressRule":
            item["inputs"] |= {"cidrIpv4": "0.0.0.0/0", "fromPort": 22, "toPort": 22}
        elif kind == "RolePolicy":
            everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
            item["inputs"]["policy"] = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        elif kind == "BucketServerSideEncryptionConfiguration":
            item["propertyDependencies"] = {}
    found = scan({"broken": broken}, waivers=read_waivers())["broken"].open
    seen = {item.check for item in found}
    assert {"CKV_AWS_3", "CKV_AWS_79", "CKV_AWS_56", "CKV_AWS_24", "CKV_AWS_62"} <= seen
