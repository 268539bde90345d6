"""Of what machines the fleet is made, in what order AWS is asked for them, and how one version follows the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from review.consequences.facts import GROUP, Facts, minutes, named_texts
from review.consequences.roll import POLICY, rolls
from review.model import Consequence, Op, Risk
from review.plans import at

NEXT = " Hosts that run stay as they are; the next launch follows it."


def consequences(facts: Facts) -> Iterator[Consequence]:
    yield from _policy(facts)
    yield from _types(facts)
    yield from _spot(facts)
    yield from _reservations(facts)
    yield from _block(facts)
    yield from _strategy(facts)


def _policy(facts: Facts) -> Iterator[Consequence]:
    """From a launch template alone to one in a policy, and back: AWS updates the group."""
    for change in facts.of(GROUP, ops=(Op.UPDATE, Op.MAY_REPLACE)):
        before = facts.former(change)
        had, has = bool(before and before["inputs"].get(POLICY)), bool(facts.now[change.urn]["inputs"].get(POLICY))
        if had != has:
            how = "in a mixed instances policy" if has else "alone"
            yield Consequence(
                id="mixed-policy",
                risk=Risk.LOW,
                text=f"`{change.name}` names its launch template {how} from now on: the group is changed in place."
                + ("" if rolls(facts) else " No host is replaced for that."),
            )


def _next(facts: Facts) -> str:
    """Where hosts are replaced anyway, nothing has to be said of those that run."""
    return "" if any(roll.hosts for roll in rolls(facts)) else NEXT


def _types(facts: Facts) -> Iterator[Consequence]:
    old, new = _named(facts.before.plan), _named(facts.after.plan)
    if not old or not new or old[0] != new[0]:
        return  # another chosen type is another machine, of which others tell
    added, gone = [each for each in new if each not in old], [each for each in old if each not in new]
    all_of_them = " All hosts learn of it: they are replaced, see above." if rolls(facts) else ""
    if added:
        yield Consequence(
            id="types-added",
            risk=Risk.LOW,
            text=f"When AWS has no `{new[0]}`, hosts may also be {named_texts(added)}, each with flags of its own."
            + all_of_them,
        )
    if gone:
        yield Consequence(
            id="types-gone",
            risk=Risk.MEDIUM,
            text=f"Hosts are no longer {named_texts(gone)}: where AWS is out of {named_texts(new)}, a host is missing "
            f"until it has one.{all_of_them}",
        )
    if not (added or gone) and list(old) != list(new):
        yield Consequence(
            id="types-order", risk=Risk.LOW, text=f"AWS is asked for {named_texts(new)} in this order.{_next(facts)}"
        )


def _spot(facts: Facts) -> Iterator[Consequence]:
    old, new = _share(facts.before.plan), _share(facts.after.plan)
    if old == new or (not old[0] and not new[0]):
        return
    percent, base = new
    more = percent > old[0] or base < old[1]
    if not percent:
        text = "No new host is a spot instance."
    else:
        text = f"Of what is above {base} host{'' if base == 1 else 's'}, {percent} % are spot instances"
        text += (
            ": AWS may take each of them away, two minutes after it says so, and an answer that takes longer than that "
            "is cut."
            if more
            else "."
        )
    yield Consequence(id="spot-share", risk=Risk.MEDIUM if more and percent else Risk.LOW, text=text + _next(facts))


def _reservations(facts: Facts) -> Iterator[Consequence]:
    old, new = (_reserved(each.plan) for each in (facts.before, facts.after))
    if old == new:
        return
    text = f"{' and '.join(new)} used first, what is beyond is on demand." if new else "No reservation is used by name."
    yield Consequence(id="reservations", risk=Risk.LOW, text=f"Capacity Reservations: {text}{_next(facts)}")


def _block(facts: Facts) -> Iterator[Consequence]:
    old, new = (at(each.plan, "capacity.block_id") for each in (facts.before, facts.after))
    if old == new:
        return
    if new:
        zone = at(facts.after.plan, "capacity.block_zone")
        text = (
            f"All hosts run in the Capacity Block {new}, in {zone} alone: AWS ends them from half an hour before it is "
            "over, and none starts before it begins."
        )
    else:
        text = f"No host runs in the Capacity Block {old} any more."
    yield Consequence(id="capacity-block", risk=Risk.HIGH if new else Risk.MEDIUM, text=text)


def _strategy(facts: Facts) -> Iterator[Consequence]:
    old, new = (facts.before.plan.get("change") or {}, facts.after.plan.get("change") or {})
    if not old or not new:
        return
    if old.get("launch_first") and not new.get("launch_first"):
        one = at(facts.after.plan, "replicas.min") in (0, 1)
        yield Consequence(
            id="terminates-first",
            risk=Risk.HIGH if one else Risk.MEDIUM,
            text="On a change an old host ends before the new one is launched: "
            + ("nothing serves while it boots." if one else "one host fewer serves while it boots."),
        )
    elif new.get("launch_first") and not old.get("launch_first"):
        yield Consequence(
            id="launches-first", risk=Risk.LOW, text="On a change a new host serves before an old one ends."
        )
    before, after = int(old.get("bake_s") or 0), int(new.get("bake_s") or 0)
    if before != after:
        bakes = f"for {minutes(after)} after each new host" if after else "no longer"
        yield Consequence(
            id="bake",
            risk=Risk.LOW if after else Risk.MEDIUM,
            text=f"On a change a refresh waits {bakes}" + (", in which alarms may call it back." if after else "."),
        )


def _named(plan: Mapping[str, Any]) -> Sequence[str]:
    return [str(each.get("instance_type")) for each in plan.get("host_types") or ()]


def _share(plan: Mapping[str, Any]) -> tuple[int, int]:
    """Percent of spot, and what is never that."""
    return int(at(plan, "capacity.spot_percent") or 0), int(at(plan, "capacity.on_demand_base") or 0)


def _reserved(plan: Mapping[str, Any]) -> list[str]:
    ids = [f"`{each}`" for each in at(plan, "capacity.reservation_ids") or ()]
    return [*ids, *(["those of the account that are open"] if at(plan, "capacity.open_reservations") else [])]
