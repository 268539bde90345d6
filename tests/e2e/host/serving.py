"""What can be seen of a host while it serves."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from subprocess import CompletedProcess, run
from typing import Any

from rehearsal.host.boot import BootedHost
from tests.docs.readme import client_program
from tests.e2e.host.ground import TOKEN, Scene
from tests.e2e.host.inside import ASK_FOR_TOKEN, Inside, look_inside

WRONG_KEY = "sk-wrong"
COMPLETION_TIMEOUT_S = 1200.0  # vLLM may have to load first, beside that of other hosts
TICKS_PER_S = os.sysconf("SC_CLK_TCK")  # the host is on this kernel


@dataclass(frozen=True, kw_only=True)
class Used:
    """Of the machine, by a service."""

    cpu_s: float
    ran_s: float
    memory_mib: float


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What was seen while the first host served."""

    lifecycle_state: str | None
    right_key: tuple[int, Mapping[str, Any]]
    wrong_key: int
    no_key: int
    readme_client: CompletedProcess[str]  # the program of "First request"
    inspected: Mapping[str, Any]  # docker inspect of the container
    everywhere: Mapping[str, str]  # places in which no secret may be: their text
    files_with_secret: str  # on the slot, in the engine's store, in /etc, /var and /opt, as grep lists them
    slots: Mapping[str, list[str]]
    mounts: str
    report: Mapping[str, Any]  # boot-report.json
    metrics: tuple[str, ...]  # names in CloudWatch
    lint: Mapping[str, str]  # of units and user data, by tool
    log_sender: Used
    inside: Inside
    metadata_on_host: str  # HTTP status of the metadata service, asked as the container asked
    slot_owners: str  # a folder and its user's number, a line
    gpu_after_reload: str  # opening a GPU's device in the container after a daemon-reload


def await_completion(*, host: BootedHost, key: str, model: str) -> None:
    def answers() -> bool:
        try:
            return host.completion(key, model=model, max_tokens=1, timeout_s=20)[0] == 200
        except OSError:
            return False

    host.wait_until(answers, what="a completion", timeout_s=COMPLETION_TIMEOUT_S)


def metric_names(scene: Scene) -> tuple[str, ...]:
    found = scene.stage.aws.client("cloudwatch").list_metrics(Namespace="vLLM")["Metrics"]
    mine = {"Name": "Stack", "Value": scene.options.stack}
    return tuple(sorted({metric["MetricName"] for metric in found if mine in metric["Dimensions"]}))


def report_of(host: BootedHost) -> Mapping[str, Any]:
    report: Mapping[str, Any] = json.loads(host.run("sh", "-c", "cat /run/vllm/boot-report.json || echo {}"))
    return report


def look(*, host: BootedHost, scene: Scene, key: str) -> Serving:
    inspected = host.run("docker", "inspect", "vllm")
    read_all = "for file in /proc/[0-9]*/{}; do tr '\\0' ' ' < $file; done 2>/dev/null; true"
    everywhere = {
        "docker inspect": inspected,
        "process arguments": host.run("sh", "-c", read_all.format("cmdline")),
        "process environments": host.run("sh", "-c", read_all.format("environ")),
        "journal": host.run("journalctl", "--no-pager", "--output", "export"),
        "cloud-init logs": host.run("sh", "-c", "cat /var/log/cloud-init*.log"),
        "user data": host.spec.user_data,
        "console": "\n".join(host.console()),
        "log group": json.dumps(scene.stage.boot_events(host.spec.instance_id)),
        "logs": json.dumps(scene.stage.log_lines(host.spec.instance_id)),
    }
    folders = "/mnt/cache /var/lib/docker /var/lib/containerd /etc /var/log /var/lib/cloud /opt/vllm ~root /tmp"
    host.run("systemctl", "daemon-reload")
    return Serving(
        lifecycle_state=host.cloud.lifecycle_state(),
        right_key=host.completion(key, model=scene.model),
        wrong_key=host.completion(WRONG_KEY, model=scene.model)[0],
        no_key=host.completion(None, model=scene.model)[0],
        readme_client=_readme_client(host, key=key),
        inspected=json.loads(inspected)[0],
        everywhere=everywhere,
        files_with_secret=host.run("sh", "-c", f"grep -rlF -e {key} -e {TOKEN} {folders} || true"),
        slots=scene.stage.volumes(),
        mounts=host.run("cat", "/proc/mounts"),
        report=report_of(host),
        metrics=metric_names(scene),
        lint={
            "systemd-analyze verify": host.run(
                "sh", "-c", "systemd-analyze verify /etc/systemd/system/vllm*.service 2>&1 || echo failed"
            ),
            "cloud-init schema": host.run("sh", "-c", "cloud-init schema --system 2>&1 || echo failed"),
        },
        inside=look_inside(host),
        metadata_on_host=host.run("python3", "-c", ASK_FOR_TOKEN),
        slot_owners=host.run("stat", "--format", "%n %u", "/mnt/cache", "/mnt/cache/huggingface", "/mnt/cache/vllm"),
        log_sender=_used_by(host, unit="vllm-logs.service"),
        gpu_after_reload=host.run("docker", "exec", "vllm", "bash", "-c", "exec 2>&1; : </dev/nvidia0 || true"),
    )


def _used_by(host: BootedHost, *, unit: str) -> Used:
    """By a unit's first process and its children, since it started."""
    pid = host.run("systemctl", "show", unit, "--property", "MainPID", "--value").strip()
    pids = [pid, *host.run("cat", f"/proc/{pid}/task/{pid}/children").split()]
    stats = [host.run("cat", f"/proc/{each}/stat").rpartition(")")[2].split() for each in pids]
    # Pages of files are not counted: the journal itself is mapped, and the kernel takes them back.
    own = [line for each in pids for line in host.run("cat", f"/proc/{each}/status").splitlines() if "RssAnon" in line]
    up_s = float(host.run("cat", "/proc/uptime").split()[0])
    return Used(
        cpu_s=sum(int(ticks) for stat in stats for ticks in stat[11:15]) / TICKS_PER_S,
        ran_s=up_s - int(stats[0][19]) / TICKS_PER_S,
        memory_mib=sum(int(line.split()[1]) for line in own) / 1024,
    )


def _readme_client(host: BootedHost, *, key: str) -> CompletedProcess[str]:
    environment = {**os.environ, "OPENAI_BASE_URL": host.base_url, "OPENAI_API_KEY": key}
    command = [sys.executable, "-c", client_program()]
    return run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
