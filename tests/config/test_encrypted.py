"""``secure:`` values are set but unknown: fine where the plan does not depend on them, explained elsewhere."""

from __future__ import annotations

from config.encrypted import GIVEN
from config.parse import parse

GOOD = {"aws:region": "us-east-1", "vllm:model": "a/b"}
SECURE = {"secure": "v1:nonce:cipher"}


def test_an_encrypted_value_that_the_plan_needs_is_refused_and_explained() -> None:
    (problem,) = parse(stack="dev", raw={**GOOD, "vllm:serving": {"maxModelLen": SECURE}}).problems
    assert (problem.path, problem.given, problem.example) == ("vllm:serving.maxModelLen", GIVEN, "8192")
    assert "--secret" in problem.message


def test_a_whole_encrypted_section_is_one_problem() -> None:
    loaded = parse(stack="dev", raw={**GOOD, "vllm:serving": SECURE})
    assert [problem.path for problem in loaded.problems] == ["vllm:serving"]
    assert loaded.config is not None


def test_an_encrypted_region_or_model_is_explained() -> None:
    loaded = parse(stack="dev", raw={"aws:region": SECURE, "vllm:model": SECURE})
    assert {problem.path: problem.given for problem in loaded.problems}["vllm:model"] == GIVEN
    assert {problem.path: problem.given for problem in loaded.problems}["aws:region"] == GIVEN


def test_an_encrypted_address_stands_for_one_unknown_address() -> None:
    changes = {"vllm:monitoring": {"notify": [SECURE, "ops@example.com"]}}
    loaded = parse(stack="dev", raw={**GOOD, **changes})
    assert loaded.problems == ()
    assert loaded.config is not None
    assert len(loaded.config.monitoring.notify) == 2
    assert loaded.config.monitoring.notify[1] == "ops@example.com"


def test_an_encrypted_list_or_text_counts_as_set() -> None:
    changes = {"vllm:endpoint": {"allowedCidrs": SECURE}, "vllm:cache": {"snapshotId": SECURE}}
    loaded = parse(stack="dev", raw={**GOOD, **changes})
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.endpoint.allowed_cidrs
    assert loaded.config.cache.snapshot_id


def test_what_the_engine_decrypted_is_used_where_it_may_be_encrypted() -> None:
    raw = {**GOOD, "vllm:monitoring": '{"notify":["ops@example.com"]}'}
    loaded = parse(stack="dev", raw=raw, encrypted_keys={"vllm:monitoring"})
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.monitoring.notify == ("ops@example.com",)


def test_what_the_engine_decrypted_is_refused_where_nothing_may_be_and_not_echoed() -> None:
    raw = {**GOOD, "vllm:serving": '{"maxModelLen":4096}'}
    loaded = parse(stack="dev", raw=raw, encrypted_keys={"vllm:serving"})
    assert [(problem.path, problem.given) for problem in loaded.problems] == [("vllm:serving", GIVEN)]


def test_encrypted_keys_of_other_namespaces_are_nobodys_business() -> None:
    raw = {**GOOD, "aws:secretKey": "q8Zr2LxV0pWt7NcY4mKd", "other:x": SECURE}
    assert parse(stack="dev", raw=raw, encrypted_keys={"aws:secretKey"}).problems == ()
