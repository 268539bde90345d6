"""What of the engine's and the host's lines people get to see."""

from __future__ import annotations

import io

import pytest

from rehearsal.narrate import Narrator
from rehearsal.report import Check


@pytest.fixture
def told() -> io.StringIO:
    return io.StringIO()


@pytest.mark.parametrize(
    "line",
    [
        " +  aws:ec2:Vpc vllm creating (0s)",
        " ~  aws:sns:Topic vllm-alarms updating (0s) [diff: ~tags]",
        "    warning: properties that only newer providers know are left out: volumeInitializationRate",
        "    error: no such zone",
        "    + 77 created",
    ],
)
def test_what_the_engine_does_is_shown(told: io.StringIO, line: str) -> None:
    Narrator(told).engine_line(line)
    assert told.getvalue() == f"{line}\n"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "@ previewing update.....",
        "    aws:ec2:Vpc vllm ",
        "    pulumi:pulumi:Stack vllm-dev  2 warnings",
        "    warning: using pulumi-resource-aws from $PATH at /somewhere/pulumi-resource-aws",
        "Diagnostics:",
        "  pulumi:pulumi:Stack (vllm-dev):",
    ],
)
def test_what_says_nothing_of_the_stack_is_not(told: io.StringIO, line: str) -> None:
    Narrator(told).engine_line(line)
    assert told.getvalue() == ""


def test_of_a_hosts_console_its_own_scripts_are_shown(told: io.StringIO) -> None:
    narrator = Narrator(told)
    narrator.host_line("[  OK  ] Mounted dev-hugepages.mount - Huge Pages File System.")
    narrator.host_line("[ 6360.94] boot.sh[322]: vllm: step cache-slot ok in 1.45 s")
    assert told.getvalue() == "host | [ 6360.94] boot.sh[322]: vllm: step cache-slot ok in 1.45 s\n"


def test_a_failed_check_is_told_as_one(told: io.StringIO) -> None:
    Narrator(told).check(Check(name="refresh", passed=False, detail="2 drifted", seconds=1.0))
    assert told.getvalue() == "FAILED refresh: 2 drifted (1.0 s)\n"


def test_a_file_gets_no_color(told: io.StringIO) -> None:
    assert Narrator(told).color is False


def test_of_several_stacks_each_line_says_whose_it_is(told: io.StringIO) -> None:
    narrator = Narrator(told)
    own = narrator.of("prod")
    own.line("two\nlines")
    own.engine_line("@ previewing update.....")
    own.check(Check(name="up", passed=True, detail="77 created", seconds=1.0))
    own.heading("pulumi up")
    narrator.line("everybody's")
    lines = told.getvalue().splitlines()
    assert lines[:4] == ["prod | two", "prod | lines", "prod | ok     up: 77 created (1.0 s)", ""]
    assert lines[4].startswith("prod: pulumi up ──")
    assert lines[5] == "everybody's"
