"""Several stacks in one emulated account, from the first preview to the last destroy; one stack likewise.

All are up at the same time. Then each is destroyed in turn, and after each destroy those that are left must be as they
were. A stack that fails ends there, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from rehearsal.aws.given.make import make
from rehearsal.aws.server import EmulatedAws
from rehearsal.aws.settings import Host, healthy_host
from rehearsal.engine.command import EndedError
from rehearsal.engine.providers import emulated_aws
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import open_stack
from rehearsal.given import described
from rehearsal.inventory.everything import account_ids
from rehearsal.ledger import StepFailedError
from rehearsal.part import Part
from rehearsal.played import AllButOne
from rehearsal.scenario import Scenario, client_of
from rehearsal.side_by_side import side_by_side
from rehearsal.verbs import Verbs

Act = Callable[[Scenario], None]


def rehearse_together(*, parts: Sequence[Part], root: Path, rig: Rig, environ: Mapping[str, str], boot: bool) -> None:
    """Fills each part's ``ledger`` and ``found``; a failed step is a failed check there, not an exception."""
    hosts = AllButOne()
    host: Host = hosts if boot else healthy_host
    with EmulatedAws(region=parts[0].config.region, host=host) as aws, ExitStack() as engines:
        able = [part for part in parts if _went_well(part, partial(_make_given, part))]
        open_scenario = partial(
            _scenario, aws=aws, root=root, rig=rig, environ=environ, engines=engines, boots=hosts.boots
        )
        _live([open_scenario(part) for part in able], boot=boot)


def _live(scenarios: Sequence[Scenario], *, boot: bool) -> None:
    # The AWS SDK loads its modules while a program runs, and fails when two threads do that: previews go one by one.
    alive = _in_turn(scenarios, Scenario.preview)
    alive = _at_once(alive, Scenario.up)
    alive = _in_turn(alive, Scenario.show)
    if boot:
        alive = _in_turn(alive, Scenario.serve)
    waiting = _at_once(alive, Scenario.settle)
    gone: list[Scenario] = []
    while waiting:
        next_one, *waiting = waiting
        others = [scenario for scenario in scenarios if scenario is not next_one]
        if _in_turn([next_one], partial(Scenario.destroy, others=others)):
            gone.append(next_one)
            waiting = _at_once(waiting, partial(Scenario.stay, destroyed=next_one.part.stack))
    _in_turn(gone, Scenario.close)


def _in_turn(scenarios: Sequence[Scenario], act: Act) -> list[Scenario]:
    """Those that did it."""
    return [scenario for scenario in scenarios if _went_well(scenario.part, partial(act, scenario))]


def _at_once(scenarios: Sequence[Scenario], act: Act) -> list[Scenario]:
    """Those that did it. An interrupt ends the engines of all."""
    well: list[Scenario] = []

    def do(scenario: Scenario) -> None:
        with suppress(EndedError):  # why it was ended is being raised already
            if _went_well(scenario.part, partial(act, scenario)):
                well.append(scenario)

    def end() -> None:
        for scenario in scenarios:
            scenario.engine.end()

    side_by_side([partial(do, scenario) for scenario in scenarios], end=end)
    return [scenario for scenario in scenarios if scenario in well]


def _went_well(part: Part, work: Callable[[], None]) -> bool:
    try:
        work()
    except StepFailedError:
        part.narrator.line("the rehearsal of this stack ends here; what it had started is ended too")
        return False
    return True


def _make_given(part: Part) -> None:
    """Nothing, for a stack file that names nothing of its account."""
    if part.given.ids:
        with part.ledger.step("given") as outcome:
            make(part.given)
            outcome.detail = f"the account holds {', '.join(part.given.ids)}"


def _scenario(
    part: Part,
    *,
    aws: EmulatedAws,
    root: Path,
    rig: Rig,
    environ: Mapping[str, str],
    engines: ExitStack,
    boots: Callable[[str], None],
) -> Scenario:
    """The stack, not yet deployed, on an engine of its own."""
    region = part.config.region
    client = client_of(aws, region=region)
    engine = engines.enter_context(
        open_stack(
            stack=part.stack,
            root=root,
            rig=rig,
            providers=emulated_aws(aws.environment(region=region)),
            on_output=part.narrator.engine_line,
            color=part.narrator.color,
            environ=environ,
        )
    )
    return Scenario(
        part=part,
        aws=aws,
        engine=engine,
        verbs=Verbs(root=root, folder=engine.folder, environment=engine.environment, say=part.narrator.line),
        before=account_ids(client),
        given=described(client, part.given),
        boots=boots,
    )
