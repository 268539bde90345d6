"""The way from nothing to a completed snapshot, each step found done or done: an interrupted bake goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ops.bake.aws import ALIVE, BUILDER_TAG, TEMPLATE_TAG, Builder, Slot, Snapshot, Source, Workshop
from ops.errors import OpsError, failure
from ops.rollout import Clock

POLL_S = 10.0
RELEASE_TIMEOUT_S = 1800  # vLLM drains when the builder shuts down; it has nothing in flight
SNAPSHOT_TIMEOUT_S = 4 * 3600  # a first snapshot is written to S3 in full


@dataclass(frozen=True, kw_only=True)
class Baker:
    """``boot_timeout_s``: the host's own deadline and a margin; beyond it the host is not coming."""

    shop: Workshop
    clock: Clock
    say: Callable[[str], None]
    boot_timeout_s: float

    def bake(self, *, again: bool) -> Snapshot:
        """A completed snapshot of what the group's launch template version fills a slot with.

        ``again``: although there is one already. OpsError when it does not come to that; no builder is left then.
        """
        source = self.shop.source()
        snapshot = None if again else self._made_before(source)
        if snapshot is None:
            snapshot = self._fresh(source)
        return self._completed(snapshot)

    def _made_before(self, source: Source) -> Snapshot | None:
        for snapshot, tags in self.shop.snapshots():
            if tags.get(TEMPLATE_TAG) == str(source) and snapshot.state != "error":
                self.say(f"{snapshot.id} is of this launch template version already (--again makes another)")
                return snapshot
        return None

    def _fresh(self, source: Source) -> Snapshot:
        builder = self._unfinished(source)
        if builder is None:
            builder = self._launch(source)
        else:
            self.say(f"going on with builder {builder.id}, {builder.state}")
        volume_id = builder.slot or self._fill(builder)
        self._await_release(builder, volume_id=volume_id)
        snapshot = self.shop.take_snapshot(builder, volume_id=volume_id, source=source)
        self.say(f"snapshot {snapshot.id} of {volume_id} is being taken")
        return snapshot

    def _unfinished(self, source: Source) -> Builder | None:
        """One that boots or serves, or that has served and whose slot has no snapshot yet."""
        finished = {tags.get(BUILDER_TAG) for snapshot, tags in self.shop.snapshots() if snapshot.state != "error"}
        for builder in self.shop.builders(source):
            if builder.id not in finished and (builder.slot is not None or builder.state in ALIVE):
                return builder
        return None

    def _launch(self, source: Source) -> Builder:
        slots, subnets = self.shop.slots(), self.shop.subnets_by_zone(source)
        zones = sorted({slot.zone for slot in slots if slot.instance is None and slot.zone in subnets})
        if not zones:
            raise _no_slot(slots)
        for zone in zones:
            builder = self.shop.launch(source, subnet_id=subnets[zone])
            if builder is not None:
                self.say(f"builder {builder.id} in {zone}; when interrupted, bake again goes on with it")
                return builder
            self.say(f"no capacity in {zone}")
        raise failure(
            path="bake",
            given=", ".join(zones),
            message="AWS has no such instance in a zone with a free slot now; try again later",
        )

    def _fill(self, builder: Builder) -> str:
        """Until it has served; then it goes. Returns the slot that it filled."""
        try:
            self._await_boot(builder)
            volume_id = self._slot_of(builder)
        except OpsError:
            self.shop.terminate(builder.id)
            self.say(f"builder {builder.id} is terminated")
            raise
        self.shop.terminate(builder.id, slot=volume_id)
        self.say(f"builder {builder.id} has served from {volume_id} and is terminated")
        return volume_id

    def _await_boot(self, builder: Builder) -> None:
        deadline_s, said = self.clock.now_s() + self.boot_timeout_s, 0
        while True:
            events = self.shop.events(builder.id)
            for event in events[said:]:
                self.say(f"{builder.id} {_short(str(event))}")
            said = len(events)
            if any(event.step == "boot" and event.status == "ok" for event in events):
                return
            failed = [event for event in events if event.status == "failed"]
            if failed:
                raise _not_served(builder, str(failed[-1]))
            state = self.shop.state(builder.id)
            if state not in ALIVE:
                raise _not_served(builder, f"it is {state}, and not by this command")
            if self.clock.now_s() >= deadline_s:
                last = str(events[-1]) if events else "it has said nothing"
                raise _not_served(builder, f"not after {self.boot_timeout_s:g} s; {last}")
            self.clock.sleep(POLL_S)

    def _slot_of(self, builder: Builder) -> str:
        slots = self.shop.slots()
        mine = [slot.id for slot in slots if slot.instance == builder.id]
        if not mine:
            raise _no_slot(slots)
        return mine[0]

    def _await_release(self, builder: Builder, *, volume_id: str) -> None:
        """A host unmounts its slot when it shuts down: the snapshot is of a clean filesystem."""
        deadline_s = self.clock.now_s() + RELEASE_TIMEOUT_S
        while True:
            slot = next((slot for slot in self.shop.slots() if slot.id == volume_id), None)
            if slot is None:
                message = "the slot that the builder filled is gone: bake again"
                raise failure(path="bake", given=volume_id, message=message, example="python -m ops bake --again")
            if slot.instance is None:
                return
            if slot.instance != builder.id:
                # The filesystem's journal makes such a copy whole, as after a power cut.
                self.say(f"{slot.instance} has taken {volume_id} meanwhile; the snapshot is of the volume in use")
                return
            if self.clock.now_s() >= deadline_s:
                message = f"the builder has not let go of its slot after {RELEASE_TIMEOUT_S} s: run bake again"
                raise failure(path="bake", given=f"{volume_id} on {builder.id}", message=message)
            self.clock.sleep(POLL_S)

    def _completed(self, snapshot: Snapshot) -> Snapshot:
        deadline_s, said = self.clock.now_s() + SNAPSHOT_TIMEOUT_S, ""
        while snapshot.state == "pending":
            if snapshot.progress != said:
                self.say(f"snapshot {snapshot.id} {snapshot.progress}")
                said = snapshot.progress
            if self.clock.now_s() >= deadline_s:
                message = f"not completed after {SNAPSHOT_TIMEOUT_S} s; AWS goes on with it: run bake again"
                raise failure(path="bake", given=f"{snapshot.id} {snapshot.progress}", message=message)
            self.clock.sleep(POLL_S)
            snapshot = next((each for each, _ in self.shop.snapshots() if each.id == snapshot.id), snapshot)
        if snapshot.state != "completed":
            message = "AWS could not take the snapshot: run bake again"
            raise failure(path="bake", given=f"{snapshot.id} is in state {snapshot.state}", message=message)
        return snapshot


def _not_served(builder: Builder, why: str) -> OpsError:
    return failure(
        path="bake",
        given=builder.id,
        message=f"the builder did not serve: {why}",
        example="put it right (python -m ops rollout shows whether hosts of the group serve), then bake again",
    )


def _no_slot(slots: list[Slot]) -> OpsError:
    taken = ", ".join(f"{slot.id} on {slot.instance}" for slot in slots if slot.instance)
    return failure(
        path="bake",
        given=taken or "the pool has no slot in a zone of the group",
        message="a builder fills a free slot of the pool, and there is none: bake when no host is being replaced",
    )


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "..."
