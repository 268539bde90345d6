"""The life of one stack on the real engine, step by step, told while it happens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rehearsal.aws.environment import FAKE_KEY
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.stack import EngineStack
from rehearsal.given import described
from rehearsal.inventory.everything import account_ids, inventory
from rehearsal.inventory.model import Client, Section
from rehearsal.inventory.owned import owned_ids
from rehearsal.inventory.watch import alarms_on
from rehearsal.ledger import Found, Ledger, StepFailedError
from rehearsal.narrate import Narrator
from rehearsal.part import Part
from rehearsal.verbs import Verbs
from rehearsal.verdicts import (
    counted,
    refused_with,
    require_only_protected,
    require_same,
    require_untouched,
    text,
    touched,
    without_deletion_protection,
)

_BALANCER = "aws:lb/loadBalancer:LoadBalancer"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What happens to one stack. Each public method raises StepFailedError at the first step that fails.

    ``before``: the ids that the account held before any stack; ``given``: how AWS described then what this stack takes
    as given; ``boots`` is told which instance is about to be booted.
    """

    part: Part
    aws: EmulatedAws
    engine: EngineStack
    verbs: Verbs
    before: frozenset[str]
    given: Mapping[str, Any]
    boots: Callable[[str], None]

    def preview(self) -> None:
        self._heading("pulumi preview")
        with self._ledger.step("preview") as outcome:
            outcome.detail = counted(self.engine.preview(), past=False)

    def up(self) -> None:
        self._heading("pulumi up")
        with self._ledger.step("up") as outcome:
            run = self.engine.up(show_outputs=False)
            self._found.resources = len(run.steps)
            self._found.outputs = self.engine.outputs()
            outcome.detail = counted(run, past=True)

    def show(self) -> None:
        shown = {name: value for name, value in self._found.outputs.items() if name != "plan"}  # shown already
        self._heading("what AWS holds now")
        self._narrator.sections([Section(title="Outputs", rows=tuple((n, text(v)) for n, v in shown.items()))])
        with self._ledger.step("inventory") as outcome:
            self._found.inventory = inventory(self._client, outputs=self._found.outputs)
            self._narrator.sections(self._found.inventory)
            outcome.detail = f"{len(self._found.inventory)} kinds, as AWS describes them"
        cost = self.part.plan.cost
        self._narrator.line(f"cost: {cost.hourly_usd:.4f} USD per hour; {cost.monthly_usd:,.2f} USD per month")
        self._alarms()

    def _alarms(self) -> None:
        """The plan counts what CloudWatch charges for, so a missing or extra alarm shows as a difference."""
        with self._ledger.step("alarms") as outcome:
            armed = alarms_on(self._client, topic_arn=self._found.outputs["alarm_topic_arn"])
            for name, found in (("alarms", armed.metric), ("composite alarms", armed.composite)):
                planned = sum(item.quantity for item in self.part.plan.cost.items if item.name == name)
                if len(found) != planned:
                    raise StepFailedError(f"{len(found)} {name} tell the topic; the plan has {planned:g}")
            outcome.detail = f"{len(armed.metric)} alarms and {len(armed.composite)} composites tell the topic"

    def serve(self) -> None:
        from rehearsal.serve import serve_completion

        self._heading("boot: an instance of the group, from its launch template's user data, in a container")
        with self._ledger.step("served completion") as outcome:
            served = serve_completion(
                stack=self.part.stack,
                region=self.part.config.region,
                client=self._client,
                endpoint=self.aws.endpoint,
                outputs=self._found.outputs,
                image=self.part.plan.image,
                verbs=self.verbs,
                say=self._narrator.line,
                console=self._narrator.host_line,
                boots=self.boots,
                model_source=self.part.config.model.source,
            )
            for line in served.checks:
                self._narrator.line(line)
            outcome.detail = f"{served.instance_id} answered {served.answer!r}"

    def settle(self) -> None:
        self._heading("a second pulumi up: nothing may change")
        with self._ledger.step("second up") as outcome:
            require_untouched(self.engine.up(show_outputs=False))
            outcome.detail = "changes nothing"
        self._heading("pulumi refresh: AWS must hold what the state says")
        with self._ledger.step("refresh") as outcome:
            require_untouched(self.engine.refresh())
            outcome.detail = "finds no drift"

    def stay(self, *, destroyed: str) -> None:
        """Another stack of the account was destroyed: this one has neither drifted nor anything to do."""
        with self._ledger.step(f"beside {destroyed}") as outcome:
            require_untouched(self.engine.preview(refresh=True))
            outcome.detail = f"untouched by the destroy of {destroyed}"

    def destroy(self, *, others: Collection[Scenario]) -> None:
        """``others`` share the account; what is theirs is not this stack's to leave."""
        if self.part.config.endpoint.deletion_protection:
            self._unprotect()
        self._heading("pulumi destroy --exclude-protected")
        with self._ledger.step("destroy") as outcome:
            held = self.engine.resources()
            theirs = frozenset[str]().union(*(other.owned_ids() for other in others))
            self.engine.destroy(exclude_protected=True)
            self._found.left = tuple(sorted(account_ids(self._client) - self.before - theirs))
            require_only_protected(left=self._found.left, held=held)
            kept = ", ".join(self._found.left)
            outcome.detail = f"leaves what is to stay: {kept}" if kept else "leaves nothing"

    def _unprotect(self) -> None:
        """As README has it: first the setting, then the destroy."""
        self._heading("pulumi destroy of a load balancer with deletion protection: must be refused")
        with self._ledger.step("protection") as outcome:
            outcome.detail = self._refused_destroy()
        self._heading("deletionProtection: false, then pulumi up")
        with self._ledger.step("unprotect") as outcome:
            self.engine.edit_config(without_deletion_protection)
            run = self.engine.up(show_outputs=False)
            outcome.detail = touched(run)

    def _refused_destroy(self) -> str:
        """The engine refuses to destroy all, AWS to delete the load balancer; --exclude-protected would leave it."""
        from botocore.exceptions import ClientError
        from pulumi.automation.errors import CommandError

        (balancer,) = [held for held in self.engine.resources() if held.type == _BALANCER]
        excluding = self.engine.preview_destroy(exclude_protected=True)
        if balancer.urn in {step.urn for step in excluding.touched}:
            raise StepFailedError("pulumi destroy --exclude-protected would delete the load balancer")
        engine_says = refused_with(
            lambda: self.engine.preview_destroy(exclude_protected=False), CommandError, about=balancer.urn
        )
        aws_says = refused_with(
            lambda: self._client("elbv2").delete_load_balancer(LoadBalancerArn=balancer.id),
            ClientError,
            about="OperationNotPermitted",
        )
        self._narrator.line(engine_says)
        self._narrator.line(aws_says)
        kept = len(self.engine.resources()) - len(excluding.touched)
        return f"pulumi and AWS refuse; --exclude-protected would leave it, with {kept} resources in all"

    def close(self) -> None:
        """What was the account's own is as it was; and every request of engine, host and verbs came to the emulated AWS
        with the fake key."""
        if self.given:
            with self._ledger.step("given untouched") as outcome:
                require_same(before=self.given, after=described(self._client, self.part.given))
                outcome.detail = f"{len(self.given)} are there as they were"
        with self._ledger.step("isolation") as outcome:
            keys = {call.access_key for call in self.aws.calls} - {FAKE_KEY, ""}
            if keys:
                raise StepFailedError(f"{len(keys)} access keys that are not the rehearsal's reached the emulated AWS")
            outcome.detail = f"{len(self.aws.calls)} calls, all to loopback with the fake key"

    def owned_ids(self) -> frozenset[str]:
        return owned_ids(self._client, state_ids={held.id for held in self.engine.resources() if held.id})

    def _heading(self, text: str) -> None:
        self._narrator.heading(text)

    @property
    def _narrator(self) -> Narrator:
        return self.part.narrator

    @property
    def _ledger(self) -> Ledger:
        return self.part.ledger

    @property
    def _found(self) -> Found:
        return self.part.found

    @cached_property
    def _client(self) -> Client:
        return client_of(self.aws, region=self.part.config.region)


def client_of(aws: EmulatedAws, *, region: str) -> Client:
    """Clients of the emulated AWS in one region."""

    def client(service: str) -> Any:
        return aws.client(service, region=region)

    return client
