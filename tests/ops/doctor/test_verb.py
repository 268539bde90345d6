"""``ops doctor`` as a person runs it: a stack that is well, one with many faults, and nothing to look at."""

from __future__ import annotations

import json
import re

import pytest

from tests.ops.doctor.clinic import TOKEN, Clinic, levels, of

AFTER_UP = {"targets", "boots", "versions", "alarms", "notifications"}
READS = re.compile(r"(Describe|Get|List|Head)[A-Z]\w*|(GET|HEAD) /")


def assert_only_reads(clinic: Clinic, *, since: int) -> None:
    calls = clinic.cloud.aws.calls[since:]
    assert calls, "nothing was recorded"
    assert [call for call in calls if not READS.match(call.action)] == []
    assert "GetSecretValue" not in {call.action for call in calls}


def test_a_clean_account_is_ready_and_nothing_is_written(clinic: Clinic) -> None:
    before = len(clinic.cloud.aws.calls)
    found = levels(clinic.findings(status=0))
    assert {name for name, level in found.items() if level == {"skipped"}} >= AFTER_UP
    assert not any({"error", "warning"} & level for level in found.values())
    assert_only_reads(clinic, since=before)


def test_a_deployed_stack_is_well_and_nothing_is_written(clinic: Clinic) -> None:
    clinic.deploy()
    clinic.serve()
    before = len(clinic.cloud.aws.calls)
    found = levels(clinic.findings(status=0))
    assert all(level == {"ok"} for level in found.values())
    assert set(found) >= AFTER_UP
    assert_only_reads(clinic, since=before)


def test_it_is_a_line_per_finding_for_people(clinic: Clinic) -> None:
    clinic.grant(0)
    clinic.certify()
    done = clinic.folder.ops("doctor", "--stack", "dev", HF_TOKEN=TOKEN)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    line = next(number for number, text in enumerate(lines) if text.startswith("ERROR"))
    assert "quota" in lines[line]
    assert lines[line + 1].strip().startswith("fix: aws service-quotas request-service-quota-increase")
    assert re.fullmatch(r"dev: 1 error, no warnings, \d+ ok, \d+ not looked at", lines[-1])
    assert TOKEN not in done.stdout + done.stderr


def test_twelve_faults_and_more_are_each_found_with_a_remedy(clinic: Clinic) -> None:
    """Planted together, before and after `pulumi up`."""
    gone = "snap-0123456789abcdef0"
    alarms = clinic.deploy(
        api_keys_secret_arn=clinic.secret("no-keys", value=None),
        hf_token_secret_arn=clinic.secret("no-token", value=None),
        cache_volume_ids=["vol-0123456789abcdef0"],
    )
    instance_id = clinic.serve()
    clinic.say(instance_id, step="gpus", status="failed", reason="Xid 79")
    clinic.grant(4)
    clinic.certify().status = "EXPIRED"
    clinic.ec2.amis[clinic.cloud.image_id].state = "deregistered"
    clinic.sources.images.clear()
    clinic.sources.answers.update({path: (403, {"X-Error-Code": "GatedRepo"}, None) for path in clinic.sources.answers})
    clinic.unconfirm()
    alarms.ring("vllm-dev-boot-loop")
    clinic.cloud.autoscaling.suspend_processes(AutoScalingGroupName="replicas", ScalingProcesses=["Launch"])
    clinic.want_new_version()
    clinic.write(cache={"snapshotId": gone}, budget={"monthlyUsd": 10})
    before = len(clinic.cloud.aws.calls)
    findings = clinic.findings(status=1)
    planted = {
        "quota": "request-service-quota-increase",
        "machine-image": "ops pin --update",
        "container-image": "image.repository",
        "model-access": "https://huggingface.co/",
        "certificate": "aws acm request-certificate",
        "secrets": "keys add",
        "cache": "ops bake",
        "budget": "ops plan",
        "targets": "rollout --resume",
        "boots": f"logs --stack dev --instance {instance_id}",
        "versions": "ops rollout --start",
        "alarms": "docs/runbook.md#boot-loop",
        "notifications": "aws sns subscribe",
    }
    faults = [each for each in findings if each["level"] in ("error", "warning")]
    assert {each["id"] for each in faults} == set(planted)
    for check, fix in planted.items():
        assert any(fix in remedy for _, _, remedy in of(faults, check)), check
    assert any("set hf-token" in remedy for _, _, remedy in of(faults, "secrets"))
    assert len(of(faults, "cache")) >= 2
    assert_only_reads(clinic, since=before)


# What people meet first.


def test_without_credentials_only_what_needs_none_is_looked_at(clinic: Clinic) -> None:
    found = clinic.findings(status=1, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    ((level, seen, fix),) = of(found, "credentials")
    assert (level, fix) == ("error", "export AWS_PROFILE=... (or aws sso login)")
    assert "no usable credentials" in seen
    assert levels(found)["container-image"] == {"ok"}
    assert levels(found)["quota"] == {"skipped"}


def test_without_a_network_each_source_is_one_finding(clinic: Clinic) -> None:
    nowhere = "http://127.0.0.1:9"
    clinic.write(image={"repository": "127.0.0.1:9/vllm/openai"})
    found = clinic.findings(status=1, AWS_ENDPOINT_URL=nowhere, HF_ENDPOINT=nowhere)
    errors = {each["id"] for each in found if each["level"] == "error"}
    assert errors == {"credentials", "container-image", "model-access"}
    assert "AWS cannot be reached" in of(found, "credentials")[0][1]


def test_an_empty_stack_is_as_one_that_is_not_there(clinic: Clinic) -> None:
    clinic.folder.deploy("dev", {})
    found = levels(clinic.findings(status=0))
    assert all(found[name] == {"skipped"} for name in AFTER_UP)


def test_a_wrong_name_is_a_sentence_and_status_2(clinic: Clinic) -> None:
    done = clinic.folder.ops("doctor", "--stack", "deb", "--json")
    assert done.returncode == 2
    assert "did you mean dev?" in json.loads(done.stdout)["errors"][0]["message"]


def test_a_wrong_stack_file_is_status_2(clinic: Clinic) -> None:
    clinic.write(serving={"maxModelLen": "x"})
    done = clinic.folder.ops("doctor", "--stack", "dev")
    assert (done.returncode, done.stdout) == (2, "")
    assert "vllm:serving.maxModelLen" in done.stderr


@pytest.mark.parametrize(
    ("stderr", "says"),
    [
        ("error: PULUMI_ACCESS_TOKEN must be set for login", "pulumi login"),
        ("error: passphrase must be set", "export PULUMI_CONFIG_PASSPHRASE"),
    ],
)
def test_a_pulumi_that_cannot_read_the_stack_leaves_the_rest(clinic: Clinic, stderr: str, says: str) -> None:
    (clinic.folder.path / "bin" / "pulumi").write_text(f"#!/bin/sh\necho '{stderr}' >&2; exit 255\n")
    found = clinic.findings(status=1)
    ((level, _, fix),) = of(found, "pulumi")
    assert level == "error"
    assert says in fix
    assert levels(found)["quota"] == {"ok"}
    assert "pulumi" in of(found, "targets")[0][1]
