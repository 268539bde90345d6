"""The scripts that GitHub runs, with stand-ins for the programs that they call."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parent.parent / ".github" / "scripts"
NO_CHANGE = "error: no changes were expected but changes were proposed"


def run(script: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        [str(SCRIPTS / script), *arguments],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def stand_in(file: Path, script: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/usr/bin/env bash\n{script}\n")
    file.chmod(0o755)


@pytest.mark.parametrize(
    ("output", "status", "result", "ends"),
    [
        ("Resources: 60 unchanged", 0, "none", 0),
        (f"~ aws:ec2:SecurityGroup\n{NO_CHANGE}", 255, "drifted", 0),
        ("error: no valid credential sources found", 255, "failed", 255),
    ],
)
def test_drift_is_told_from_failure(tmp_path: Path, output: str, status: int, result: str, ends: int) -> None:
    stand_in(tmp_path / "bin" / "pulumi", f'echo "$*" > asked\ncat <<"END" >&2\n{output}\nEND\nexit {status}')
    done = run("drift.sh", "prod", "drift", folder=tmp_path)
    assert (done.returncode, (tmp_path / "drift" / "result").read_text()) == (ends, f"{result}\n")
    assert (tmp_path / "drift" / "output").read_text() == f"{output}\n" == done.stdout
    asked = (tmp_path / "asked").read_text()
    assert "preview --stack prod --refresh --expect-no-changes" in asked


OPS = """
[ "$1" = -c ] && exec {python} "$@"
echo "$*" >> asked
case "$*" in
  *--print*) {answer} ;;
  "-m ops tunnel"*) echo $$ > tunnel; exec {python} server.py ;;
esac
"""
SERVER = """
import http.server
class Refuses(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(401)
http.server.HTTPServer(("127.0.0.1", {port}), Refuses).serve_forever()
"""


def asked(folder: Path) -> list[str]:
    return [line.removeprefix("-m ops ") for line in (folder / "asked").read_text().splitlines()]


def test_a_public_endpoint_is_asked_as_it_is(tmp_path: Path) -> None:
    stand_in(tmp_path / ".venv" / "bin" / "python", OPS.format(python=sys.executable, answer="exit 2"))
    assert run("smoke.sh", "dev", folder=tmp_path).returncode == 0
    assert asked(tmp_path) == ["tunnel --stack dev --port 8000 --print --json", "smoke --stack dev"]


def test_a_stack_without_a_host_fails(tmp_path: Path) -> None:
    answer = "echo no host is in service; exit 1"
    stand_in(tmp_path / ".venv" / "bin" / "python", OPS.format(python=sys.executable, answer=answer))
    done = run("smoke.sh", "dev", folder=tmp_path)
    assert (done.returncode, done.stderr) == (1, "no host is in service\n")
    assert len(asked(tmp_path)) == 1


@pytest.mark.parametrize(("direct", "more"), [("false", ""), ("true", " --direct")])
def test_an_internal_endpoint_is_asked_through_a_tunnel_that_ends(tmp_path: Path, direct: str, more: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    answer = f"""echo '{{"base_url": "{url}", "direct": {direct}}}'"""
    stand_in(tmp_path / ".venv" / "bin" / "python", OPS.format(python=sys.executable, answer=answer))
    (tmp_path / "server.py").write_text(SERVER.format(port=port))
    done = run("smoke.sh", "dev", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert asked(tmp_path)[-1] == f"smoke --stack dev --base-url {url}{more}"
    assert "tunnel --stack dev --port 8000" in asked(tmp_path)
    tunnel = int((tmp_path / "tunnel").read_text())
    assert not _runs(tunnel)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
