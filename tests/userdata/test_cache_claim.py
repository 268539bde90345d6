"""From which volume a host gets its slot: its own, a free one, one that becomes free."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.userdata.disks import OTHER, Disks, claim, filesystem, need_tools, volume
from tests.userdata.host import INSTANCE, START_S, Host, make_host

BUSY = "every cache slot of pool dev in us-east-1a is in use"
WAIT_S = 15


@pytest.fixture
def host(tmp_path: Path) -> Host:
    need_tools()
    return make_host(tmp_path / "host", CACHE_WAIT_S=str(WAIT_S))


def test_a_blank_slot_is_attached_formatted_and_mounted(host: Host) -> None:
    disks = Disks(host=host, volumes=[volume("vol-0a"), volume("vol-0b")])
    claim(disks)
    assert host.calls("aws ec2 attach-volume") == [
        f"aws ec2 attach-volume --volume-id vol-0a --instance-id {INSTANCE} --device /dev/sdf"
    ]
    assert filesystem(disks.disk("vol-0a")) == "ext4"
    assert host.calls("mount ") == [f"mount -t ext4 -o noatime {disks.disk('vol-0a')} {host.path('cache')}"]
    assert disks.warnings == []


@pytest.mark.parametrize("code", ["VolumeInUse", "IncorrectState", "InvalidVolume.NotFound"])
def test_the_loser_of_a_race_takes_the_next_slot(host: Host, code: str) -> None:
    disks = Disks(
        host=host,
        volumes=[volume("vol-0a"), volume("vol-0b")],
        refuse={"attach-volume": {"vol-0a": f"({code}) when calling the AttachVolume operation"}},
    )
    claim(disks)
    assert disks.attached == ["vol-0a", "vol-0b"]
    assert filesystem(disks.disk("vol-0a")) == ""
    assert disks.mounted == ["vol-0b"]
    assert disks.warnings == []


def test_slots_of_other_zones_and_pools_are_left_alone(host: Host) -> None:
    elsewhere = volume("vol-0a", AvailabilityZone="us-east-1b")
    foreign = volume("vol-0b", tags={"vllm:cache-pool": "prod"})
    disks = Disks(host=host, volumes=[elsewhere, foreign, volume("vol-0c")])
    claim(disks)
    assert disks.attached == ["vol-0c"]


def test_a_used_device_name_is_passed_over(host: Host) -> None:
    foreign = volume("vol-0a", holder=INSTANCE, tags={})
    disks = Disks(host=host, volumes=[foreign, volume("vol-0b")])
    claim(disks)
    assert [call.split()[-1] for call in host.calls("aws ec2 attach-volume")] == ["/dev/sdf", "/dev/sdg"]


def test_a_slot_attached_before_a_reboot_is_used_again(host: Host) -> None:
    disks = Disks(host=host, volumes=[volume("vol-0a"), volume("vol-0b", holder=INSTANCE)])
    claim(disks)
    assert disks.attached == []
    assert disks.mounted == ["vol-0b"]


def test_a_slot_whose_attach_was_answered_to_nobody_is_found(host: Host) -> None:
    disks = Disks(host=host, volumes=[volume("vol-0a")])
    real = host.path("bin/real-aws")
    host.path("bin/aws").rename(real)
    once = host.path("once")
    lost = f'"{real}" "$@" >/dev/null; touch "{once}"; echo "(VolumeInUse)" >&2; exit 254'
    host.fake("aws", f'if [[ $2 == attach-volume && ! -e "{once}" ]]; then {lost}; fi\nexec "{real}" "$@"')
    claim(disks)
    assert disks.mounted == ["vol-0a"]
    assert host.calls("aws ec2 create-volume") == []


def test_a_cache_that_is_mounted_already_is_left_alone(host: Host) -> None:
    disks = Disks(host=host, volumes=[volume("vol-0a")])
    host.fake("mountpoint", ":")
    claim(disks)
    assert host.calls("aws") == host.calls("mount ") == []


def test_a_slot_that_becomes_free_is_waited_for(tmp_path: Path) -> None:
    host = make_host(tmp_path / "patient", CACHE_WAIT_S="120")
    leaving = volume("vol-0b", holder=OTHER, free_at_s=START_S + 70)
    disks = Disks(host=host, volumes=[volume("vol-0a", holder=OTHER), leaving])
    claim(disks)
    assert disks.mounted == ["vol-0b"]
    waits = [(event["reason"], event["duration_s"]) for event in host.events() if event["status"] == "waiting"]
    assert waits == [(BUSY, 0), (BUSY, 60)]
    assert host.calls("aws ec2 create-volume") == []


def test_a_slot_that_aws_refuses_is_skipped_with_its_words(host: Host) -> None:
    error = "(UnsupportedOperation) the volume is being modified"
    disks = Disks(host=host, volumes=[volume("vol-0a"), volume("vol-0b")], refuse={"attach-volume": {"vol-0a": error}})
    claim(disks)
    assert disks.attached == ["vol-0a", "vol-0b"]
    assert disks.mounted == ["vol-0b"]
    assert len(disks.warnings) == 1
    assert "volume vol-0a could not be attached" in disks.warnings[0]
    assert error in disks.warnings[0]


def test_a_throttled_attach_is_tried_again(host: Host) -> None:
    disks = Disks(
        host=host,
        volumes=[volume("vol-0a")],
        refuse={"attach-volume": {"vol-0a": "(RequestLimitExceeded)"}},
    )
    claim(disks)
    assert disks.attached.count("vol-0a") == 1 + WAIT_S / 5
    assert disks.mounted == ["vol-new"]


def test_the_device_is_waited_for(host: Host) -> None:
    disks = Disks(host=host, volumes=[volume("vol-0a")])
    device = disks.disk("vol-0a")
    device.rename(device.with_suffix(".hidden"))
    host.fake("sleep", f'mv "{device}.hidden" "{device}"')
    claim(disks)
    assert disks.mounted == ["vol-0a"]


def test_a_device_that_never_appears_is_given_back_and_the_next_slot_used(host: Host) -> None:
    disks = Disks(host=host, volumes=[volume("vol-0a"), volume("vol-0b")])
    disks.disk("vol-0a").unlink()
    claim(disks)
    assert disks.mounted == ["vol-0b"]
    assert disks.attachments("vol-0a") == []
    assert "volume vol-0a is attached but" in disks.warnings[0]


def test_a_volume_that_several_instances_may_have_is_never_used(host: Host) -> None:
    shared = volume("vol-0a", MultiAttachEnabled=True)
    disks = Disks(host=host, volumes=[shared, volume("vol-0b", MultiAttachEnabled=False)])
    claim(disks)
    assert disks.attached == disks.mounted == ["vol-0b"]
    assert filesystem(disks.disk("vol-0a")) == ""


def test_a_slot_that_is_leaving_this_instance_is_not_used(host: Host) -> None:
    leaving = volume("vol-0a", holder=INSTANCE)
    leaving["Attachments"][0]["State"] = "detaching"
    disks = Disks(host=host, volumes=[leaving, volume("vol-0b")])
    claim(disks)
    assert disks.mounted == ["vol-0b"]


def test_a_claim_asks_aws_twice(host: Host) -> None:
    """The CLI takes a second to start."""
    claim(Disks(host=host, volumes=[volume("vol-0a")]))
    assert [call.split()[2] for call in host.calls("aws")] == ["describe-volumes", "attach-volume"]


def test_a_volume_that_is_mounted_elsewhere_is_neither_mounted_again_nor_detached(host: Host) -> None:
    disks = Disks(host=host, volumes=[volume("vol-0a", holder=INSTANCE), volume("vol-0b")])
    host.fake("findmnt", "[[ $* == *vol0a ]] && echo /mnt/other")
    claim(disks)
    assert disks.mounted == ["vol-0b"]
    assert disks.holds("vol-0a")
    assert "volume vol-0a is mounted at /mnt/other: unmount it there" in disks.warnings[0]


def test_a_describe_that_keeps_failing_is_not_taken_for_an_empty_pool(host: Host) -> None:
    Disks(host=host, volumes=[], refuse={"describe-volumes": {"": "(AccessDenied)"}})
    assert host.step("cache-slot").status != 0
    assert host.reason() == ("the cache volumes in us-east-1a cannot be listed: An error occurred (AccessDenied)")
    assert len(host.calls("aws ec2 describe-volumes")) == 6
    assert host.calls("aws ec2 create-volume") == []
