"""Whether what hosts have downloaded is still there."""

from __future__ import annotations

from collections.abc import Iterator

from review.consequences.facts import VOLUME, Facts, count, minutes, named
from review.consequences.roll import rolls
from review.model import Consequence, Op, ResourceChange, Risk
from review.plans import at


def consequences(facts: Facts) -> Iterator[Consequence]:
    lost, added = _lost(facts), facts.of(VOLUME, ops=(Op.CREATE,))
    if lost:
        yield Consequence(
            id="cache-lost",
            risk=Risk.MEDIUM,
            text=f"Cache lost: {count(len(lost), 'slot')} with model, image and compiled kernels: {named(lost)}. "
            f"Hosts download again what they need.",
        )
    if added:
        yield Consequence(id="cache-slots", risk=Risk.LOW, text=_new_slots(facts, number=len(added)))
    yield from _sizes(facts)
    if any(roll.hosts for roll in rolls(facts)) and not lost:
        yield _kept(facts)


def _kept(facts: Facts) -> Consequence:
    phases = at(facts.after.plan, "cold_start_s") or {}
    missing = []
    if facts.other_model:
        missing.append(("download", f"{facts.after.plan.get('model')} in this revision"))
    if facts.other_image:
        missing.append(("image", "this image"))
    if not missing:
        return Consequence(
            id="cache-kept", risk=Risk.NONE, text="Cache kept: new hosts claim the slots of those that leave."
        )
    time = minutes(sum(int(phases.get(phase, 0)) for phase, _ in missing))
    return Consequence(
        id="cache-kept-in-part",
        risk=Risk.LOW,
        text=f"Cache kept, but {' and '.join(what for _, what in missing)} may not be in it: then the first boot from "
        f"each slot downloads for about {time} more.",
    )


def _lost(facts: Facts) -> list[ResourceChange]:
    return [change for change in facts.anew(VOLUME) if not facts.kept(change) and not change.refused]


def _new_slots(facts: Facts, *, number: int) -> str:
    seeds = {facts.now[change.urn]["inputs"].get("snapshotId") for change in facts.of(VOLUME, ops=(Op.CREATE,))} - {
        None
    }
    begin = f"begins as the snapshot {', '.join(sorted(map(str, seeds)))} has it" if seeds else "begins empty"
    return f"{count(number, 'cache slot')} more; each {begin}."


def _sizes(facts: Facts) -> Iterator[Consequence]:
    sizes = {(each.before, each.after) for _, each in facts.properties(VOLUME, names=("size",))}
    for before, after in sorted(sizes, key=str):
        smaller = isinstance(before, int) and isinstance(after, int) and after < before
        text = (
            f"AWS refuses it: volumes cannot shrink from {before} to {after} GiB."
            if smaller
            else f"Cache slots grow from {before} to {after} GiB in place; a host uses the room from its next boot. "
            "They never shrink again."
        )
        yield Consequence(id="cache-size", risk=Risk.HIGH if smaller else Risk.LOW, text=text)
