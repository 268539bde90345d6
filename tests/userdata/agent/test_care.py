"""What the agent does about its server between boot and end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.userdata.agent.stage import LIFECYCLE, SPOT, Stage

HANGS = r"replace.sh vLLM hangs: no completion and no progress for 6\d s, 4 requests in it"


def completions(stage: Stage) -> int:
    return stage.world.asked.count("/v1/completions")


def test_nothing_is_judged_before_the_boot_is_done(stage: Stage) -> None:
    stage.units(boot="activating", vllm="failed")
    stage.world.silence()
    stage.pass_s(1000)
    assert stage.acts() == []
    assert completions(stage) == 0


def test_a_busy_server_is_left_alone(joined: Stage) -> None:
    before = completions(joined)
    joined.world.completes = False  # they wait behind the others
    for tokens in range(40):
        joined.world.load(requests=200, tokens=tokens)
        joined.pass_s(10)
    assert joined.acts() == []
    assert completions(joined) == before


def test_an_idle_server_is_asked_now_and_then(joined: Stage) -> None:
    before = completions(joined)
    joined.pass_s(300)
    assert joined.acts() == []
    assert 10 <= completions(joined) - before <= 15


def test_a_hung_server_is_replaced_once(joined: Stage) -> None:
    joined.world.load(requests=4, tokens=10)
    joined.world.completes = False
    joined.pass_s(50)
    assert joined.acts() == []
    joined.pass_s(150)
    assert re.fullmatch(HANGS, joined.acts()[0])
    assert sorted(call.split()[0] for call in joined.acts()) == ["measure.sh", "replace.sh", "tell.sh"]
    assert joined.calls("measure.sh") == ["measure.sh StalledHosts 1"]
    assert "the group replaces this host" in joined.calls("tell.sh")[0]


def test_a_replacement_that_is_refused_is_asked_for_again(joined: Stage) -> None:
    joined.script("replace.sh", "(($(grep -c ^replace.sh $RUN_DIR/../calls) > 3))")
    joined.units(vllm="failed")
    joined.pass_s(300)
    assert joined.calls("replace.sh") == ["replace.sh vllm.service failed: systemd restarts it no more"] * 4
    assert len(joined.calls("tell.sh")) == 1


def test_the_reason_is_told_also_when_the_server_works_again_meanwhile(joined: Stage) -> None:
    joined.world.completes = False
    while not joined.calls("replace.sh"):
        joined.pass_s(1)
    joined.world.completes = True
    joined.world.load(requests=4, tokens=11)
    joined.pass_s(10)
    (told,) = joined.calls("tell.sh")
    assert told.startswith("tell.sh agent warning vLLM hangs: ")


def test_a_group_that_is_faster_than_the_script_is_told_of_too(joined: Stage) -> None:
    joined.script("replace.sh", "until [[ -e $RUN_DIR/replaced ]]; do read -rt 0.02 _ <> <(:); done; exit 0")
    joined.script("drain.sh", "until [[ -e $RUN_DIR/drained ]]; do read -rt 0.02 _ <> <(:); done; exit 0")
    joined.world.load(requests=4, tokens=11)
    joined.world.completes = False
    while not joined.calls("replace.sh"):
        joined.pass_s(1, waiting=False)
    joined.world.texts[LIFECYCLE] = "Terminated"
    joined.pass_s(30, waiting=False)
    assert joined.calls("drain.sh")
    joined.host.path("run/replaced").touch()
    joined.host.path("run/drained").touch()
    joined.pass_s(2)
    assert "the group replaces this host" in joined.calls("tell.sh")[-1]
    assert joined.calls("cut.sh") == ["cut.sh"]


def test_a_hung_server_does_not_hold_up_its_end(joined: Stage) -> None:
    joined.world.load(requests=4, tokens=10)
    joined.world.completes = False
    joined.pass_s(120)
    joined.world.texts[LIFECYCLE] = "Terminated"
    joined.pass_s(26)
    assert joined.calls("cut.sh") == ["cut.sh"]
    assert "measure.sh RequestsCut 4" in joined.calls("measure.sh")


def test_a_hung_server_on_a_spot_host_is_cut_before_the_interruption(joined: Stage) -> None:
    joined.world.completes = False
    joined.pass_s(120)
    joined.world.texts[SPOT] = f'{{"time": "{joined.wall() + timedelta(seconds=15):%Y-%m-%dT%H:%M:%SZ}"}}'
    joined.pass_s(11)
    assert joined.calls("cut.sh") == ["cut.sh"]


def test_one_that_came_back_to_work_drains_as_any_other(joined: Stage) -> None:
    joined.world.completes = False
    joined.pass_s(120)
    joined.world.completes = True
    joined.world.load(requests=4, tokens=11)
    joined.pass_s(10)
    joined.world.texts[LIFECYCLE] = "Terminated"
    joined.pass_s(200)
    assert joined.calls("cut.sh") == []


def test_a_server_killed_and_restarted_is_no_matter_for_the_group(joined: Stage) -> None:
    text = joined.world.texts["/metrics"]
    joined.world.silence()
    joined.units(vllm="activating")
    joined.pass_s(5)
    joined.units(start="b")
    joined.pass_s(200)
    joined.world.texts["/metrics"] = text
    joined.world.completes = True
    joined.pass_s(60)
    assert joined.acts() == []


def test_a_person_may_stop_the_server_for_as_long_as_it_takes(joined: Stage) -> None:
    joined.units(vllm="inactive")
    joined.world.silence()
    joined.pass_s(1000)
    assert joined.acts() == []


@pytest.mark.parametrize("mark", ["agent-joined", "out-of-rotation"])
def test_a_host_joins_only_after_a_completion_of_this_start(stage: Stage, mark: str) -> None:
    """After a reboot (nothing is known) and after a stop by a person."""
    if mark == "out-of-rotation":
        (stage.host.path("run") / "agent-joined").touch()
        (stage.host.path("run") / mark).touch()
        stage.script("rejoin.sh", "rm $RUN_DIR/out-of-rotation")
    stage.world.completes = False
    stage.pass_s(40)
    assert stage.acts() == []
    stage.world.completes = True
    stage.pass_s(200)
    assert stage.acts() == ["rejoin.sh"]


def test_a_host_that_may_not_join_yet_tries_again(stage: Stage) -> None:
    stage.script("rejoin.sh", "(($(grep -c ^rejoin.sh $RUN_DIR/../calls) > 2)) || exit 3")
    stage.pass_s(300)
    assert stage.acts() == ["rejoin.sh"] * 3


def test_fatal_errors_of_a_gpu_are_told(joined: Stage) -> None:
    joined.host.path("kernel").write_text("NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off the bus.\n")
    joined.pass_s(130)
    assert joined.acts() == ["tell.sh agent warning GPU 0000:65:00: Xid 79, the GPU has fallen off the bus 0"]


def test_the_kernel_log_is_read_on_from_where_the_agent_was(joined: Stage) -> None:
    joined.pass_s(60)
    cursor = joined.host.path("run/agent-kernel-log")
    assert joined.calls("journalctl") == [
        f"journalctl --dmesg --no-pager --output cat --cursor-file {cursor}",
    ] * len(joined.calls("journalctl"))


def test_a_systemd_that_does_not_answer_is_no_verdict(joined: Stage) -> None:
    joined.host.path("units").write_text("")
    joined.world.silence()
    joined.pass_s(1000)
    assert joined.acts() == []
