"""The life of a stack on the real engine, step by step, told while it happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.aws.environment import FAKE_KEY
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import EngineStack, Held, open_stack
from rehearsal.inventory.everything import account_ids, inventory
from rehearsal.inventory.model import Section
from rehearsal.inventory.watch import alarms_on
from rehearsal.ledger import Found, Ledger, StepFailedError
from rehearsal.narrate import Narrator
from rehearsal.verbs import Verbs
from sizing.plan import Plan

_SHOWN = 5  # names in a message; the engine's own lines above it have them all


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One rehearsal; ``found`` and ``ledger`` are filled as it goes, also when a step ends it."""

    stack: str
    root: Path
    rig: Rig
    region: str
    plan: Plan
    environ: Mapping[str, str]
    narrator: Narrator
    ledger: Ledger
    found: Found

    def run(self, *, boot: bool) -> None:
        """Raises StepFailedError at the first step that fails."""
        with (
            EmulatedAws(region=self.region, play_host=not boot) as aws,
            open_stack(
                stack=self.stack,
                root=self.root,
                rig=self.rig,
                aws=aws.environment(),
                on_output=self.narrator.engine_line,
                color=self.narrator.color,
                environ=self.environ,
            ) as engine,
        ):
            before = account_ids(aws.client)
            self._preview(engine)
            self._up(engine)
            self._show(aws)
            self._alarms(aws)
            if boot:
                self._serve(aws, engine)
            self._nothing_changes(engine)
            self._no_drift(engine)
            self._destroy(aws, engine, before=before)
            self._only_fake_keys(aws)

    def _preview(self, engine: EngineStack) -> None:
        self.narrator.heading("pulumi preview")
        with self.ledger.step("preview") as outcome:
            run = engine.preview()
            outcome.detail = _counted(run, past=False)

    def _up(self, engine: EngineStack) -> None:
        self.narrator.heading("pulumi up")
        with self.ledger.step("up") as outcome:
            run = engine.up(show_outputs=False)
            self.found.resources = len(run.steps)
            self.found.outputs = engine.outputs()
            outcome.detail = _counted(run, past=True)
        shown = {name: value for name, value in self.found.outputs.items() if name != "plan"}  # shown already
        self.narrator.sections([Section(title="Outputs", rows=tuple((n, _text(v)) for n, v in shown.items()))])

    def _show(self, aws: EmulatedAws) -> None:
        self.narrator.heading("what AWS holds now")
        with self.ledger.step("inventory") as outcome:
            self.found.inventory = inventory(aws.client, outputs=self.found.outputs)
            self.narrator.sections(self.found.inventory)
            outcome.detail = f"{len(self.found.inventory)} kinds, as AWS describes them"
        cost = self.plan.cost
        self.narrator.line(f"cost: {cost.hourly_usd:.4f} USD per hour; {cost.monthly_usd:,.2f} USD per month")

    def _alarms(self, aws: EmulatedAws) -> None:
        """The plan counts what CloudWatch charges for, so a missing or extra alarm shows as a difference."""
        with self.ledger.step("alarms") as outcome:
            armed = alarms_on(aws.client, topic_arn=self.found.outputs["alarm_topic_arn"])
            planned = sum(item.quantity for item in self.plan.cost.items if item.name == "alarms")
            if len(armed) != planned:
                raise StepFailedError(f"{len(armed)} alarms publish to the topic; the plan has {planned:g}")
            outcome.detail = f"{len(armed)} publish to the topic"

    def _serve(self, aws: EmulatedAws, engine: EngineStack) -> None:
        from rehearsal.serve import serve_completion

        self.narrator.heading("boot: the group's instance, from its launch template's user data, in a container")
        self.narrator.line(
            "vLLM is the real one, on the CPU, with a tiny model of random weights: no sense in its words."
        )
        verbs = Verbs(root=self.root, folder=engine.folder, environment=engine.environment, say=self.narrator.line)
        with self.ledger.step("served completion") as outcome:
            served = serve_completion(
                stack=self.stack,
                region=self.region,
                client=aws.client,
                endpoint=aws.endpoint,
                outputs=self.found.outputs,
                image=self.plan.image,
                verbs=verbs,
                say=self.narrator.line,
                console=self.narrator.host_line,
            )
            for line in served.checks:
                self.narrator.line(line)
            outcome.detail = f"{served.instance_id} answered {served.answer!r}"

    def _nothing_changes(self, engine: EngineStack) -> None:
        self.narrator.heading("a second pulumi up: nothing may change")
        with self.ledger.step("second up") as outcome:
            _require_untouched(engine.up(show_outputs=False))
            outcome.detail = "changes nothing"

    def _no_drift(self, engine: EngineStack) -> None:
        self.narrator.heading("pulumi refresh: AWS must hold what the state says")
        with self.ledger.step("refresh") as outcome:
            _require_untouched(engine.refresh())
            outcome.detail = "finds no drift"

    def _destroy(self, aws: EmulatedAws, engine: EngineStack, *, before: frozenset[str]) -> None:
        self.narrator.heading("pulumi destroy --exclude-protected")
        with self.ledger.step("destroy") as outcome:
            protected = [held for held in engine.resources() if held.protect]
            engine.destroy(exclude_protected=True)
            self.found.left = tuple(sorted(account_ids(aws.client) - before))
            require_only_protected(left=self.found.left, protected=protected)
            kept = ", ".join(self.found.left)
            outcome.detail = f"leaves what is protected: {kept}" if kept else "leaves nothing"

    def _only_fake_keys(self, aws: EmulatedAws) -> None:
        """Every request of engine, host and verbs came here; none may have carried a key of this machine."""
        with self.ledger.step("isolation") as outcome:
            keys = {call.access_key for call in aws.calls} - {FAKE_KEY, ""}
            if keys:
                raise StepFailedError(f"{len(keys)} access keys that are not the rehearsal's reached the emulated AWS")
            outcome.detail = f"{len(aws.calls)} calls, all to loopback with the fake key"


def require_only_protected(*, left: Sequence[str], protected: Sequence[Held]) -> None:
    """Raises StepFailedError unless AWS holds exactly the resources that the program protects."""
    wanted = {held.id for held in protected}
    surplus, lost = sorted(set(left) - wanted), sorted(wanted - set(left))
    if surplus:
        raise StepFailedError(f"left behind without protection: {', '.join(surplus)}")
    if lost:
        raise StepFailedError(f"protected, but gone: {', '.join(lost)}")


def _require_untouched(run: Run) -> None:
    if run.touched:
        some = ", ".join(f"{step.op} {step.name} ({', '.join(step.changed)})" for step in run.touched[:_SHOWN])
        raise StepFailedError(f"{len(run.touched)} resources are not as they should be: {some}")


def _counted(run: Run, *, past: bool) -> str:
    words = [f"{count} {op.rstrip('e')}ed" if past else f"{count} to {op}" for op, count in run.counts.items()]
    return ", ".join(words) or "nothing to do"


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
