"""Alarms on what the host's scripts put when it happens: the scripts, with the real AWS CLI."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ops.rollout.resume import BootLoop
from tests.e2e.support import need
from tests.program.ringing.stage import Stage, stage
from tests.program.ringing.troubles import BY_SCRIPTS
from tests.rehearsal.aws.cloud import GROUP, Cloud
from tests.userdata.host import Host, make_host

pytestmark = pytest.mark.e2e

COUNTED = {"host-replaced": "StalledHosts", "spot-interruption": "SpotInterruptions", "requests-cut": "RequestsCut"}


def script_host(folder: Path, stage: Stage) -> Host:
    need(shutil.which("aws") is not None, "no AWS CLI (python -m pip install awscli)")
    host = make_host(folder / "scripts", BOOT_LOOP_ALARM=stage.alarms["boot-loop"], STACK="dev")
    settings = " ".join(f"{name}='{value}'" for name, value in stage.aws.environment().items())
    host.fake("aws", f'exec env {settings} HOME="$HOME" {shutil.which("aws")} "$@"')
    return host


def is_over(stage: Stage, id_: str) -> None:
    before = len(stage.told())
    stage.until(id_, "OK")
    stage.is_told(id_, "OK", after=before)


def test_every_script_that_tells_is_here() -> None:
    assert {*COUNTED, "boot-loop", "slow-boot"} == set(BY_SCRIPTS)


@pytest.mark.parametrize("id_", COUNTED)
def test_what_is_counted_at_once_rings(tmp_path: Path, id_: str) -> None:
    with stage(tmp_path, case="dev", hosts=0) as running:
        host = script_host(tmp_path, running)
        running.minute()
        result = host.run("measure.sh", COUNTED[id_], "2")
        assert result.status == 0, result.output
        running.until(id_, "ALARM")
        running.is_told(id_, "ALARM", after=0)
        is_over(running, id_)


@pytest.mark.parametrize(("times", "state"), [(0.9, "OK"), (1.1, "ALARM")])
def test_a_slow_boot_rings(tmp_path: Path, times: float, state: str) -> None:
    with stage(tmp_path, case="dev", hosts=0) as running:
        host = script_host(tmp_path, running)
        boot_s = times * running.threshold("slow-boot")
        (host.path("run") / "events").write_text("")
        report, metrics = host.path("run") / "boot-report.json", host.path("run") / "boot-metrics.json"
        start = host.path("opt") / "start.sh"
        start.write_text(
            'INSTANCE_ID=i-1 INSTANCE_TYPE=g6.2xlarge STACK=dev IMAGE=vllm COLD_START_S="total=300" '
            f'python3 "$SCRIPTS_DIR/report.py" "$RUN_DIR/events" {boot_s} {report} {metrics} && '
            f'aws cloudwatch put-metric-data --namespace vLLM --metric-data "file://{metrics}"\n'
        )
        running.minute()
        result = host.run("start.sh")
        assert result.status == 0, result.output
        assert json.loads(report.read_text())["total_s"] == boot_s
        running.until("slow-boot", state)
        if state == "ALARM":
            is_over(running, "slow-boot")


def test_a_boot_loop_rings_until_it_is_resumed(tmp_path: Path) -> None:
    with stage(tmp_path, case="dev", hosts=0, play_host=False) as running:
        host = script_host(tmp_path, running)
        cloud = Cloud(running.aws)
        cloud.create_group()
        for _ in range(3):
            instance_id = cloud.instance_id(state="Pending:Wait")
            host.fake("curl", f'case "$*" in *api/token*) echo token ;; *) echo {instance_id} ;; esac')
            start = host.path("opt") / "start.sh"
            start.write_text('exec "$SCRIPTS_DIR/abandon.sh" gpus "4 GPUs needed, found 0"\n')
            assert host.run("start.sh").status == 0
        for _ in range(30):
            running.minute()
            assert running.state("boot-loop") == "ALARM"
        running.is_told("boot-loop", "ALARM", after=0)
        BootLoop(autoscaling=cloud.autoscaling, cloudwatch=running.cloudwatch, group=GROUP, stack="dev").resume()
        for _ in range(5):
            running.minute()
            assert running.state("boot-loop") == "OK"
