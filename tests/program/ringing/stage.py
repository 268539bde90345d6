"""A stack's alarms, its hosts and AWS's own metrics, minute by minute on a clock that a test moves."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitoring.contract import contract
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.cloudwatch.state import EXTRA_POINTS
from rehearsal.aws.server import EmulatedAws
from tests.program.cases import load_case
from tests.program.ringing.machine import Machine
from tests.program.ringing.server import FakeVllm
from tests.program.ringing.stack_alarms import put_alarms, speaker
from tests.program.ringing.troubles import BY_AWS, BY_HOSTS, LOOKS_A_MINUTE, Values, work

STARTED = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)
SUPPRESSED_S = 180
SPARE_MINUTES = 4  # the look of AWS, the age of the publisher's minute, a stall that has to last


@dataclass(kw_only=True)
class Stage:
    """``alarms``: what CloudWatch calls them, by id. ``trouble``: the id of what is wrong now. ``measured``: AWS
    measures what a stack at work has; otherwise only what a test puts."""

    aws: EmulatedAws
    wall: ManualClock
    machines: list[Machine]
    alarms: Mapping[str, str]
    trouble: str | None = None
    measured: bool = True
    _alarm: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cloudwatch = self.aws.client("cloudwatch")
        for alarm in self.cloudwatch.describe_alarms()["MetricAlarms"]:
            self._alarm[alarm["AlarmName"]] = alarm

    def minute(self) -> None:
        """Hosts work, AWS measures, alarms are judged."""
        self._measure()
        for number in range(LOOKS_A_MINUTE):
            self.wall.advance(60 / LOOKS_A_MINUTE)
            for machine in self.machines:
                work(machine)
                self._spoil(machine)
                if number == 0:
                    machine.look_at_hardware()
                machine.tick()
        self.aws.judge_alarms()

    def until(self, id_: str, state: str) -> int:
        """After how many minutes the alarm came into ``state``; AssertionError when it does not in its time."""
        limit = self._slowest_minutes(id_)
        for minute in range(1, limit + 1):
            self.minute()
            if self.state(id_) == state:
                return minute
        raise AssertionError(f"{id_} is {self.state(id_)} after {limit} minutes and not {state}: {self._reason(id_)}")

    def state(self, id_: str) -> str:
        found = self.cloudwatch.describe_alarms(
            AlarmNames=[self.alarms[id_]], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
        return str(alarm["StateValue"])

    def threshold(self, id_: str) -> float:
        return float(self._alarm[self.alarms[id_]]["Threshold"])

    def told(self) -> list[tuple[str, str]]:
        bodies = [json.loads(message.body) for message in self.aws.messages]
        return [(body["AlarmName"], body["NewStateValue"]) for body in bodies]

    def is_told(self, id_: str, state: str, *, after: int) -> None:
        """The message goes out, with those of a suppressor's wait; AssertionError when it does not."""
        name = speaker(self.cloudwatch, self.alarms[id_])
        for _ in range(SUPPRESSED_S // 60 + 1):
            if (name, state) in self.told()[after:]:
                return
            self.minute()
        raise AssertionError(f"{name} told nobody that it is {state}: {self.told()[after:]}")

    def put(self, id_: str, values: Values) -> None:
        """One value of each of the alarm's metrics, now, as AWS puts its own."""
        alarm = self._alarm[self.alarms[id_]]
        queries = (query for query in alarm.get("Metrics", ()) if "MetricStat" in query)
        metrics = {"": alarm} | {query["Id"]: query["MetricStat"]["Metric"] for query in queries}
        for name, value in (values if isinstance(values, Mapping) else {"": values}).items():
            self._put(metrics[name], value)

    def _put(self, metric: Mapping[str, Any], value: float) -> None:
        entry = {"MetricName": metric["MetricName"], "Dimensions": metric["Dimensions"], "Value": value}
        self.cloudwatch.put_metric_data(Namespace=metric["Namespace"], MetricData=[entry | {"Timestamp": self.aws.now}])

    def _measure(self) -> None:
        for id_, (bad, good) in BY_AWS.items():
            if id_ in self.alarms and self.measured:
                self.put(id_, bad if id_ == self.trouble else good)

    def _spoil(self, machine: Machine) -> None:
        trouble = BY_HOSTS.get(self.trouble or "")
        if trouble is not None and (machine is self.machines[0] or not trouble.on_one):
            trouble.change(machine, self.threshold(self.trouble or ""))

    def _slowest_minutes(self, id_: str) -> int:
        alarm = self._alarm[self.alarms[id_]]
        periods = int(alarm["EvaluationPeriods"]) + EXTRA_POINTS
        lengths = [query["MetricStat"]["Period"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
        return math.ceil(periods * int(max(lengths, default=alarm.get("Period", 0))) / 60) + SPARE_MINUTES

    def _reason(self, id_: str) -> str:
        (alarm,) = self.cloudwatch.describe_alarms(AlarmNames=[self.alarms[id_]])["MetricAlarms"]
        return str(alarm["StateReason"])


@contextmanager
def stage(
    folder: Path,
    *,
    case: str,
    hosts: int | None = None,
    make: Callable[[], FakeVllm] | None = None,
    play_host: bool = True,
    measured: bool = True,
) -> Iterator[Stage]:
    """The alarms of a case of the program's tests; its least number of hosts unless ``hosts`` says otherwise.

    ``play_host``: as EmulatedAws has it; ``measured``: see ``Stage``.
    """
    given = load_case(case)
    wall = ManualClock()
    with ExitStack() as open_:
        aws = open_.enter_context(
            EmulatedAws(wall=wall, waits=ManualClock(), heartbeats=ManualClock(), started=STARTED, play_host=play_host)
        )
        topic = aws.client("sns").create_topic(Name="alarms")["TopicArn"]
        alarms = put_alarms(aws.client("cloudwatch"), given.graph, topic=topic)
        machines = [
            Machine(
                folder=folder / f"host-{number}",
                vllm=open_.enter_context((make or (lambda: FakeVllm(contract())))()),
                aws=aws,
                wall=wall,
                stack=given.host_environment["STACK"],
            )
            for number in range(given.plan.replicas.min if hosts is None else hosts)
        ]
        yield Stage(aws=aws, wall=wall, machines=machines, alarms=alarms, measured=measured)
