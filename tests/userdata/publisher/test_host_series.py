"""The host's own series are those that the stack's table of metrics knows, in text that Prometheus takes."""

from __future__ import annotations

import shutil
import subprocess

from monitoring.published import HOST_PREFIX, PUBLISHED, TOLD
from tests.e2e.support import need
from userdata.files.publisher.host_series import EVENTS, HELP, Machine, Server, host_series, text_of

MACHINE = Machine(
    memory=0.5,
    root_disk=0.25,
    cache_disk=0.75,
    gpus={"0": (61.0, 0.9), "1": (None, 0.8)},
    xid_errors=2,
    restarts=1,
)
ALL = host_series(
    server=Server(up=True, cache_full=False, stalled_s=30.0, load=0.75),
    machine=MACHINE,
    boot_s=321.5,
    events={"RequestsCut": 3.0},
)


def test_every_host_series_of_the_table_is_made_with_its_kind() -> None:
    wanted = {each.series.name: each.series.kind for each in (*PUBLISHED, *TOLD)}
    wanted = {name: kind for name, kind in wanted.items() if name.startswith(HOST_PREFIX)}
    lines = text_of(ALL).splitlines()
    declared = dict(line.split(" ")[2:4] for line in lines if line.startswith("# TYPE "))
    assert declared == wanted
    assert set(HELP) == set(wanted)


def test_events_are_those_of_the_table() -> None:
    assert {each.series.labels["event"] for each in TOLD if each.series.labels} == set(EVENTS)


def test_an_event_that_never_happened_is_there() -> None:
    lines = text_of(ALL).splitlines()
    assert 'vllm_host_events_total{event="RequestsCut"} 3.0' in lines
    assert 'vllm_host_events_total{event="StalledHosts"} 0.0' in lines


def test_what_is_not_known_is_not_told() -> None:
    nothing = host_series(server=Server(), machine=Machine(), boot_s=None, events={})
    assert set(nothing.samples) == {"vllm_host_events_total"}
    assert 'vllm_host_gpu_temperature_celsius{gpu="1"}' not in text_of(ALL)


def test_prometheus_takes_the_text() -> None:
    need(shutil.which("promtool") is not None, "promtool is not installed (apt-get install prometheus)")
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text_of(ALL), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
