"""The user's tags on the way from the instance to its disk and its network interfaces."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import jmespath  # type: ignore[import-untyped]
import pytest

from tests.userdata.host import INSTANCE, Host, Result
from userdata.render import FILES

TAGS = [
    {"Key": "Name", "Value": "vllm-dev-host"},
    {"Key": "Project", "Value": "vllm"},
    {"Key": "Stack", "Value": "dev"},
    {"Key": "ManagedBy", "Value": "pulumi"},
    {"Key": "aws:autoscaling:groupName", "Value": "vllm-0a1b2c3"},
    {"Key": "vllm:builder", "Value": "dev"},
]
VOLUMES = [
    {"VolumeId": "vol-slot", "Tags": [{"Key": "vllm:cache-pool", "Value": "dev"}]},
    {"VolumeId": "vol-root", "Tags": TAGS},
]
USER_TAGS = [{"Key": "team", "Value": "ml platform = a/b"}, {"Key": "cost center", "Value": ""}]
IMDS = """
case "$*" in
  *api/token*) echo token ;;
  *macs/*interface-id*) [[ $* == *macs/0e:01/* ]] && printf eni-1 || printf eni-2 ;;
  *network/interfaces/macs/*) printf '0e:01/\\n0e:02/\\n' ;;
esac
"""
AWS = """
case "$*" in
  *describe-tags*) printf '%b' {tags} ;;
  *describe-volumes*) printf '%b' {volumes} ;;
  *create-tags*) {create} ;;
esac
"""


def play(host: Host, tags: list[dict[str, str]], *, create: str = ":") -> None:
    """The instance has ``tags``; the CLI's own part, its query and text output, is done by ``cli_text``."""
    host.fake("curl", IMDS)
    texts = {"tags": cli_text({"Tags": tags}), "volumes": cli_text({"Volumes": VOLUMES})}
    host.fake("aws", AWS.format(create=create, **{name: shlex.quote(text) for name, text in texts.items()}))


def cli_text(answer: dict[str, list[Any]]) -> str:
    """What the CLI prints of a list with ``--output text``: its items on one line, with tabs between."""
    text = (FILES / "steps/tags.sh").read_text(encoding="utf-8")
    (query,) = re.findall(rf'--query "({next(iter(answer))}\[.*?)"', text, re.DOTALL)
    return "\t".join(jmespath.search(query, answer)).replace("\\", "\\\\") + "\n"


def written(host: Host) -> list[tuple[str, dict[str, Any]]]:
    """Resources and tag of each call."""
    calls = [re.search(r"--resources (.*) --tags (.*)", call) for call in host.calls("aws ec2 create-tags")]
    return [(call[1], json.loads(call[2])) for call in calls if call]


def step(host: Host) -> Result:
    result = host.step("tags")
    assert result.status == 0, result.output
    return result


def test_tags_of_the_user_reach_the_root_volume_and_every_interface_but_no_cache_slot(host: Host) -> None:
    play(host, [*TAGS, *USER_TAGS])
    step(host)
    assert written(host) == [("vol-root eni-1 eni-2", tag) for tag in USER_TAGS]


def test_only_the_own_instance_is_looked_at(host: Host) -> None:
    play(host, [*TAGS, *USER_TAGS])
    step(host)
    (tags,), (volumes,) = host.calls("aws ec2 describe-tags"), host.calls("aws ec2 describe-volumes")
    assert f"Name=resource-id,Values={INSTANCE}" in tags
    assert f"Name=attachment.instance-id,Values={INSTANCE}" in volumes


def test_without_tags_of_the_user_nothing_is_written(host: Host) -> None:
    play(host, TAGS)
    assert "no user tags" in step(host).output
    assert written(host) == []


def test_a_tag_that_is_refused_keeps_no_other_away_and_is_named(host: Host) -> None:
    """Someone else's, on the instance: the host may set the user's keys only."""
    play(host, [{"Key": "CreatedBy", "Value": "x"}, *USER_TAGS], create="[[ $* != *CreatedBy* ]]")
    result = step(host)
    assert [tag for _, tag in written(host)][1:] == USER_TAGS
    assert 'tag {"Key":"CreatedBy","Value":"x"} was not copied' in result.output


@pytest.mark.parametrize("call", ["describe-tags", "describe-volumes"])
def test_a_call_that_fails_does_not_fail_the_boot(host: Host, call: str) -> None:
    play(host, [*TAGS, *USER_TAGS])
    aws = host.path("bin/aws")
    aws.write_text(aws.read_text().replace('case "$*" in', f'case "$*" in *{call}*) exit 254 ;;', 1))
    assert "the user's tags were not copied" in step(host).output
    assert written(host) == []


def test_metadata_that_do_not_answer_do_not_fail_the_boot(host: Host) -> None:
    play(host, [*TAGS, *USER_TAGS])
    host.fake("curl", "exit 7")
    assert "the user's tags were not copied" in step(host).output
    assert written(host) == []
