"""``ops pin`` as a person runs it: an emulated AWS, a hub and a registry on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import Folder, make_folder
from tests.ops.sources import COMMIT, DIGEST, OLD_COMMIT, Sources, serving

MODEL = "meta-llama/Llama-3.1-8B-Instruct"
NEWEST_AMI = "ami-0d1a317000000024a"  # the emulated AWS's
HELD = {"image_id": "ami-00000000000000001", "zones": ["us-east-1c", "us-east-1a"]}
PINNED = {
    "model": {"id": MODEL, "revision": COMMIT},
    "compute": {"amiId": NEWEST_AMI},
    "network": {"zones": ["us-east-1a", "us-east-1b"]},
}


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        yield running


@pytest.fixture
def sources() -> Iterator[Sources]:
    made = Sources(
        revisions={(MODEL, "main"): COMMIT, (MODEL, "v1"): OLD_COMMIT}, images={("vllm/openai", "v0.32.0"): DIGEST}
    )
    with serving(made):
        yield made


@pytest.fixture
def folder(aws: EmulatedAws, sources: Sources, tmp_path: Path) -> Folder:
    """Not deployed; its image is in the registry of this machine."""
    environment = {**aws.environment(), "HF_ENDPOINT": f"http://{sources.address}"}
    made = make_folder(tmp_path, outputs=None, environment=environment)
    write_stack_file(made, sources)
    return made


def write_stack_file(folder: Folder, sources: Sources, *, model: str = MODEL, more: str = "") -> str:
    text = (
        "# mine\nconfig:\n  aws:region: us-east-1\n"
        f"  vllm:model: {model}\n  vllm:image:\n    repository: {sources.address}/vllm/openai # ours\n{more}"
    )
    folder.stack_file("dev").write_text(text)
    return text


def values(folder: Folder, sources: Sources) -> dict[str, Any]:
    """What the stack file says now, without what ``write_stack_file`` wrote."""
    from config.stack_file import read_stack_file

    read = read_stack_file(stack="dev", root=folder.path)
    found: dict[str, Any] = {key.removeprefix("vllm:"): value for key, value in read.items()}
    assert found.pop("aws:region") == "us-east-1"
    found["image"].pop("repository")
    return found


def test_what_floats_is_written_and_the_person_is_told_from_where(folder: Folder, sources: Sources) -> None:
    done = folder.ops("pin", "--stack", "dev")
    assert done.returncode == 0, done.stderr
    assert values(folder, sources) == {**PINNED, "image": {"digest": DIGEST}}
    assert folder.stack_file("dev").read_text().startswith("# mine\nconfig:\n")
    assert done.stdout.splitlines() == [
        f"vllm:model.revision: not set -> {COMMIT} (main of {MODEL} on the model hub)",
        f"vllm:compute.amiId: not set -> {NEWEST_AMI} (/aws/service/deeplearning/ami/x86_64/"
        "base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id in us-east-1)",
        "vllm:network.zones: not set -> us-east-1a, us-east-1b (zones of us-east-1 for g6.2xlarge)",
        f"vllm:image.digest: not set -> {DIGEST} ({sources.address}/vllm/openai:v0.32.0 in its registry)",
    ]
    assert "git diff Pulumi.dev.yaml" in done.stderr


def test_a_second_run_changes_nothing_and_asks_nobody(folder: Folder, sources: Sources) -> None:
    folder.ops("pin", "--stack", "dev")
    text = folder.stack_file("dev").read_text()
    sources.asked.clear()
    done = folder.ops("pin", "--stack", "dev", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert (done.returncode, sources.asked) == (0, [])
    assert "Pulumi.dev.yaml is as it was" in done.stderr
    assert folder.stack_file("dev").read_text() == text


def test_a_deployed_stack_is_pinned_to_what_it_holds(folder: Folder, sources: Sources) -> None:
    folder.deploy("dev", HELD)
    assert folder.ops("pin", "--stack", "dev").returncode == 0
    pinned = values(folder, sources)
    assert pinned["compute"] == {"amiId": HELD["image_id"]}
    assert pinned["network"] == {"zones": HELD["zones"]}


def test_an_update_takes_the_newest_of_everything_but_never_other_zones(folder: Folder, sources: Sources) -> None:
    folder.deploy("dev", HELD)
    folder.ops("pin", "--stack", "dev")
    sources.revisions[MODEL, "main"] = "c" * 40
    sources.images["vllm/openai", "v0.32.0"] = "sha256:" + "f" * 64
    assert folder.ops("pin", "--stack", "dev", "--update").returncode == 0
    assert values(folder, sources) == {
        "model": {"id": MODEL, "revision": "c" * 40},
        "compute": {"amiId": NEWEST_AMI},
        "network": {"zones": HELD["zones"]},
        "image": {"digest": "sha256:" + "f" * 64},
    }


def test_a_branch_stays_until_it_is_updated_to_its_own_commit(folder: Folder, sources: Sources) -> None:
    write_stack_file(folder, sources, model=f"{{id: {MODEL}, revision: v1}}")
    kept = folder.ops("pin", "--stack", "dev")
    assert "v1 stays: but it is a branch or a tag" in kept.stdout
    folder.ops("pin", "--stack", "dev", "--update")
    assert values(folder, sources)["model"]["revision"] == OLD_COMMIT


def test_what_is_encrypted_is_left_alone(folder: Folder, sources: Sources) -> None:
    write_stack_file(folder, sources, more="  vllm:compute:\n    amiId:\n      secure: v1:abc\n")
    done = folder.ops("pin", "--stack", "dev", "--update")
    assert done.returncode == 0, done.stderr
    assert "vllm:compute.amiId: [encrypted] stays" in done.stdout
    assert values(folder, sources)["compute"] == {"amiId": {"secure": "v1:abc"}}


def test_the_zones_of_a_given_network_are_its_subnets(folder: Folder, sources: Sources) -> None:
    subnets = "[subnet-0000000a, subnet-0000000b]"
    more = f"  vllm:network: {{mode: existing, vpcId: vpc-00000000, privateSubnetIds: {subnets}}}\n"
    write_stack_file(folder, sources, more=more)
    done = folder.ops("pin", "--stack", "dev", "--json")
    assert done.returncode == 0, done.stdout
    assert "zones" not in values(folder, sources)["network"]
    assert len(json.loads(done.stdout)["pins"]) == 3


def test_json_is_one_document(folder: Folder) -> None:
    document = json.loads(folder.ops("pin", "--stack", "dev", "--json").stdout)
    assert sorted(document) == ["file", "pins", "stack"]
    assert document["pins"][0] == {
        "path": "vllm:model.revision",
        "old": None,
        "new": COMMIT,
        "changed": True,
        "why": f"main of {MODEL} on the model hub",
    }


# What goes wrong: the others are written, and a second run goes on.


def test_one_that_fails_does_not_stop_the_others_and_a_second_run_continues(folder: Folder, sources: Sources) -> None:
    del sources.revisions[MODEL, "main"]
    failed = folder.ops("pin", "--stack", "dev")
    assert failed.returncode == 1
    assert "has no branch, tag or commit main" in failed.stderr
    assert "run python -m ops pin --stack dev again" in failed.stderr
    assert values(folder, sources) == {**PINNED, "model": MODEL, "image": {"digest": DIGEST}}
    sources.revisions[MODEL, "main"] = COMMIT
    assert folder.ops("pin", "--stack", "dev").returncode == 0
    assert values(folder, sources) == {**PINNED, "image": {"digest": DIGEST}}


def test_without_credentials_the_reason_is_said_once_and_the_rest_is_pinned(folder: Folder, sources: Sources) -> None:
    done = folder.ops("pin", "--stack", "dev", "--json", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert done.returncode == 1
    paths = {error["path"] for error in json.loads(done.stdout)["errors"]}
    assert paths == {"AWS credentials"}
    assert values(folder, sources) == {"model": PINNED["model"], "image": {"digest": DIGEST}}


def test_without_a_network_every_source_is_named(folder: Folder, sources: Sources) -> None:
    nowhere = "http://127.0.0.1:9"
    text = write_stack_file(folder, sources).replace(sources.address, "127.0.0.1:9")
    folder.stack_file("dev").write_text(text)
    done = folder.ops("pin", "--stack", "dev", AWS_ENDPOINT_URL=nowhere, HF_ENDPOINT=nowhere)
    assert done.returncode == 1
    for said in ("AWS cannot be reached", "is the hub reachable", "is the registry reachable"):
        assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert folder.stack_file("dev").read_text() == text


def test_a_stack_that_may_be_deployed_gets_no_guessed_zones(folder: Folder, sources: Sources) -> None:
    (folder.path / "bin" / "pulumi").write_text("#!/bin/sh\necho 'error: passphrase must be set' >&2; exit 255\n")
    done = folder.ops("pin", "--stack", "dev")
    assert done.returncode == 1
    assert "PULUMI_CONFIG_PASSPHRASE" in done.stderr
    assert values(folder, sources) == {"model": PINNED["model"], "image": {"digest": DIGEST}}


def test_a_stack_of_an_older_program_is_to_be_updated_first(folder: Folder) -> None:
    folder.deploy("dev", {"endpoint": "http://x/v1"})
    done = folder.ops("pin", "--stack", "dev")
    assert done.returncode == 1
    assert "pulumi up --stack dev" in done.stderr


def test_a_type_that_the_region_lacks_is_named(folder: Folder, sources: Sources, aws: EmulatedAws) -> None:
    text = write_stack_file(folder, sources).replace("us-east-1", "eu-west-3")
    folder.stack_file("dev").write_text(f"{text}  vllm:compute: {{instanceType: p5.48xlarge}}\n")
    done = folder.ops("pin", "--stack", "dev")
    assert done.returncode in (1, 2)
    assert "p5.48xlarge" in done.stderr


def test_a_wrong_stack_file_is_status_2_and_stays(folder: Folder, sources: Sources) -> None:
    text = write_stack_file(folder, sources, more="  vllm:serving: {maxModelLen: x}\n")
    done = folder.ops("pin", "--stack", "dev", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["errors"][0]["path"] == "vllm:serving.maxModelLen"
    assert folder.stack_file("dev").read_text() == text


def test_there_is_no_such_stack_file(folder: Folder) -> None:
    done = folder.ops("pin", "--stack", "deb")
    assert done.returncode == 2
    assert "did you mean dev?" in done.stderr


def test_a_model_from_s3_has_no_revision_to_pin(folder: Folder, sources: Sources) -> None:
    write_stack_file(folder, sources, model=f"{{id: {MODEL}, source: s3://team-models/llama/1}}")
    done = folder.ops("pin", "--stack", "dev")
    assert done.returncode == 0, done.stderr
    assert "revision" not in done.stdout
    assert "revision" not in values(folder, sources)["model"]
