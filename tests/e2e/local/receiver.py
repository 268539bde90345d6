"""Who is told: a webhook of Alertmanager that keeps what it gets."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.host.web import Answer, Request


class Receiver:
    """Format: "webhook_config" in the configuration of Alertmanager."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def respond(self, request: Request) -> Answer:
        self.messages.append(json.loads(request.body))
        return Answer()

    def about(self, alarm: str, status: str) -> list[dict[str, Any]]:
        """Alerts of that name, as each message had them."""
        alerts = [alert for message in list(self.messages) for alert in message["alerts"]]
        return [alert for alert in alerts if (alert["labels"]["alertname"], alert["status"]) == (alarm, status)]
