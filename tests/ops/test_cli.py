"""Exit statuses and reports of ``python -m ops``: no mistake of a person ends in a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ops import cli

ROOT = Path(__file__).resolve().parents[2]
EVERY_VERB = sorted(cli.VERBS)


@pytest.mark.parametrize(
    ("argv", "given", "in_message"),
    [
        ([], "nothing", "name a verb"),
        (["paln"], "paln", "did you mean plan?"),
        (["graph"], "graph", "required: --stack"),
        (["graph", "--stack"], "graph --stack", "expected one argument"),
        (["graph", "--stak", "dev"], "graph --stak dev", "required: --stack"),
        (["graph", "--stack", "dev", "--more"], "graph --stack dev --more", "unrecognized arguments: --more"),
        (["tunnel", "--stack", "dev", "--port", "x"], "tunnel --stack dev --port x", "invalid int value"),
        (["keys", "--stack", "dev"], "keys --stack dev", "invalid choice"),
        (["keys"], "keys", "add|list|revoke"),
    ],
)
def test_a_wrong_command_line_is_a_report_with_status_2(
    argv: list[str], given: str, in_message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(argv) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert in_message in printed.err
    assert f"given:   {given}" in printed.err


def test_with_json_the_report_is_a_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["graph", "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.err == ""
    (error,) = json.loads(printed.out)["errors"]
    assert sorted(error) == ["allowed", "example", "given", "message", "path"]
    assert error["path"] == "python -m ops graph"


def test_a_secret_on_the_command_line_is_not_echoed(capsys: pytest.CaptureFixture[str]) -> None:
    token = "hf_" + "aB3" * 11
    assert cli.main(["graph", "--stack", "dev", token]) == 2
    assert token not in "".join(capsys.readouterr())


def test_a_missing_stack_file_names_those_that_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.prod.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert cli.main(["smoke", "--stack", "dev", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["errors"][0]["allowed"] == "prod"


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    overview = capsys.readouterr().out
    assert all(f"  {verb} " in overview for verb in EVERY_VERB)


@pytest.mark.parametrize("verb", EVERY_VERB)
def test_each_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([verb, "--help"]) == 0
    assert f"python -m ops {verb}" in capsys.readouterr().out


def run(program: str, *, reader: str) -> subprocess.CompletedProcess[str]:
    shell = f"set -o pipefail; {sys.executable} -c '{program}' | {reader}"
    return subprocess.run(["bash", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = 'from ops import cli; cli.VERBS = {str(i): "x" * 99 for i in range(9999)}; exit(cli.main(["-h"]))'
    done = run(program, reader="head -c 1")
    assert done.stderr == ""
    assert done.returncode == cli.BROKEN_PIPE


def test_an_interruption_is_one_word(tmp_path: Path) -> None:
    program = (
        "import signal, sys; from ops import cli; import ops.smoke\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background jobs inherit it ignored
        "def run(args): signal.raise_signal(signal.SIGINT)\n"
        "ops.smoke.run = run\n"
        "sys.exit(cli.main(['smoke', '--stack', 'dev']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == cli.INTERRUPTED
    assert done.stderr.strip() == "interrupted"
