"""``ops shell``: the session that it starts, and what it says when there is none to be had."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.parse import parse
from ops.errors import OpsError
from ops.outputs import Deployed
from ops.shell import Host, about, chosen, hosts_of, parted, shell_command
from tests.ops.deployed_stack import Folder, make_folder, write_program
from tests.rehearsal.aws.cloud import GROUP, Cloud

SERVING = Host(id="i-0aa", state="InService")
BOOTING = Host(id="i-0ab", state="Pending:Wait")
HOSTS = [SERVING, BOOTING]


def stack() -> Deployed:
    config = parse(stack="dev", raw={"aws:region": "eu-west-1", "vllm:model": "a/b"}).config
    assert config is not None
    return Deployed(config=config, outputs={})


@pytest.fixture
def folder(cloud: Cloud, tmp_path: Path) -> Folder:
    return make_folder(tmp_path, outputs={"autoscaling_group": GROUP}, environment=cloud.aws.environment())


@pytest.mark.parametrize(
    ("words", "replica", "command"),
    [
        ([], None, []),
        (["i-0aa"], "i-0aa", []),
        (["i-0aa", "docker", "ps"], "i-0aa", ["docker", "ps"]),
        (["docker", "ps"], None, ["docker", "ps"]),
    ],
)
def test_the_replica_is_told_from_the_command(words: Sequence[str], replica: str | None, command: list[str]) -> None:
    assert parted(words) == (replica, command)


def test_without_a_command_it_is_the_accounts_own_shell() -> None:
    command = shell_command(stack(), host=SERVING, words=[])
    assert command == ["aws", "ssm", "start-session", "--region", "eu-west-1", "--target", "i-0aa"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["docker", "logs", "vllm"], "docker logs vllm"),
        (["echo", "two words"], "echo 'two words'"),
        (["df -h | head"], "df -h | head"),
    ],
)
def test_a_command_is_one_line_for_the_shell_there(words: Sequence[str], line: str) -> None:
    command = shell_command(stack(), host=SERVING, words=words)
    assert command[7:10] == ["--document-name", "AWS-StartInteractiveCommand", "--parameters"]
    assert json.loads(command[10]) == {"command": [line]}


def test_one_that_serves_is_taken_unless_another_is_named() -> None:
    assert chosen(HOSTS, replica=None, stack="dev") == SERVING
    assert chosen(HOSTS, replica="i-0ab", stack="dev") == BOOTING
    assert chosen([BOOTING], replica=None, stack="dev") == BOOTING
    assert about(SERVING, HOSTS) == "i-0aa (InService); also there: i-0ab (Pending:Wait)"


@pytest.mark.parametrize(
    ("hosts", "replica", "said"),
    [
        ([], None, r"the stack has no host now(.|\n)*ops rollout --stack dev"),
        (HOSTS, "i-0ff", r"no host of the stack has this id(.|\n)*i-0aa \(InService\), i-0ab"),
        (HOSTS, "i-0a", "several hosts have ids that begin so"),
    ],
)
def test_a_host_that_is_not_there_is_said_with_those_that_are(
    hosts: list[Host], replica: str | None, said: str
) -> None:
    with pytest.raises(OpsError, match=said):
        chosen(hosts, replica=replica, stack="dev")


def test_hosts_of_the_group_are_found(cloud: Cloud) -> None:
    assert hosts_of(cloud.autoscaling, group=GROUP) == []
    cloud.create_group()
    (host,) = hosts_of(cloud.autoscaling, group=GROUP)
    assert host == Host(id=cloud.instance_id(state="InService"), state="InService")


def test_the_verb_runs_the_command_it_prints(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group()
    words = ("--", "docker", "ps", "-a")
    printed = folder.ops("shell", "--stack", "dev", "--print", "--json", *words)
    assert printed.returncode == 0, printed.stderr
    document = json.loads(printed.stdout)
    assert json.loads(document["command"][-1]) == {"command": ["docker ps -a"]}
    write_program(folder.path / "bin", "session-manager-plugin", "exit 0")
    write_program(folder.path / "bin", "aws", f'for a in "$@"; do echo "$a"; done > {folder.path}/ran')
    done = folder.ops("shell", "--stack", "dev", document["instance_id"], *words)
    assert done.returncode == 0
    assert (folder.path / "ran").read_text().splitlines() == document["command"][1:]
    assert done.stderr.startswith(f"{document['instance_id']} (InService)")


def test_a_session_that_is_not_held_is_status_1(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group()
    write_program(folder.path / "bin", "session-manager-plugin", "exit 0")
    write_program(folder.path / "bin", "aws", "exit 255")
    assert folder.ops("shell", "--stack", "dev").returncode == 1


def test_an_interrupt_is_for_the_session(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group()
    write_program(folder.path / "bin", "session-manager-plugin", "exit 0")
    write_program(folder.path / "bin", "aws", f"kill -INT $PPID; echo went on > {folder.path}/ran")
    assert folder.ops("shell", "--stack", "dev").returncode == 0
    assert (folder.path / "ran").read_text() == "went on\n"


@pytest.mark.parametrize("missing", ["aws", "session-manager-plugin"])
def test_a_missing_program_is_named(cloud: Cloud, folder: Folder, missing: str) -> None:
    cloud.create_group()
    for program in {"aws", "session-manager-plugin"} - {missing}:
        write_program(folder.path / "bin", program, "exit 0")
    path = f"{folder.path}/bin:/usr/bin:/bin"
    done = folder.ops("shell", "--stack", "dev", PATH=path)
    assert done.returncode == 1
    assert f"the shell needs {missing}: https://docs.aws.amazon.com/" in done.stderr
    assert "example: python -m ops shell --stack dev --print" in done.stderr


def test_a_stack_on_this_machine_has_a_container(folder: Folder) -> None:
    folder.stack_file("local").write_text("config:\n  vllm:target: local\n  vllm:model: a/b\n")
    done = folder.ops("shell", "--stack", "local")
    assert done.returncode == 2
    assert "docker exec -it vllm-local bash" in done.stderr


def test_a_stack_that_is_not_deployed_is_said_to_be(folder: Folder) -> None:
    folder.deploy("dev", {})
    done = folder.ops("shell", "--stack", "dev", "--print")
    assert done.returncode == 1
    assert "nothing is deployed yet" in done.stderr
