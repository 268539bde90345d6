"""``ops tunnel``: the command it runs, and what it says when something is missing."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from config.models import StackConfig
from config.parse import parse
from ops.errors import OpsError
from ops.outputs import Deployed
from ops.tunnel import check_port, check_programs, check_way, in_service_instance, tunnel_command
from tests.ops.deployed_stack import STACK_FILE, Folder, make_folder, write_program
from tests.rehearsal.aws.cloud import GROUP, Cloud

DNS = "internal-vllm-123.us-east-1.elb.amazonaws.com"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"


def config_of(**endpoint: object) -> StackConfig:
    raw = {"aws:region": "us-east-1", "vllm:model": "a/b", "vllm:endpoint": endpoint}
    config = parse(stack="dev", raw=raw).config
    assert config is not None
    return config


def stack(*, endpoint: str = f"http://{DNS}/v1") -> Deployed:
    return Deployed(config=config_of(), outputs={"endpoint": endpoint, "load_balancer_dns": DNS})


@pytest.fixture
def folder(cloud: Cloud, tmp_path: Path) -> Folder:
    outputs = {"endpoint": f"http://{DNS}/v1", "load_balancer_dns": DNS, "autoscaling_group": GROUP}
    return make_folder(tmp_path, outputs=outputs, environment=cloud.aws.environment())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_command_forwards_to_the_load_balancer() -> None:
    command = tunnel_command(stack(), instance_id="i-0aa", port=9000)
    assert command[:7] == ["aws", "ssm", "start-session", "--region", "us-east-1", "--target", "i-0aa"]
    assert command[7:10] == ["--document-name", "AWS-StartPortForwardingSessionToRemoteHost", "--parameters"]
    assert json.loads(command[10]) == {"host": [DNS], "portNumber": ["80"], "localPortNumber": ["9000"]}


def test_the_endpoints_own_port_is_the_one_forwarded_to() -> None:
    command = tunnel_command(stack(endpoint=f"http://{DNS}:8080/v1"), instance_id="i-0aa", port=9000)
    assert json.loads(command[10])["portNumber"] == ["8080"]


def test_behind_https_the_tunnel_ends_at_the_host_itself() -> None:
    """The load balancer's certificate is not for 127.0.0.1; the port is vLLM's own."""
    command = tunnel_command(stack(endpoint="https://llm.example.com/v1"), instance_id="i-0aa", port=9000)
    assert command[5:10] == ["--target", "i-0aa", "--document-name", "AWS-StartPortForwardingSession", "--parameters"]
    assert json.loads(command[10]) == {"portNumber": ["8000"], "localPortNumber": ["9000"]}


def test_behind_https_it_is_said_where_the_tunnel_ends_and_client_ranges_do_not_matter(
    cloud: Cloud, folder: Folder
) -> None:
    cloud.create_group()
    endpoint = f"  vllm:endpoint: {{certificateArn: {CERTIFICATE}, allowedCidrs: [192.168.0.0/16]}}\n"
    folder.stack_file("dev").write_text(STACK_FILE + endpoint)
    folder.deploy("dev", {"endpoint": f"https://{DNS}/v1", "load_balancer_dns": DNS, "autoscaling_group": GROUP})
    printed = folder.ops("tunnel", "--stack", "dev", "--print", "--json")
    assert printed.returncode == 0, printed.stderr
    document = json.loads(printed.stdout)
    assert document["direct"] is True
    assert "AWS-StartPortForwardingSession" in document["command"]
    assert f"smoke --stack dev --direct --base-url {document['base_url']}" in printed.stderr


@pytest.mark.parametrize("cidrs", ["", ", allowedCidrs: [203.0.113.0/24]"])
def test_a_public_endpoint_needs_no_tunnel_and_is_named(folder: Folder, cidrs: str) -> None:
    endpoint = f"  vllm:endpoint: {{exposure: public, certificateArn: {CERTIFICATE}{cidrs}}}\n"
    folder.stack_file("dev").write_text(STACK_FILE + endpoint)
    folder.deploy("dev", {"endpoint": "https://llm.example.com/v1"})
    done = folder.ops("tunnel", "--stack", "dev")
    assert done.returncode == 2
    assert "no tunnel is needed: call https://llm.example.com/v1" in done.stderr
    assert ("203.0.113.0/24" in done.stderr) is bool(cidrs)
    assert "example: export OPENAI_BASE_URL=https://llm.example.com/v1" in done.stderr


def test_the_verb_runs_the_command_it_prints(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group()
    port = str(free_port())
    printed = folder.ops("tunnel", "--stack", "dev", "--port", port, "--print", "--json")
    assert printed.returncode == 0, printed.stderr
    document = json.loads(printed.stdout)
    assert document["base_url"] == f"http://127.0.0.1:{port}/v1"
    write_program(folder.path / "bin", "session-manager-plugin", "exit 0")
    write_program(folder.path / "bin", "aws", f'for a in "$@"; do echo "$a"; done > {folder.path}/ran')
    done = folder.ops("tunnel", "--stack", "dev", "--port", port)
    assert done.returncode == 0
    assert document["base_url"] in done.stderr
    assert (folder.path / "ran").read_text().splitlines() == document["command"][1:]


def test_a_session_that_ends_badly_is_status_1(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group()
    write_program(folder.path / "bin", "session-manager-plugin", "exit 0")
    write_program(folder.path / "bin", "aws", "exit 255")
    assert folder.ops("tunnel", "--stack", "dev", "--port", str(free_port())).returncode == 1


# The failures that people meet first.


def test_a_stack_that_is_not_deployed_is_said_to_be(folder: Folder) -> None:
    folder.deploy("dev", {})
    done = folder.ops("tunnel", "--stack", "dev", "--print")
    assert (done.returncode, "nothing is deployed yet" in done.stderr) == (1, True)


@pytest.mark.parametrize("missing", ["aws", "session-manager-plugin"])
def test_a_missing_program_is_named_with_where_it_is_from(tmp_path: Path, missing: str) -> None:
    for program in {"aws", "session-manager-plugin"} - {missing}:
        write_program(tmp_path, program, "exit 0")
    with pytest.raises(OpsError, match=f"the tunnel needs {missing}: https://docs.aws.amazon.com/"):
        check_programs({"PATH": str(tmp_path)})


def test_a_port_that_is_taken_is_named_with_the_next_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        with pytest.raises(OpsError, match=f"--port {port + 1}"):
            check_port(port, only_print=False)
        check_port(port, only_print=True)


def test_no_host_in_service_names_the_states_and_the_command(cloud: Cloud) -> None:
    with pytest.raises(OpsError, match=r"no instance(.|\n)*ops rollout --stack prod --wait"):
        in_service_instance(cloud.autoscaling, group=GROUP, stack="prod")


def test_a_host_in_service_is_found(cloud: Cloud) -> None:
    cloud.create_group()
    assert in_service_instance(cloud.autoscaling, group=GROUP, stack="prod") == cloud.instance_id(state="InService")


@pytest.mark.parametrize("port", ["0", "65536", "-5"])
def test_what_is_no_port_is_a_wrong_command_line(folder: Folder, port: str) -> None:
    done = folder.ops("tunnel", "--stack", "dev", f"--port={port}", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["errors"][0]["path"] == "--port"


def test_the_range_of_a_given_network_is_not_guessed() -> None:
    subnets = ["subnet-0000000a", "subnet-0000000b"]
    network = {"mode": "existing", "vpcId": "vpc-00000000", "privateSubnetIds": subnets}
    raw = {
        "aws:region": "us-east-1",
        "vllm:model": "a/b",
        "vllm:network": network,
        "vllm:endpoint": {"allowedCidrs": ["192.168.0.0/16"]},
    }
    loaded = parse(stack="dev", raw=raw)
    assert loaded.config is not None
    assert not loaded.problems
    check_way(loaded.config)


def test_client_ranges_that_leave_the_hosts_out_are_named() -> None:
    with pytest.raises(OpsError, match=r"allowedCidrs(.|\n)*10\.42\.0\.0/16"):
        check_way(config_of(allowedCidrs=["192.168.0.0/16"]))


@pytest.mark.parametrize("endpoint", [{}, {"allowedCidrs": ["10.0.0.0/8"]}, {"allowedCidrs": ["10.42.0.0/16"]}])
def test_client_ranges_that_cover_the_hosts_are_fine(endpoint: dict[str, object]) -> None:
    check_way(config_of(**endpoint))
