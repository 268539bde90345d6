"""The alarms of a stack on AWS: read, set for a test, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ops.alarms_seen import EventRule, Seen, State, Watched, id_of
from ops.clients import aws_errors, client_config, session
from ops.errors import failure

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.literals import AlarmTypeType

    from ops.outputs import Deployed

BOTH: Sequence[AlarmTypeType] = ("CompositeAlarm", "MetricAlarm")  # DescribeAlarms: only metric alarms otherwise
NAMES_PER_CALL = 100  # DescribeAlarms
HISTORY_ITEMS = 50
DONE, NOT_DONE = "Successfully executed action", "Failed to execute action"
PENDING = "PendingConfirmation"  # ListSubscriptionsByTopic, in place of an ARN


@dataclass(frozen=True, kw_only=True)
class Action:
    """One try of CloudWatch to tell somebody. ``key`` tells it from others of the same alarm."""

    key: str
    done: bool
    summary: str


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """Who gets what is published to the topic, once it is ``confirmed``."""

    protocol: str
    endpoint: str
    confirmed: bool

    def __str__(self) -> str:
        return self.endpoint if self.confirmed else f"{self.endpoint} (has not confirmed)"


@dataclass(frozen=True, kw_only=True)
class StackAlarms:
    """Those that publish to the stack's topic, and what their rules name: nothing else of the account."""

    cloudwatch: CloudWatchClient
    sns: Any
    events: Any
    stack: str
    topic_arn: str

    @classmethod
    def of(cls, stack: Deployed) -> StackAlarms:
        aws, config = session(stack.region), client_config()
        return cls(
            cloudwatch=aws.client("cloudwatch", config=config),
            sns=aws.client("sns", config=config),
            events=aws.client("events", config=config),
            stack=stack.stack,
            topic_arn=stack.output("alarm_topic_arn"),
        )

    def watched(self) -> Watched:
        """The state now. OpsError when AWS refuses, or when there is no alarm at all."""
        with aws_errors("read the stack's alarms"):
            found = {alarm.name: alarm for alarm in self._acting()}
            children = {name for alarm in found.values() for name in (*alarm.children, alarm.suppressor) if name}
            alarms = [*found.values(), *self._named(children - set(found))]
            rules = self._rules()
        if not alarms:
            raise failure(
                path="alarms",
                given=self.topic_arn,
                message=f"no alarm publishes to the stack's topic: pulumi up --stack {self.stack} --refresh",
            )
        return Watched.of(alarms, rules)

    def seen(self, name: str) -> Seen | None:
        """One of them now; None when it is gone."""
        with aws_errors("read the stack's alarms"):
            return next(iter(self._named([name])), None)

    def set_state(self, name: str, state: State, *, reason: str) -> None:
        assert state != "PENDING", "no state of CloudWatch"
        with aws_errors(f"set the state of {name}"):
            self.cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)

    def actions(self, name: str) -> tuple[Action, ...]:
        """What the alarm's history says of messages, newest first."""
        with aws_errors("read an alarm's history"):
            items = self.cloudwatch.describe_alarm_history(
                AlarmName=name,
                AlarmTypes=BOTH,
                HistoryItemType="Action",
                ScanBy="TimestampDescending",
                MaxRecords=HISTORY_ITEMS,
            )["AlarmHistoryItems"]
        found = (_action(item) for item in items if self.topic_arn in item.get("HistorySummary", ""))
        return tuple(action for action in found if action is not None)

    def subscribers(self) -> tuple[Subscriber, ...]:
        with aws_errors("read who gets the stack's messages"):
            pages = self.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.topic_arn)
            return tuple(
                Subscriber(
                    protocol=each["Protocol"],
                    endpoint=each.get("Endpoint", ""),
                    confirmed=each["SubscriptionArn"].startswith("arn:"),
                )
                for page in pages
                for each in page["Subscriptions"]
            )

    def _acting(self) -> Iterable[Seen]:
        pages = self.cloudwatch.get_paginator("describe_alarms").paginate(ActionPrefix=self.topic_arn, AlarmTypes=BOTH)
        return [alarm for page in pages for alarm in self._all_of(page) if alarm.acts]

    def _named(self, names: Iterable[str]) -> list[Seen]:
        wanted = sorted(names)
        found: list[Seen] = []
        for start in range(0, len(wanted), NAMES_PER_CALL):
            page = self.cloudwatch.describe_alarms(AlarmNames=wanted[start : start + NAMES_PER_CALL], AlarmTypes=BOTH)
            found += self._all_of(page)
        return found

    def _all_of(self, page: Mapping[str, Any]) -> list[Seen]:
        return [self._seen(raw) for raw in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ()))]

    def _seen(self, raw: Mapping[str, Any]) -> Seen:
        return Seen(
            id=id_of(raw["AlarmName"], stack=self.stack),
            name=raw["AlarmName"],
            state=raw["StateValue"],
            since=raw.get("StateTransitionedTimestamp") or raw["StateUpdatedTimestamp"],
            reason=raw.get("StateReason", ""),
            acts=self.topic_arn in raw.get("AlarmActions", ()),
            acting_enabled=raw.get("ActionsEnabled", True),
            rule=raw.get("AlarmRule") or "",
            suppressor=_name(raw.get("ActionsSuppressor") or ""),
            wait_s=raw.get("ActionsSuppressorWaitPeriod") or 0,
            suppressed=raw.get("ActionsSuppressedBy") == "Alarm",
        )

    def _rules(self) -> list[EventRule]:
        pages = self.events.get_paginator("list_rule_names_by_target").paginate(TargetArn=self.topic_arn)
        names = [name for page in pages for name in page["RuleNames"]]
        return [self._rule(name) for name in names]

    def _rule(self, name: str) -> EventRule:
        state: Literal["ENABLED", "DISABLED"] = self.events.describe_rule(Name=name)["State"]
        return EventRule(id=id_of(name, stack=self.stack), name=name, enabled=state == "ENABLED")


def _name(alarm: str) -> str:
    """Of an alarm that is given by its name or its ARN."""
    return alarm.rpartition(":alarm:")[2]


def _action(item: Mapping[str, Any]) -> Action | None:
    summary = item.get("HistorySummary", "")
    if not summary.startswith((DONE, NOT_DONE)):
        return None
    key = f"{item['Timestamp'].isoformat()} {summary} {item.get('HistoryData', '')}"
    return Action(key=key, done=summary.startswith(DONE), summary=summary)
