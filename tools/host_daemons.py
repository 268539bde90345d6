"""What the publisher of a host costs: processor and memory of the real process, over minutes.

    python -m tools.host_daemons --seconds 180
    python -m tools.host_daemons --seconds 180 --vllm-port 8000

Without a port it reads a stand-in for vLLM with every series that the pinned one exports, all counters moving.
CloudWatch is a server on loopback that takes everything, over TLS; Prometheus asks every 15 s. What the publisher runs
(nvidia-smi, journalctl, systemctl) counts too, where it is there. Ends with status 1 above the limits.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from monitoring.contract import Exported, contract
from userdata.render import scripts_archive

CPU_PERCENT_MAX = 1.0
MEMORY_MIB_MAX = 60.0
PROMETHEUS_EVERY_S = 15
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Cost:
    seconds: float
    cpu_s: float
    memory_mib: float
    requests: int

    @property
    def cpu_percent(self) -> float:
        return 100 * self.cpu_s / self.seconds

    def __str__(self) -> str:
        return (
            f"publisher: {self.cpu_percent:.2f} % of one processor (limit {CPU_PERCENT_MAX:g}), "
            f"{self.memory_mib:.1f} MiB at most (limit {MEMORY_MIB_MAX:g}), "
            f"over {self.seconds:.0f} s with its start and {self.requests} requests to CloudWatch"
        )


def metrics_text(step: int) -> str:
    """As vLLM would answer at its ``step``-th look: every series of the contract."""
    return "".join(_family(name, exported, step) for name, exported in contract().metrics.items())


def _family(name: str, exported: Exported, step: int) -> str:
    lines = [f"# HELP {name} What it says.", f"# TYPE {name} {exported.kind}"]
    values = [[f'{label}="{value}"' for value in exported.values.get(label, ("x",))] for label in exported.labels]
    for labels in itertools.product(*values):
        if exported.kind != "histogram":
            lines.append(f"{name}{{{','.join(labels)}}} {step}.0")
            continue
        for index, bound in enumerate((*map(str, exported.buckets), "+Inf")):
            bucket = ",".join((*labels, f'le="{bound}"'))
            lines.append(f"{name}_bucket{{{bucket}}} {(index + 1) * step}.0")
    return "\n".join(lines) + "\n"


class _Server(ThreadingHTTPServer):
    """Counts what it was asked."""

    daemon_threads = True
    asked = 0


class _Vllm(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        _answer(self, metrics_text(_count(self)) if self.path == "/metrics" else '{"version": "0.32.0"}')

    def log_message(self, format: str, *arguments: object) -> None:
        del format, arguments


class _Cloudwatch(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        _count(self)
        _answer(self, "{}")

    def log_message(self, format: str, *arguments: object) -> None:
        del format, arguments


def _count(handler: BaseHTTPRequestHandler) -> int:
    server = handler.server
    assert isinstance(server, _Server)
    server.asked += 1
    return server.asked


def _answer(handler: BaseHTTPRequestHandler, text: str) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(text)))
    handler.end_headers()
    handler.wfile.write(text.encode())


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler], *, certificate: Path | None = None) -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def measure(*, seconds: float, vllm_port: int | None) -> Cost:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate, trusted = _certificates(folder)
        subprocess.run(["bash", "/dev/stdin", str(folder / "vllm")], input=scripts_archive(), check=True)
        with _serving(_Vllm) as vllm, _serving(_Cloudwatch, certificate=certificate) as cloudwatch:
            environment = {
                "PATH": os.environ["PATH"],
                "STACK": "dev",
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"https://127.0.0.1:{cloudwatch.server_port}",
                "AWS_ACCESS_KEY_ID": "nobody",
                "SSL_CERT_FILE": str(trusted),
                "RUN_DIR": str(folder / "run"),
                "METRICS_PORT": str(_free_port()),
                "METRICS_PORT_OPEN": "false",
                "VLLM_PORT": str(vllm_port or vllm.server_port),
            }
            return _watch(folder, environment, seconds=seconds, cloudwatch=cloudwatch)


def _watch(folder: Path, environment: dict[str, str], *, seconds: float, cloudwatch: _Server) -> Cost:
    command = [sys.executable, "-m", "vllm.publisher"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as process:
        began = time.monotonic()
        try:
            while (passed := time.monotonic() - began) < seconds:
                time.sleep(min(PROMETHEUS_EVERY_S, seconds - passed))
                _ask(int(environment["METRICS_PORT"]))
            cost = Cost(
                seconds=time.monotonic() - began,
                cpu_s=_cpu_s(process.pid),
                memory_mib=_peak_mib(process.pid),
                requests=cloudwatch.asked,
            )
        finally:
            process.terminate()
    return cost


def _ask(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    if "vllm:num_requests_running" not in text or "vllm_host_" not in text:
        raise SystemExit("the publisher does not serve the series of vLLM and of the host")


def _cpu_s(pid: int) -> float:
    """Of the process and of the programs that it has run."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / _TICKS_PER_S


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def _certificates(folder: Path) -> tuple[Path, Path]:
    """One for loopback, and all that a host trusts with it."""
    key, own, both, trusted = (folder / name for name in ("key.pem", "own.pem", "both.pem", "trusted.pem"))
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(own)]
    subprocess.run([*command, *subject], check=True, capture_output=True)
    both.write_text(key.read_text() + own.read_text())
    known = ssl.get_default_verify_paths().cafile
    trusted.write_text((Path(known).read_text() if known else "") + own.read_text())
    return both, trusted


def _free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.host_daemons", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180, help="how long to measure (default: %(default)s)")
    parser.add_argument("--vllm-port", type=int, help="of a real vLLM on this machine")
    arguments = parser.parse_args(argv)
    cost = measure(seconds=arguments.seconds, vllm_port=arguments.vllm_port)
    print(cost)
    return 0 if cost.cpu_percent < CPU_PERCENT_MAX and cost.memory_mib < MEMORY_MIB_MAX else 1


if __name__ == "__main__":
    raise SystemExit(main())
