"""What the alert manager on AWS is told: valid for Alertmanager's own tool, and one message for one outage."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from monitoring.alertmanager import alert_manager_definition
from monitoring.rules import inhibit_rules
from tests.e2e.support import need

TOPIC = "arn:aws:sns:eu-central-1:123456789012:vllm-alarms-0a1b2c3"


def config() -> dict[str, Any]:
    document = yaml.safe_load(alert_manager_definition(topic_arn=TOPIC, region="eu-central-1"))
    assert list(document) == ["alertmanager_config"]
    inner: dict[str, Any] = yaml.safe_load(document["alertmanager_config"])
    return inner


def test_alertmanagers_own_tool_takes_it(tmp_path: Path) -> None:
    need(shutil.which("amtool") is not None, "amtool is not installed (apt-get install prometheus-alertmanager)")
    file = tmp_path / "alertmanager.yml"
    file.write_text(yaml.safe_dump(config()), encoding="utf-8")
    done = subprocess.run(["amtool", "check-config", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_alert_reaches_the_topic_and_its_end_too() -> None:
    (receiver,) = config()["receivers"]
    assert config()["route"]["receiver"] == receiver["name"]
    assert "routes" not in config()["route"]
    (sns,) = receiver["sns_configs"]
    assert (sns["topic_arn"], sns["sigv4"], sns["send_resolved"]) == (TOPIC, {"region": "eu-central-1"}, True)
    assert sns["subject"].isascii()


def test_an_outage_is_one_message() -> None:
    assert config()["inhibit_rules"] == inhibit_rules() != []
