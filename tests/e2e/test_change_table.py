"""The table of changes itself: complete, and with a reason for everything. Needs no engine."""

from __future__ import annotations

import pytest

from rehearsal.engine.stack import Held
from tests.e2e.change import TAGGED, Change, replace, update
from tests.e2e.changes import CHANGES
from tests.e2e.previews import expected
from tests.e2e.renamed import LONG_NAME
from tests.e2e.scaled_changes import SCALED_CHANGES

VOLUME = "aws:ebs/volume:Volume"

PROMISED = {
    "flag",
    "replicas",
    "instance-type",
    "zone-added",
    "certificate",
    "cache-size",
    "snapshot",
    "tag-added",
    "ami-pinned",
    "clients",
    "log-retention",
    "idle-timeout",
    "revision",
    "image-tag",
    "renamed",
}


def test_the_promised_changes_are_there_once() -> None:
    names = [change.name for change in CHANGES]
    assert set(names) >= PROMISED
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("change", [*CHANGES, *SCALED_CHANGES], ids=lambda change: change.name)
def test_every_touch_has_its_reason(change: Change) -> None:
    assert all(len(touch.why) > 5 for touch in change.touched)
    assert all(touch.properties for touch in change.touched if touch.op == "update")
    assert not (change.touched and change.refused_for)


def test_the_long_name_is_the_longest() -> None:
    assert len(LONG_NAME) == 40


def test_a_change_is_written_as_a_user_would() -> None:
    change = Change(name="x", config={"vllm:a": {"b": "{ids[1]}", "c": None}, "vllm:d": {"id": "m"}})
    config = {"vllm:a": {"b": 1, "c": 2, "e": 3}, "vllm:d": "n", "vllm:f": {}}
    change.apply(config, outputs={"ids": ["i", "j"]})
    assert config == {"vllm:a": {"b": "j", "e": 3}, "vllm:d": {"id": "m"}, "vllm:f": {}}


def test_a_pattern_that_meets_nothing_is_a_mistake_in_the_table() -> None:
    for what in ("Volume vllm-cache-*", TAGGED):
        with pytest.raises(AssertionError, match="no resource is"):
            expected(Change(name="x", config={}, touched=(update(what, "size", why="test"),)), state=())


def test_what_is_replaced_is_not_updated_too() -> None:
    touched = (replace("Volume a", why="by its name"), update("Volume *", "tags", why="all others"))
    held = [
        Held(urn=f"urn:pulumi:x::vllm::{VOLUME}::{name}", type=VOLUME, id="", protect=False, outputs={})
        for name in ("a", "b")
    ]
    assert expected(Change(name="x", config={}, touched=touched), state=held) == {
        ("replace", "Volume a"): (),
        ("update", "Volume b"): ("tags",),
    }
