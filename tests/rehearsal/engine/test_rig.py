"""Finding the tools, on made-up machines; and saying what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import pytest

from rehearsal.engine.rig import find_rig, missing_tools, plugin_of

PLUGIN = plugin_of("aws")
PROVIDER = "terraform-provider-aws_v{}_x5"


@dataclass
class Machine:
    """A home, a PATH and a repository, all empty at first."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self.folder / "work" / "repository"
        self.root.mkdir(parents=True)
        self.environ = {"HOME": str(self.folder / "home"), "PATH": str(self.folder / "bin")}

    def tool(self, path: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
        return file

    def bridge(self, folder: str) -> Path:
        self.tool(f"{folder}/{PLUGIN}")
        (self.folder / folder / "tfbridge").mkdir()
        return self.folder / folder

    def provider(self, number: str = "5.100.0") -> Path:
        self.environ["TF_PLUGIN_DIR"] = str(self.folder / "terraform")
        return self.tool(f"terraform/aws/{number}/{PROVIDER.format(number)}")

    def missing(self) -> str:
        return "; ".join(f"{tool.what}: {tool.how}" for tool in missing_tools(root=self.root, environ=self.environ))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(folder=tmp_path)


def test_a_bare_machine_is_told_what_to_get(machine: Machine) -> None:
    assert find_rig(root=machine.root, environ=machine.environ) is None
    words = machine.missing()
    assert "the Pulumi CLI: make tools" in words
    assert f"pulumi plugin install resource aws {version('pulumi-aws')}" in words


def test_the_cli_from_path_goes_before_the_built_one(machine: Machine) -> None:
    machine.bridge("work/shared/rehearsal")
    machine.provider()
    built = machine.tool("home/.cache/vllm-pulumi/bin/pulumi")
    rig = find_rig(root=machine.root, environ=machine.environ)
    assert rig is not None
    assert rig.pulumi == built
    on_path = machine.tool("bin/pulumi")
    rig = find_rig(root=machine.root, environ=machine.environ)
    assert rig is not None
    assert rig.pulumi == on_path


def test_the_bridge_beside_the_repository_needs_a_terraform_provider(machine: Machine) -> None:
    machine.tool("bin/pulumi")
    folder = machine.bridge("work/shared/rehearsal")
    machine.environ["TF_PLUGIN_DIR"] = str(machine.folder / "empty")
    machine.environ["TFBRIDGE_AWS_PROVIDER"] = str(machine.folder / "nosuch")
    assert "the Terraform AWS provider: set TF_PLUGIN_DIR" in machine.missing()
    del machine.environ["TFBRIDGE_AWS_PROVIDER"]
    machine.provider("5.9.0")
    newest = machine.provider("5.100.0")
    rig = find_rig(root=machine.root, environ=machine.environ)
    assert rig is not None
    assert (rig.plugin_dir, rig.terraform_provider) == (folder.resolve(), newest)
    assert rig.describe() == "the Pulumi engine with the Terraform AWS provider 5.100.0"


def test_an_installed_plugin_of_the_sdks_version_is_enough(machine: Machine) -> None:
    machine.tool("bin/pulumi")
    machine.tool(f"home/.pulumi/plugins/resource-aws-v{version('pulumi-aws')}/{PLUGIN}")
    rig = find_rig(root=machine.root, environ=machine.environ)
    assert rig is not None
    assert (rig.plugin_dir, rig.terraform_provider) == (None, None)


def test_an_installed_plugin_of_another_version_is_not(machine: Machine) -> None:
    machine.tool("bin/pulumi")
    machine.tool(f"home/.pulumi/plugins/resource-aws-v0.0.1/{PLUGIN}")
    assert f"the plugin {PLUGIN}" in machine.missing()


def test_the_real_plugin_on_path_needs_no_terraform_provider(machine: Machine) -> None:
    machine.tool("bin/pulumi")
    plugin = machine.tool(f"bin/{PLUGIN}")
    rig = find_rig(root=machine.root, environ=machine.environ)
    assert rig is not None
    assert (rig.plugin_dir, rig.terraform_provider) == (plugin.parent, None)


def test_the_docker_plugin_needs_no_terraform_provider(machine: Machine) -> None:
    machine.tool("bin/pulumi")
    machine.environ["TFBRIDGE_AWS_PROVIDER"] = str(machine.folder / "nosuch")
    said = missing_tools(package="docker", root=machine.root, environ=machine.environ)
    assert [tool.how for tool in said] == [f"pulumi plugin install resource docker {version('pulumi-docker')}"]
    folder = machine.bridge("work/shared/rehearsal")
    machine.tool("work/shared/rehearsal/pulumi-resource-docker")
    rig = find_rig(package="docker", root=machine.root, environ=machine.environ)
    assert rig is not None
    assert (rig.plugin_dir, rig.terraform_provider) == (folder.resolve(), None)
