"""When the agent takes new keys: a tag of this instance names their version."""

from __future__ import annotations

import pytest

from tests.userdata.agent.stage import LIFECYCLE, METADATA, Stage

KEYS = f"{METADATA}tags/instance/vllm:keys"


@pytest.fixture
def tagged(joined: Stage) -> Stage:
    joined.world.texts[KEYS] = "version-2"
    return joined


def test_without_the_tag_nothing_happens(joined: Stage) -> None:
    joined.pass_s(300)
    assert joined.acts() == []


def test_a_version_is_taken_once(tagged: Stage) -> None:
    tagged.pass_s(10)
    assert tagged.acts() == ["new-keys.sh version-2"]
    tagged.pass_s(300)
    assert tagged.acts() == ["new-keys.sh version-2"]


def test_the_next_version_is_taken_too(tagged: Stage) -> None:
    tagged.pass_s(10)
    tagged.world.texts[KEYS] = "version-3"
    tagged.pass_s(10)
    assert tagged.acts() == ["new-keys.sh version-2", "new-keys.sh version-3"]


def test_a_restarted_agent_knows_what_it_has_taken(tagged: Stage) -> None:
    tagged.pass_s(10)
    tagged.restart_agent()
    tagged.pass_s(100)
    assert tagged.acts() == ["new-keys.sh version-2"]


def test_what_failed_is_tried_again_after_a_while(tagged: Stage) -> None:
    tagged.script("new-keys.sh", "exit 1")
    tagged.pass_s(50)
    assert len(tagged.calls("new-keys.sh")) == 1
    tagged.pass_s(60)
    assert len(tagged.calls("new-keys.sh")) == 2


def test_another_version_after_a_failure_does_not_wait(tagged: Stage) -> None:
    tagged.script("new-keys.sh", "exit 1")
    tagged.pass_s(10)
    tagged.world.texts[KEYS] = "version-3"
    tagged.pass_s(10)
    assert tagged.calls("new-keys.sh") == ["new-keys.sh version-2", "new-keys.sh version-3"]


def test_a_boot_in_progress_fetches_the_keys_itself(stage: Stage) -> None:
    stage.world.texts[KEYS] = "version-2"
    stage.units(boot="activating")
    stage.pass_s(100)
    assert stage.calls("new-keys.sh") == []


def test_a_host_that_ends_restarts_nothing(tagged: Stage) -> None:
    tagged.world.texts[LIFECYCLE] = "Terminated"
    tagged.pass_s(60)
    assert tagged.calls("new-keys.sh") == []


def test_an_agent_that_is_stopped_restarts_nothing(tagged: Stage) -> None:
    tagged.loop.stop()
    tagged.pass_s(60)
    assert tagged.calls("new-keys.sh") == []


def test_an_end_is_seen_while_the_keys_are_changed(tagged: Stage) -> None:
    tagged.script("new-keys.sh", "until [[ -e $RUN_DIR/enough ]]; do read -rt 0.02 _ <> <(:); done")
    while not tagged.calls("new-keys.sh"):
        tagged.pass_s(1, waiting=False)
    tagged.world.texts[LIFECYCLE] = "Terminated"
    while not tagged.calls("drain.sh"):
        tagged.pass_s(1, waiting=False)
    tagged.host.path("run/enough").touch()
    tagged.pass_s(1)
