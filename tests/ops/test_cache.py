"""``ops cache`` as a person runs it: what is listed, what is deleted, who is asked."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from ops.cache import confirmed
from ops.cache_volumes import Volume
from tests.ops.cache_slots import attach, make_volume, run_fleet, volume_ids
from tests.ops.deployed_stack import Folder
from tests.rehearsal.aws.cloud import Cloud

LONG = "x" * 40  # the longest name of a stack


def listing(folder: Folder, *arguments: str) -> dict[str, dict[str, Any]]:
    done = folder.ops("cache", "list", "--json", *arguments)
    assert done.returncode == 0, done.stdout
    return {volume["id"]: volume for volume in json.loads(done.stdout)["volumes"]}


def test_a_list_says_what_each_volume_is_costs_and_is_needed_by(cloud: Cloud, folder: Folder) -> None:
    used, spare = make_volume(cloud), make_volume(cloud, zone="us-east-1b")
    instance = attach(cloud, used)
    run_fleet(cloud)
    folder.deploy("dev", {"cache_volume_ids": [used]})
    assert listing(folder, "--stack", "dev") == {
        used: {
            "id": used,
            "stack": "dev",
            "region": "us-east-1",
            "zone": "us-east-1a",
            "size_gib": 100,
            "state": "in-use",
            "instance": instance,
            "monthly_usd": 17.0,  # 100 GiB, 1000 IOPS and 100 MiB/s beyond what a gp3 volume includes
            "held_by": "stack dev is deployed and uses it",
            "held": True,
        },
        spare: {
            "id": spare,
            "stack": "dev",
            "region": "us-east-1",
            "zone": "us-east-1b",
            "size_gib": 100,
            "state": "available",
            "instance": None,
            "monthly_usd": 17.0,
            "held_by": "",
            "held": False,
        },
    }
    lines = folder.ops("cache", "list", "--stack", "dev").stdout.splitlines()
    assert lines[1].split() == ["dev", used, "us-east-1a", "100", "in-use", "17.00", "attached", "to", instance]
    assert lines[2].split() == ["dev", spare, "us-east-1b", "100", "available", "17.00", "nothing"]
    assert lines[3].startswith("2 volumes, 34.00 USD a month (us-east-1, ")


def test_without_a_stack_every_pool_of_the_regions_in_use_is_listed(cloud: Cloud, folder: Folder) -> None:
    ids = [make_volume(cloud, pool=pool) for pool in ("dev", "dev2", LONG)]
    make_volume(cloud, pool=None)
    (folder.path / "Pulumi.broken.yaml").write_text("config: [")
    found = listing(folder)
    assert {volume["stack"]: name for name, volume in found.items()} == dict(
        zip(("dev", "dev2", LONG), ids, strict=True)
    )
    assert "Pulumi.broken.yaml is passed over" in folder.ops("cache", "list").stderr


def test_a_price_that_is_not_listed_is_not_guessed(cloud: Cloud, folder: Folder) -> None:
    volume = make_volume(cloud)
    cloud.ec2.modify_volume(VolumeId=volume, VolumeType="io1", Iops=4000)
    assert listing(folder)[volume]["monthly_usd"] is None


def test_an_empty_list_says_so(folder: Folder) -> None:
    done = folder.ops("cache", "list", "--stack", "dev")
    assert (done.returncode, done.stdout) == (0, "no cache volume is left\n")


def test_after_the_stack_is_gone_its_volumes_are_deleted_and_no_other(cloud: Cloud, folder: Folder) -> None:
    mine = {make_volume(cloud), make_volume(cloud, zone="us-east-1b")}
    others = {make_volume(cloud, pool=pool) for pool in ("dev2", "de", "Dev", None)}
    done = folder.ops("cache", "delete", "--stack", "dev", "--yes")
    assert done.returncode == 0, done.stderr
    assert volume_ids(cloud) == others
    assert {line.removeprefix("deleted ") for line in done.stdout.splitlines()[:2]} == mine
    assert "no cache volume of stack dev is left" in done.stdout
    again = folder.ops("cache", "delete", "--stack", "dev", "--yes")
    assert again.returncode == 0
    assert volume_ids(cloud) == others


def test_after_a_destroy_that_spared_them_pulumi_is_to_learn_that_they_are_gone(cloud: Cloud, folder: Folder) -> None:
    """`destroy --exclude-protected` leaves the stack's outputs, but no fleet."""
    volume = make_volume(cloud)
    folder.deploy("dev", {"cache_volume_ids": [volume], "autoscaling_group": "gone"})
    done = folder.ops("cache", "delete", "--stack", "dev", "--yes")
    assert done.returncode == 0, done.stderr
    assert volume_ids(cloud) == set()
    assert "pulumi refresh --stack dev" in done.stderr


def test_named_volumes_only(cloud: Cloud, folder: Folder) -> None:
    first, second, third = (make_volume(cloud) for _ in range(3))
    done = folder.ops("cache", "delete", "--stack", "dev", "--volume-id", first, second, "--yes", "--json")
    assert done.returncode == 0, done.stdout
    document = json.loads(done.stdout)
    assert sorted(document["deleted"]) == sorted([first, second])
    assert [volume["id"] for volume in document["left"]] == [third]
    assert volume_ids(cloud) == {third}
    again = folder.ops("cache", "delete", "--stack", "dev", "--volume-id", first, third, "--yes", "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["absent"] == [first]
    assert volume_ids(cloud) == set()


# Asking.


def test_where_nobody_can_be_asked_yes_is_needed(cloud: Cloud, folder: Folder) -> None:
    volume = make_volume(cloud)
    done = folder.ops("cache", "delete", "--stack", "dev", stdin="y\n")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert volume_ids(cloud) == {volume}


@pytest.mark.parametrize(
    ("answer", "agreed"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_only_a_yes_is_a_yes(answer: str, agreed: bool, capsys: pytest.CaptureFixture[str]) -> None:
    volume = Volume(
        id="vol-00000001",
        stack="dev",
        region="us-east-1",
        zone="us-east-1a",
        size_gib=100,
        state="available",
        instance=None,
        monthly_usd=8.0,
    )
    assert confirmed([volume], stack="dev", answers=io.StringIO(answer)) is agreed
    asked = capsys.readouterr()
    assert asked.out == ""
    assert "vol-00000001" in asked.err


# The failures that people meet first.


@pytest.mark.parametrize("action", [["list"], ["delete", "--yes"]])
def test_missing_credentials_a_missing_file_and_no_network_are_said(folder: Folder, action: list[str]) -> None:
    no_key = folder.ops("cache", *action, "--stack", "dev", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert (no_key.returncode, "no usable credentials" in no_key.stderr) == (1, True)
    nowhere = folder.ops("cache", *action, "--stack", "dev", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert (nowhere.returncode, "AWS cannot be reached" in nowhere.stderr) == (1, True)
    no_file = folder.ops("cache", *action, "--stack", "deb")
    assert (no_file.returncode, "did you mean dev?" in no_file.stderr) == (2, True)
    assert "Traceback" not in no_key.stderr + nowhere.stderr + no_file.stderr


def test_a_folder_without_stack_files_is_a_wrong_command_line(folder: Folder) -> None:
    folder.stack_file("dev").unlink()
    done = folder.ops("cache", "list", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["errors"][0]["path"] == "--stack"


def test_what_is_no_id_is_a_wrong_command_line(folder: Folder) -> None:
    done = folder.ops("cache", "delete", "--stack", "dev", "--volume-id", "i-00000001", "--yes")
    assert done.returncode == 2
    assert "this is not the id of a volume" in done.stderr
