"""What the machine says, from fakes of the programs that tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.userdata.host import Host
from userdata.files.publisher.commands import Commands, gpus_of
from userdata.files.publisher.hardware import STALE_S, Counts, Hardware, memory_used
from userdata.files.publisher.settings import settings_of

XID_79 = "NVRM: Xid (PCI:0000:31:00): 79, pid=1, GPU has fallen off the bus."
XID_13 = "NVRM: Xid (PCI:0000:31:00): 13, Graphics Exception"


def hardware(host: Host, *, clock_s: list[float]) -> Hardware:
    told = {"STACK": "dev", "METRICS_PORT_OPEN": "false", "PLANNED_CONCURRENCY": "8"}
    environment = {**host.environment, **told}
    return Hardware(
        settings=settings_of(environment),
        commands=Commands(environment=environment),
        meminfo=host.path("meminfo"),
        clock=lambda: clock_s[0],
    )


@pytest.fixture
def machine(host: Host) -> Host:
    host.fake("nvidia-smi", 'echo "0, 61, 20700, 23000"; echo "1, [N/A], 0, 23000"')
    host.fake("systemctl", f'cat "{host.path("restarts")}"')
    host.fake("journalctl", f'cat "{host.path("kernel")}"; : >"{host.path("kernel")}"')
    host.path("restarts").write_text("0\n")
    host.path("kernel").write_text("")
    host.path("meminfo").write_text("MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 250 kB\n")
    return host


def test_a_look_at_the_machine(machine: Host) -> None:
    seen = hardware(machine, clock_s=[0.0])
    seen.look()
    latest = seen.latest()
    assert latest.gpus == {"0": (61.0, 0.9), "1": (None, 0.0)}
    assert (latest.memory, latest.xid_errors, latest.restarts) == (0.75, 0, 0)
    assert latest.root_disk is not None
    assert 0 < latest.root_disk < 1
    assert latest.cache_disk is not None


def test_errors_of_a_gpu_add_up(machine: Host) -> None:
    seen = hardware(machine, clock_s=[0.0])
    for kernel in (f"{XID_79}\n{XID_13}\n", "", f"{XID_79}\n"):
        machine.path("kernel").write_text(kernel)
        seen.look()
    assert seen.latest().xid_errors == 2


def test_the_kernel_log_is_read_from_where_it_was_left(machine: Host) -> None:
    hardware(machine, clock_s=[0.0]).look()
    (call,) = machine.calls("journalctl")
    assert f"--cursor-file {machine.path('run')}/publisher-kernel-log" in call


def test_a_look_that_is_old_tells_only_what_was_counted(machine: Host) -> None:
    clock_s = [100.0]
    seen = hardware(machine, clock_s=clock_s)
    seen.look()
    clock_s[0] += STALE_S
    assert seen.latest().gpus is None
    assert seen.latest().memory is None
    assert seen.latest().restarts == 0


def test_programs_that_are_not_there_say_nothing_and_that_once(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.path("bin").rename(host.path("gone"))
    commands = Commands(environment={"PATH": str(host.path("bin"))})
    assert commands.gpus() == commands.gpus() == {}
    assert commands.restarts() is None
    assert [line.split(": ")[2] for line in capsys.readouterr().err.splitlines()] == ["nvidia-smi", "systemctl"]


@pytest.mark.parametrize(
    ("numbers", "restarts"),
    [([0, 1, 3], 3), ([2, None, 2], 2), ([2, 0, 1], 3), ([None], 0)],
)
def test_restarts_go_on_when_systemd_counts_anew(numbers: list[int | None], restarts: int) -> None:
    counts = Counts()
    for number in numbers:
        counts.saw_restarts(number)
    assert counts.restarts == restarts


@pytest.mark.parametrize("line", ["", "No devices were found", "0, 61", "x, 61, 1, 2"])
def test_lines_that_are_no_gpu_are_left_out(line: str) -> None:
    assert gpus_of([line]) == {}


@pytest.mark.parametrize("text", ["", "MemTotal: 0 kB\nMemAvailable: 0 kB\n", "MemTotal\n", "MemTotal: x kB\n"])
def test_memory_that_cannot_be_read_is_not_known(tmp_path: Path, text: str) -> None:
    file = tmp_path / "meminfo"
    assert memory_used(file) is None
    file.write_text(text)
    assert memory_used(file) is None
