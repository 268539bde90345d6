"""Which hosts are played in a rehearsal that boots."""

from __future__ import annotations

from typing import Literal

from rehearsal.aws.settings import Guest
from rehearsal.played import AllButOne


def guest(
    instance_id: str, *, stack: str = "dev", transition: Literal["launching", "terminating"] = "launching"
) -> Guest:
    return Guest(
        instance_id=instance_id,
        availability_zone="us-east-1a",
        launch_template_version="1",
        user_data=f"#cloud-config of {stack}",
        transition=transition,
        waited_s=0.0,
    )


def test_the_first_instance_of_each_stack_is_left_to_a_boot() -> None:
    host = AllButOne()
    assert [host(guest("i-1")), host(guest("i-2", stack="prod"))] == ["HEARTBEAT", "HEARTBEAT"]
    host.boots("i-1")
    assert [host(guest("i-1")), host(guest("i-1", transition="terminating"))] == [None, None]
    assert host(guest("i-2", stack="prod")) == "HEARTBEAT"


def test_further_instances_are_healthy_at_once() -> None:
    host = AllButOne()
    host(guest("i-1"))
    assert [host(guest("i-2")), host(guest("i-3"))] == ["CONTINUE", "CONTINUE"]
    assert host(guest("i-2", transition="terminating")) == "CONTINUE"
