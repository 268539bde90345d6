"""Invariants of the split, over every network that the configuration accepts."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.subnets import split
from config.rules import VPC_LARGEST, VPC_SMALLEST, ZONES_MAX

LOAD_BALANCER_SUBNET_PREFIX = 27  # AWS: at least a /27 with 8 free addresses


@st.composite
def networks(draw: st.DrawFn) -> str:
    prefix = draw(st.integers(min_value=VPC_LARGEST, max_value=VPC_SMALLEST))
    second = draw(st.integers(min_value=0, max_value=255))
    return str(IPv4Network((f"10.{second}.0.0", prefix)))


zones = st.integers(min_value=1, max_value=ZONES_MAX)


@given(cidr=networks(), zones=zones)
def test_subnets_lie_in_the_network_and_never_overlap(cidr: str, zones: int) -> None:
    subnets = [subnet for pair in split(cidr=cidr, zones=zones) for subnet in (pair.private, pair.public)]
    assert len(subnets) == 2 * zones
    assert all(subnet.subnet_of(IPv4Network(cidr)) for subnet in subnets)
    assert not any(one.overlaps(other) for one, other in combinations(subnets, 2))


@given(cidr=networks(), zones=zones)
def test_every_subnet_is_large_enough_for_a_load_balancer(cidr: str, zones: int) -> None:
    for pair in split(cidr=cidr, zones=zones):
        assert pair.private.prefixlen <= LOAD_BALANCER_SUBNET_PREFIX
        assert pair.public.prefixlen <= LOAD_BALANCER_SUBNET_PREFIX


@given(cidr=networks(), zones=zones)
def test_a_zone_added_later_moves_no_subnet(cidr: str, zones: int) -> None:
    assert split(cidr=cidr, zones=ZONES_MAX)[:zones] == split(cidr=cidr, zones=zones)


def test_the_default_network() -> None:
    pairs = split(cidr="10.42.0.0/16", zones=2)
    assert [str(pair.private) for pair in pairs] == ["10.42.0.0/19", "10.42.32.0/19"]
    assert [str(pair.public) for pair in pairs] == ["10.42.128.0/19", "10.42.160.0/19"]


@pytest.mark.parametrize("cidr", ["10.0.0.0/15", "10.0.0.0/25", "10.0.0.0/28"])
def test_a_network_out_of_range_is_refused_with_a_good_example(cidr: str) -> None:
    with pytest.raises(ValueError, match=r"/16 to /24, for example 10\.42\.0\.0/16"):
        split(cidr=cidr, zones=2)


@pytest.mark.parametrize("zones", [0, ZONES_MAX + 1])
def test_zones_out_of_range_are_refused(zones: int) -> None:
    with pytest.raises(ValueError, match=f"1 to {ZONES_MAX} zones, not {zones}"):
        split(cidr="10.42.0.0/16", zones=zones)
