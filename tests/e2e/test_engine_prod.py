"""What only the life of the prod stack shows: HTTPS, zones, tags of the user, deletion protection."""

from __future__ import annotations

import pytest

from components.aws.listeners import TLS_POLICY
from tests.e2e.changes import NEW_TAGS
from tests.e2e.life import Life, Retagging
from tests.e2e.lives import Lives
from tests.e2e.observed import Snapshot
from tests.program.cases import Case, load_case

pytestmark = pytest.mark.e2e

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
VOLUME = "aws:ebs/volume:Volume"


@pytest.fixture(scope="module")
def life(lives: Lives) -> Life:
    return lives.of("prod")


@pytest.fixture(scope="module")
def first(life: Life) -> Snapshot:
    return life.first


@pytest.fixture(scope="module")
def asked() -> Case:
    return load_case("prod")


@pytest.fixture(scope="module")
def retagging(life: Life) -> Retagging:
    assert life.retagging is not None
    return life.retagging


def test_https_shows_the_given_certificate_and_modern_tls(first: Snapshot, asked: Case) -> None:
    assert set(first.listeners) == {80, 443}
    https = first.listeners[443]
    assert (https["Protocol"], https["SslPolicy"]) == ("HTTPS", TLS_POLICY)
    assert [item["CertificateArn"] for item in https["Certificates"]] == [asked.config.endpoint.certificate_arn]


def test_http_only_redirects(first: Snapshot) -> None:
    (action,) = first.listeners[80]["DefaultActions"]
    assert action["Type"] == "redirect"
    redirect = action["RedirectConfig"]
    assert (redirect["Protocol"], redirect["Port"], redirect["StatusCode"]) == ("HTTPS", "443", "HTTP_301")
    assert [rule["IsDefault"] for rule in first.rules[80]] == [True]


def test_two_replicas_run_in_two_zones_before_and_after_a_roll(life: Life) -> None:
    assert life.first.instance_zones == sorted(life.first.outputs["zones"])
    assert len(set(life.first.instance_zones)) == 2
    assert life.rolled.instance_zones == life.first.instance_zones


def test_tags_of_the_user_are_on_hosts_and_volumes(first: Snapshot, asked: Case) -> None:
    assert asked.config.tags == {"environment": "production"}
    for tags in (*first.instance_tags(), *first.volume_tags()):
        assert tags.items() >= {"environment": "production", "Project": "vllm", "Stack": "prod"}.items()


def test_a_tag_reaches_volumes_and_group_in_place(life: Life, retagging: Retagging) -> None:
    volumes = {volume["VolumeId"] for volume in retagging.after.volumes}
    assert volumes == {volume["VolumeId"] for volume in life.first.volumes}
    assert all(tags.items() >= NEW_TAGS.items() for tags in retagging.after.volume_tags())
    given = {tag["Key"]: (tag["Value"], tag["PropagateAtLaunch"]) for tag in retagging.after.group["Tags"]}
    assert {key: given[key] for key in NEW_TAGS} == {key: (value, True) for key, value in NEW_TAGS.items()}


def test_tags_alone_replace_no_host(life: Life, retagging: Retagging) -> None:
    """No new version of the template, so no instance refresh: the same hosts, and the next ones have the tag."""
    after = retagging.after
    assert after.template_versions == (1,)
    assert after.refreshes == ()
    assert after.instance_ids == life.first.instance_ids
    assert {step.op for step in retagging.up.touched} == {"update"}
    (group,) = [step for step in retagging.up.touched if step.type == "aws:autoscaling/group:Group"]
    assert group.changed == ("tags",)
    assert all(tags.items() >= NEW_TAGS.items() for tags in life.rolled.instance_tags())


def test_new_tags_are_all_there_after_one_up(retagging: Retagging) -> None:
    assert retagging.settled.touched == ()


def test_destroy_is_refused_while_anything_is_protected(life: Life) -> None:
    for urn in (BALANCER, VOLUME):
        assert f"{urn}::vllm" in life.refusal
    assert "cannot be deleted because it is protected" in life.refusal


def test_destroy_leaves_the_protected_load_balancer_with_what_it_stands_on(life: Life) -> None:
    parting = life.partings[0]
    balancer = life.first.balancer["LoadBalancerArn"]
    volumes = {volume["VolumeId"] for volume in life.first.volumes}
    assert {held.id for held in parting.held if held.protect} == {balancer, *volumes}
    assert parting.left == {balancer, life.first.balancer["VpcId"], *volumes}


def test_without_protection_the_balancer_changes_in_place_and_then_goes(life: Life) -> None:
    parting = life.partings[1]
    assert parting.up is not None
    changed = [(step.op, step.changed) for step in parting.up.touched if step.type == BALANCER]
    assert changed == [("update", ("enableDeletionProtection",))]
    assert not [step for step in parting.up.touched if step.type == VOLUME]
    assert [step.op for step in parting.destroy.touched if step.type == BALANCER] == ["delete"]
