"""A real nginx with the configuration of the front."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from components.local.nginx import nginx_conf
from tests.e2e.support import need
from tests.userdata.builders import TIMERS

STARTS_WITHIN_S = 30


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


def nginx_before(upstream: int, *, folder: Path) -> Iterator[int]:
    """nginx with the front's configuration; only what another machine has differently is replaced."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    need(program is not None, "nginx is not installed (apt-get install nginx-light)")
    port = free_port()
    conf = nginx_conf(upstream=f"127.0.0.1:{upstream}", resolver="127.0.0.1", timers=TIMERS, port=port)
    conf = conf.replace("/tmp/nginx.pid", str(folder / "pid")).replace("/dev/stdout", str(folder / "access"))
    temporary = "".join(
        f"    {name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(conf.replace("http {\n", f"http {{\n{temporary}", 1))
    command = [str(program), "-c", str(file), "-p", str(folder), "-e", "stderr", "-g", "daemon off;"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()
            process.communicate(timeout=STARTS_WITHIN_S)


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)  # nginx tells nobody that it listens
    raise AssertionError("nginx does not listen")
