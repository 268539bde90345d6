"""The alarms of a stack on this machine: Prometheus knows their states, Alertmanager whom to tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config.errors import ConfigError, Problem
from config.models import StackConfig
from machine.alert_routes import routes_file
from machine.look import LISTEN_ADDRESS
from machine.names import Names
from machine.ports import is_watched, ports
from ops.alarms_seen import NO_DATA, PENDING, QUIET, RINGS, Seen, State, Watched
from ops.drill import OVER, POLL_S, TEST, Outcome
from ops.errors import failure
from ops.http_call import Answer, UnreachableError, call
from ops.rollout import Clock

REQUEST_TIMEOUT_S = 10.0
LASTS = timedelta(hours=1)  # the test's alert ends by itself when this program is killed
STATES: Mapping[str, State] = {"firing": RINGS, "inactive": QUIET, "pending": PENDING}
# Requests to receivers, of all integrations: https://github.com/prometheus/alertmanager/blob/v0.25.0/notify/notify.go
_REQUESTS = re.compile(r"^alertmanager_notification_requests_(failed_)?total(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Requests of Alertmanager to receivers since it started."""

    all: float
    failed: float

    @property
    def arrived(self) -> float:
        return self.all - self.failed


@dataclass(frozen=True, kw_only=True)
class LocalAlarms:
    """``prometheus``, ``alertmanager``: base URLs, without a slash at the end. ``routes``: where the user's own are."""

    stack: str
    prometheus: str
    alertmanager: str
    routes: Path
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def of(cls, config: StackConfig) -> LocalAlarms:
        """ConfigError for a stack that has neither."""
        if not is_watched(config):
            raise _unwatched()
        names, where = Names(config.stack), ports(config)
        return cls(
            stack=config.stack,
            prometheus=f"http://{LISTEN_ADDRESS}:{where[names.prometheus]}",
            alertmanager=f"http://{LISTEN_ADDRESS}:{where[names.alertmanager]}",
            routes=routes_file(config.stack),
        )

    def watched(self) -> Watched:
        """The state now. OpsError when Prometheus does not answer."""
        return Watched.of(_seen(rule) for rule in self._rules())

    def test(self, alarm: Seen, *, timeout_s: float, say: Callable[[str], None]) -> Outcome:
        """Whether Alertmanager delivers an alert like this one. It ends, whatever happens.

        Alertmanager counts its messages, but not by alert: one of another alert in these seconds counts as well.
        """
        if not self.routes.exists():
            why = f"Alertmanager only shows alerts, nobody is told: write {self.routes}, then pulumi up"
            return Outcome(id=alarm.id, alarm=alarm.name, passed=False, detail=why)
        labels = next((rule.get("labels") or {} for rule in self._rules() if rule["name"] == alarm.name), {})
        say("Alertmanager tells after its route's group_wait (30 s, unless alertmanager.yml says otherwise)")
        before, started_s = self._sent(), self.clock.now_s()
        # The label "test" makes it an alert of its own: to end it never ends one of Prometheus.
        alert = {**labels, "alertname": alarm.name, "test": "true"}
        self._post(alert, summary=TEST, lasts=LASTS)
        try:
            sent = self._await(before, deadline_s=started_s + timeout_s)
        finally:
            self._post(alert, summary=OVER, lasts=timedelta())
        arrived = sent.arrived > before.arrived
        return Outcome(
            id=alarm.id,
            alarm=alarm.name,
            passed=arrived,
            detail="its message went out" if arrived else self._why_not(before, sent, timeout_s=timeout_s),
            duration_s=round(self.clock.now_s() - started_s, 1),
        )

    def _await(self, before: Sent, *, deadline_s: float) -> Sent:
        while True:
            now = self._sent()
            if now.arrived > before.arrived or self.clock.now_s() >= deadline_s:
                return now
            self.clock.sleep(POLL_S)

    def _why_not(self, before: Sent, now: Sent, *, timeout_s: float) -> str:
        if now.failed > before.failed:
            return f"Alertmanager could not deliver it: docker logs {Names(self.stack).alertmanager}"
        return f"Alertmanager has told nobody within {timeout_s:g} s; {self.routes} says whom it tells, and when"

    def _rules(self) -> list[Mapping[str, Any]]:
        url = f"{self.prometheus}/api/v1/rules?type=alert"
        answer = self._ask(url, container=Names(self.stack).prometheus)
        groups = answer.body["data"]["groups"] if isinstance(answer.body, dict) and answer.status == 200 else []
        rules = [rule for group in groups for rule in group["rules"]]
        if not rules:
            raise failure(
                path="Prometheus",
                given=f"HTTP {answer.status} of {url}",
                message=f"it has no rules: docker logs {Names(self.stack).prometheus}",
            )
        return rules

    def _sent(self) -> Sent:
        answer = self._ask(f"{self.alertmanager}/metrics", container=Names(self.stack).alertmanager)
        counts = {"": 0.0, "failed_": 0.0}
        for kind, value in _REQUESTS.findall(answer.text):
            counts[kind] += float(value)
        return Sent(all=counts[""], failed=counts["failed_"])

    def _post(self, labels: Mapping[str, str], *, summary: str, lasts: timedelta) -> None:
        now = datetime.now(UTC)
        alert = {
            "labels": labels,
            "annotations": {"summary": summary},
            "startsAt": now.isoformat(),
            "endsAt": (now + lasts).isoformat(),
        }
        url = f"{self.alertmanager}/api/v2/alerts"
        answer = self._ask(url, container=Names(self.stack).alertmanager, body=[alert])
        if answer.status != 200:
            raise failure(
                path="Alertmanager", given=f"HTTP {answer.status}: {answer.text[:200]}", message="it refused the test"
            )

    def _ask(self, url: str, *, container: str, body: Sequence[Any] | None = None) -> Answer:
        try:
            return call(url, key=None, timeout_s=REQUEST_TIMEOUT_S, body=body)
        except UnreachableError as error:
            raise failure(
                path=container,
                given=str(error),
                message=f"nothing answers at {url}: docker ps --all --filter name={container}",
                example=f"pulumi up --stack {self.stack}",
            ) from None


def _seen(rule: Mapping[str, Any]) -> Seen:
    """Prometheus' rule as an alarm: what is wrong with its evaluation goes before its state."""
    alerts = sorted(rule.get("alerts") or (), key=lambda alert: str(alert.get("activeAt")))
    if rule.get("health") == "err":
        state, reason = NO_DATA, str(rule.get("lastError", ""))
    else:
        state, reason = STATES.get(rule.get("state", ""), NO_DATA), _reason(alerts)
    since = datetime.fromisoformat(alerts[0]["activeAt"]) if alerts else None
    return Seen(id=rule["name"], name=rule["name"], state=state, since=since, reason=reason, acts=True)


def _reason(alerts: Sequence[Mapping[str, Any]]) -> str:
    if not alerts:
        return ""
    summary = (alerts[0].get("annotations") or {}).get("summary", "")
    return f"{summary} (value {alerts[0].get('value')})".strip()


def _unwatched() -> ConfigError:
    return ConfigError(
        [
            Problem(
                path="vllm:monitoring.prometheus",
                given="none",
                allowed="local, for a stack on this machine",
                example="vllm:monitoring: {prometheus: local}",
                message="without it nothing watches a stack on this machine: it has no alarms",
            )
        ]
    )
