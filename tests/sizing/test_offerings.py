"""What a region does not offer is not chosen, and the reader learns why, where else, and what would do here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from config.errors import ConfigError, Problem
from config.loaded import Loaded
from config.models import StackConfig
from config.sources import load_stack_file
from sizing.catalog import Catalog, load_catalog
from sizing.explain import explain
from sizing.offerings import NOWHERE_KNOWN, Offerings, offerings_of
from sizing.planner import make_plan
from sizing.prepare import prepare
from tests.docs.readme import ROOT

ConfigOf = Callable[..., StackConfig]
ProblemsOf = Callable[..., tuple[Problem, ...]]

OFFERED = load_catalog().offerings
LLAMA_70B = "meta-llama/Llama-3.1-70B-Instruct"
SMALL = Offerings(
    regions={"us-east-1": {"g6.2xlarge": "abc", "g5.2xlarge": "b"}, "eu-west-1": {"g5.2xlarge": "ac"}, "ca-west-1": {}},
    date="2026-01-01",
)


def with_offerings(catalog: Catalog, regions: dict[str, dict[str, str]]) -> Catalog:
    return replace(catalog, offerings=Offerings(regions=regions, date="2026-01-01"))


def test_zones_are_named_by_region_and_letter() -> None:
    assert SMALL.zones("g6.2xlarge", region="us-east-1") == ("us-east-1a", "us-east-1b", "us-east-1c")
    assert SMALL.zones("g6.2xlarge", region="eu-west-1") == ()
    assert SMALL.zones("g6.2xlarge", region="ap-south-1") is None
    assert [SMALL.zone_count("g6.2xlarge", region=r) for r in ("us-east-1", "ca-west-1", "xx-new-1")] == [3, 0, None]


def test_regions_of_a_type_are_those_nearby_first() -> None:
    assert SMALL.regions_of("g5.2xlarge", near="us-west-2") == ("us-east-1", "eu-west-1")
    assert SMALL.regions_of("g5.2xlarge", near="eu-north-1") == ("eu-west-1", "us-east-1")
    assert SMALL.regions_of("g5.2xlarge", near="eu-north-1", zones=2) == ("eu-west-1",)


def test_rows_become_regions_also_those_that_offer_nothing() -> None:
    rows = [
        {"region": "us-east-1", "zones": "ab", "types": ["g5.2xlarge"]},
        {"region": "us-east-1", "zones": "c", "types": ["g6.2xlarge"]},
        {"region": "ca-west-1", "zones": "", "types": []},
    ]
    found = offerings_of({"date": "2026-01-01", "offerings": rows})
    assert found.regions == {"us-east-1": {"g5.2xlarge": "ab", "g6.2xlarge": "c"}, "ca-west-1": {}}


def test_the_committed_offerings_are_of_catalogue_types_and_many_regions(catalog: Catalog) -> None:
    known = {instance.instance_type for instance in catalog.instances}
    assert {name for types in OFFERED.regions.values() for name in types} <= known
    assert len(OFFERED.regions) >= 30
    assert OFFERED.zone_count("g6.2xlarge", region="us-east-1")
    assert OFFERED.zone_count("g6.2xlarge", region="eu-west-1") == 0


@pytest.mark.parametrize("stack", ["dev", "prod"])
@pytest.mark.parametrize("region", sorted(OFFERED.regions))
def test_every_known_region_has_a_plan_or_a_reason(stack: str, region: str) -> None:
    loaded = load_stack_file(stack=stack, root=ROOT)
    assert loaded.config is not None
    certificate = loaded.config.endpoint.certificate_arn
    moved = loaded.config.endpoint.model_copy(
        update={"certificate_arn": certificate and certificate.replace("us-east-1", region)}
    )
    config = loaded.config.model_copy(update={"region": region, "endpoint": moved})
    try:
        plan = make_plan(config)
    except ConfigError as error:
        (problem,) = error.problems
        assert problem.path in ("aws:region", "vllm:compute.tensorParallel")
        better = config.model_copy(update={"region": problem.example})
        if problem.path != "aws:region":
            compute = config.compute.model_copy(update={"tensor_parallel": int(problem.example)})
            better = config.model_copy(update={"compute": compute})
        plan = make_plan(better)
        assert OFFERED.zone_count(plan.instance_type, region=better.region)
        return
    assert OFFERED.zone_count(plan.instance_type, region=region)


def test_the_cheapest_that_the_region_offers_is_chosen_and_the_cheaper_one_explained(config_of: ConfigOf) -> None:
    config = config_of(region="eu-west-1", serving={"maxModelLen": 8192})
    plan = make_plan(config)
    assert plan.instance_type == "g5.2xlarge"
    (missing,) = (small for small in plan.rejected if small.instance_type == "g6.2xlarge")
    assert missing.reason == "not offered in eu-west-1"
    assert missing.reason in explain(config, plan)


def test_where_many_cheaper_ones_are_missing_the_cheapest_of_them_is_shown(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(region="us-west-1", serving={"maxModelLen": 8192}))
    assert "g6.2xlarge" in {small.instance_type for small in plan.rejected if "not offered" in small.reason}
    assert any("too small" in small.reason for small in plan.rejected)


def test_what_is_not_offered_is_no_alternative(config_of: ConfigOf) -> None:
    others = make_plan(config_of(region="eu-west-1")).alternatives
    assert others
    assert all(OFFERED.zone_count(other.instance_type, region="eu-west-1") for other in others)


def test_in_an_unknown_region_nothing_is_left_out_and_that_is_said(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(region="mx-central-9", scaling={"min": 2}))
    assert (plan.instance_type, plan.cache.zones) == ("g6.2xlarge", 2)
    (finding,) = (finding for finding in plan.findings if finding.id == "offerings-unknown")
    assert finding.level == "WARNING"
    assert "mx-central-9" in finding.message
    assert "offerings-unknown" not in {finding.id for finding in make_plan(config_of()).findings}


def test_a_type_that_the_region_lacks_is_refused_with_regions_and_types_that_do(
    problems_of: ProblemsOf, config_of: ConfigOf
) -> None:
    (problem,) = problems_of(region="eu-west-1", compute={"instanceType": "g6.2xlarge"})
    assert (problem.path, problem.given) == ("vllm:compute.instanceType", "g6.2xlarge")
    assert "eu-central-1" in problem.message
    assert problem.example in problem.allowed
    plan = make_plan(config_of(region="eu-west-1", compute={"instanceType": problem.example}))
    assert plan.instance_type == problem.example


@pytest.mark.parametrize(
    "compute", [{"instanceType": "g6e.12xlarge"}, {"gpu": "L4"}, {"gpu": "L4", "tensorParallel": 4}]
)
@pytest.mark.parametrize("region", sorted(OFFERED.regions))
def test_what_is_offered_instead_is_a_way_out(config_of: ConfigOf, region: str, compute: dict[str, Any]) -> None:
    """With the example in place of what was given there is a plan; at most one more key has to change."""
    config = config_of(region=region, compute=compute)
    for _ in range(2):
        try:
            plan = make_plan(config)
        except ConfigError as error:
            (problem,) = error.problems
        else:
            assert OFFERED.zone_count(plan.instance_type, region=config.region)
            return
        key = problem.path.rpartition(".")[2]
        if problem.path == "aws:region":
            config = config.model_copy(update={"region": problem.example})
        else:
            fixed: Any = int(problem.example) if key == "tensorParallel" else problem.example
            config = config_of(region=region, compute={**compute, key: fixed})
    assert make_plan(config)


def test_the_same_type_is_taken_where_it_is_offered_or_where_nothing_is_known(
    config_of: ConfigOf, catalog: Catalog
) -> None:
    asked: dict[str, Any] = {"compute": {"instanceType": "g6.2xlarge"}}
    assert make_plan(config_of(region="eu-central-1", **asked)).instance_type == "g6.2xlarge"
    unknown = replace(catalog, offerings=NOWHERE_KNOWN)
    assert make_plan(config_of(region="eu-west-1", **asked), unknown).instance_type == "g6.2xlarge"


def test_a_region_that_was_not_readable_refuses_no_type(config_of: ConfigOf) -> None:
    """It is planned with a stand-in: what that one offers says nothing about the region that was meant."""
    bad = Problem(path="aws:region", given="nothing", allowed="y", example="z", message="the region is required")
    config = config_of(region="eu-west-1", compute={"instanceType": "g6.2xlarge"})
    with pytest.raises(ConfigError) as caught:
        prepare(Loaded(config=config, problems=(bad,)))
    assert [problem.path for problem in caught.value.problems] == ["aws:region"]


def test_a_region_without_any_machine_for_it_is_the_problem(problems_of: ProblemsOf) -> None:
    (problem,) = problems_of(LLAMA_70B, region="eu-south-1")
    assert (problem.path, problem.given) == ("aws:region", "eu-south-1")
    assert problem.example.startswith("eu-")
    assert "would do, offered in eu-" in problem.message


def test_a_gpu_that_the_region_lacks_is_refused_with_one_that_it_has(problems_of: ProblemsOf) -> None:
    (problem,) = problems_of(region="eu-west-1", compute={"gpu": "L4"})
    assert (problem.path, problem.given, problem.example) == ("vllm:compute.gpu", "L4", "A10G")
    assert "g6.2xlarge" in problem.message
    assert "eu-central-1" in problem.message


def test_a_number_of_gpus_that_the_region_lacks_is_refused(config_of: ConfigOf, catalog: Catalog) -> None:
    few = with_offerings(catalog, {"us-east-1": {"g6.2xlarge": "ab"}, "us-east-2": {"g6.12xlarge": "ab"}})
    with pytest.raises(ConfigError) as caught:
        make_plan(config_of(compute={"tensorParallel": 4}), few)
    (problem,) = caught.value.problems
    assert (problem.path, problem.given, problem.example) == ("vllm:compute.tensorParallel", "4", "1")
    assert "us-east-2" in problem.message


def test_what_is_too_long_for_the_region_says_the_longest_here_and_who_holds_it_elsewhere(
    config_of: ConfigOf, catalog: Catalog
) -> None:
    few = with_offerings(catalog, {"us-east-1": {"g6.2xlarge": "ab"}, "us-east-2": {"g6e.2xlarge": "ab"}})
    with pytest.raises(ConfigError) as caught:
        make_plan(config_of(serving={"maxModelLen": 100_000}), few)
    (problem,) = caught.value.problems
    assert problem.path == "vllm:serving.maxModelLen"
    assert "g6.2xlarge" in problem.allowed
    assert "holds it, offered in us-east-2" in problem.message
