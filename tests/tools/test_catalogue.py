"""The offerings in the catalogue are what the pinned moto keeps of AWS's answers, and can be made again."""

from __future__ import annotations

import json
from pathlib import Path

from sizing.catalog import DATA
from tools.catalogue import offering_rows, write_offerings

TYPES = {"g5.2xlarge", "g6.2xlarge", "g6.4xlarge"}


def test_types_with_the_same_zones_share_a_row() -> None:
    pairs = [
        ("g6.4xlarge", "us-east-1b"),
        ("g6.2xlarge", "us-east-1b"),
        ("g6.2xlarge", "us-east-1a"),
        ("g6.4xlarge", "us-east-1a"),
        ("g5.2xlarge", "us-east-1c"),
    ]
    assert offering_rows("us-east-1", pairs, types=TYPES) == [
        {"region": "us-east-1", "zones": "ab", "types": ["g6.2xlarge", "g6.4xlarge"]},
        {"region": "us-east-1", "zones": "c", "types": ["g5.2xlarge"]},
    ]


def test_other_types_and_local_zones_are_left_out() -> None:
    pairs = [("m5.large", "us-east-1a"), ("g6.2xlarge", "us-east-1-bos-1a"), ("g6.2xlarge", "us-east-1f")]
    assert offering_rows("us-east-1", pairs, types=TYPES) == [
        {"region": "us-east-1", "zones": "f", "types": ["g6.2xlarge"]}
    ]


def test_a_region_without_any_of_the_types_is_known_all_the_same() -> None:
    rows = offering_rows("ca-west-1", [("m5.large", "ca-west-1a")], types=TYPES)
    assert rows == [{"region": "ca-west-1", "zones": "", "types": []}]


def test_the_committed_offerings_can_be_made_again(tmp_path: Path) -> None:
    types = [row["instance_type"] for row in json.loads((DATA / "instances.json").read_text())["instances"]]
    write_offerings(tmp_path / "offerings.json", types=types)
    remedy = "python tools/catalogue.py, and read the diff"
    assert (tmp_path / "offerings.json").read_text() == (DATA / "offerings.json").read_text(), remedy
