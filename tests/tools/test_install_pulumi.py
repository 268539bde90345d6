"""tools/install_pulumi.sh with a made-up Go: when it builds, and when it leaves well alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
GO = """\
#!/bin/sh
echo "$@" >>"$GO_LOG"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho v3.259.0\\n' >"$2"
"""
NEEDED = ("bash", "cat", "chmod", "cut", "dirname", "mkdir", "mktemp", "mv", "rm", "sed", "sha256sum")


class Machine:
    """A PATH with what every machine has, a cache folder, a copy of tools/."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in NEEDED:
            found = shutil.which(name)
            assert found is not None, f"{name} is part of every machine"
            (self.bin / name).symlink_to(found)
        self.tools = folder / "tools"
        self.tools.mkdir()
        for name in ("install_pulumi.sh", "go.mod", "go.sum"):
            shutil.copy(TOOLS / name, self.tools)
        self.cache = folder / "cache"
        self.log = folder / "go.log"
        self.log.touch()

    def with_tool(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def install(self) -> str:
        environment = {
            "PATH": str(self.bin),
            "HOME": str(self.cache),
            "XDG_CACHE_HOME": str(self.cache),
            "GO_LOG": str(self.log),
        }
        script = self.tools / "install_pulumi.sh"
        done = subprocess.run([script], env=environment, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    @property
    def built(self) -> Path:
        return self.cache / "vllm-pulumi" / "bin" / "pulumi"

    @property
    def builds(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_it_builds_into_an_empty_cache_the_pinned_version(machine: Machine) -> None:
    machine.with_tool("go", GO)
    said = machine.install()
    assert os.access(machine.built, os.X_OK)
    assert "building v3.259.0" in said
    (build,) = machine.builds
    assert "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" in build
    assert "version.Version=v3.259.0" in build


def test_it_does_nothing_the_second_time(machine: Machine) -> None:
    machine.with_tool("go", GO)
    machine.install()
    assert "built from this go.mod" in machine.install()
    assert len(machine.builds) == 1


def test_it_builds_again_for_another_go_mod(machine: Machine) -> None:
    machine.with_tool("go", GO)
    machine.install()
    go_mod = machine.tools / "go.mod"
    go_mod.write_text(go_mod.read_text() + "\n// another version\n")
    machine.install()
    assert len(machine.builds) == 2


def test_it_leaves_a_machine_with_its_own_cli_alone(machine: Machine) -> None:
    machine.with_tool("go", GO)
    machine.with_tool("pulumi", "#!/bin/sh\necho v3.300.0\n")
    assert "v3.300.0" in machine.install()
    assert machine.builds == []


def test_a_failed_build_leaves_no_half_a_cli(machine: Machine) -> None:
    machine.with_tool("go", "#!/bin/sh\nexit 1\n")
    with pytest.raises(subprocess.CalledProcessError):
        machine.install()
    assert list(machine.built.parent.iterdir()) == []


def test_without_go_it_says_what_to_get_and_stops_nobody(machine: Machine) -> None:
    assert "no Go to build it with" in machine.install()
    assert not machine.built.exists()
