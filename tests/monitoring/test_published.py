from __future__ import annotations

import json

from monitoring.published import PUBLISHED, TOLD, published, publisher_spec

UNITS = {"Count", "Seconds", "Percent", "None"}  # of CloudWatch's, those that we use (PutMetricData)


def test_names_are_unique() -> None:
    names = [each.name for each in (*PUBLISHED, *TOLD)]
    assert len(set(names)) == len(names)


def test_units_are_ones_that_cloudwatch_takes() -> None:
    assert {each.unit for each in (*PUBLISHED, *TOLD)} <= UNITS


def test_the_publisher_gets_each_metric_on_its_line() -> None:
    rows = json.loads(publisher_spec())
    assert [row["name"] for row in rows] == [each.name for each in PUBLISHED]
    assert set(rows[0]) == {"name", "series", "kind", "labels", "across", "unit"}
    errors = next(row for row in rows if row["name"] == "FinishedWithError")
    assert errors["series"] == "vllm:request_success_total"
    assert errors["labels"] == {"finished_reason": "error"}
    assert len(publisher_spec().splitlines()) == len(PUBLISHED) + 2


def test_what_scripts_tell_is_not_put_a_second_time() -> None:
    put = {row["name"] for row in json.loads(publisher_spec())}
    assert {"RequestsCut", "SpotInterruptions", "StalledHosts", "BootSeconds"} == {
        each.name for each in TOLD if each.name != "RebalanceRecommendations"
    }
    assert not put & {each.name for each in TOLD}


def test_found_by_name() -> None:
    found = published("VllmUp")
    assert found is not None
    assert found.series.name == "vllm_host_vllm_up"
    assert published("BootLoop") is None
