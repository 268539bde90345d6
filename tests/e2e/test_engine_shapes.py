"""A sample of the generated stack files on the real engine, as different from each other as possible."""

from __future__ import annotations

import pytest

from rehearsal.aws.environment import FAKE_KEY
from tests.e2e.lives import Lives
from tests.e2e.shape_life import SAMPLE, ShapeLife
from tests.program.cases import Case
from tests.shapes.cases import load_shape

pytestmark = pytest.mark.e2e


@pytest.fixture(params=SAMPLE, scope="module")
def life(request: pytest.FixtureRequest, lives: Lives) -> ShapeLife:
    return lives.of_shape(request.param)


@pytest.fixture
def asked(life: ShapeLife) -> Case:
    return load_shape(life.stack)


def test_the_engine_creates_what_the_graph_has(life: ShapeLife, asked: Case) -> None:
    graph = {resource.urn for resource in asked.graph if resource is not asked.graph.stack}
    for run in (life.preview, life.up):
        assert {step.op for step in run.steps} == {"create"}
        assert {step.urn for step in run.steps} == graph


def test_a_second_up_changes_nothing(life: ShapeLife) -> None:
    assert life.second_up.touched == ()
    assert life.second_up.counts == {"same": len(life.up.steps)}


def test_a_refresh_finds_no_drift(life: ShapeLife) -> None:
    assert life.refresh.touched == ()


def test_hosts_run_in_the_planned_zones_beside_their_slots(life: ShapeLife, asked: Case) -> None:
    pool, first = asked.plan.cache, life.first
    zones = [volume["AvailabilityZone"] for volume in first.volumes]
    assert {zone: zones.count(zone) for zone in zones} == dict.fromkeys(
        first.group["AvailabilityZones"], pool.slots_per_zone
    )
    assert len(set(zones)) == pool.zones
    assert len(first.instance_ids) == asked.plan.replicas.min
    assert set(first.instance_zones) <= set(zones)


def test_listeners_and_scheme_are_as_asked(life: ShapeLife, asked: Case) -> None:
    shape = SAMPLE[life.stack]
    assert set(life.first.listeners) == ({80, 443} if shape.https else {80})
    # The emulator leaves the default scheme of an internet-facing load balancer out.
    assert (life.first.balancer.get("Scheme") == "internal") == (not shape.public)
    assert life.first.outputs["endpoint"].startswith("https://" if shape.https else "http://")


def test_destroy_leaves_what_is_protected_and_what_was_given(life: ShapeLife, asked: Case) -> None:
    volumes = {volume["VolumeId"] for volume in life.first.volumes} if asked.config.cache.protect else set()
    assert life.left == volumes
    assert {held.id for held in life.held if held.id} == volumes
    assert life.given_after == life.given_before


def test_only_fake_keys_and_known_calls_arrived(life: ShapeLife) -> None:
    assert {call.access_key for call in life.calls} == {FAKE_KEY}
    assert [call for call in life.calls if call.status >= 500] == []


def test_the_sample_has_given_networks_and_public_ones() -> None:
    shapes = list(SAMPLE.values())
    assert len(shapes) >= 3
    assert any(shape.existing for shape in shapes)
    assert any(shape.public for shape in shapes)
    for axis in zip(*(shape.values for shape in shapes), strict=True):
        assert len(set(axis)) == len(shapes)
