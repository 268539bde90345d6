"""This machine, for ``target: local``: container engine, GPUs, disk, ports, keys; and whether the stack serves."""

from __future__ import annotations

from collections.abc import Iterator

from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, errors_of, ok, warning


def _machine(case: Case) -> Iterator[Finding]:
    from machine.facts import NoEngine
    from machine.preflight import problems

    facts = case.machine
    faults = errors_of(problems(case.config, case.plan, facts))
    yield from faults
    if not faults and not isinstance(facts.engine, NoEngine):
        yield ok(
            f"Docker {facts.engine.version} at {facts.engine.host}; disk, ports and keys are as the stack needs them"
        )


def _serving(case: Case) -> Iterator[Finding]:
    from ops.status.local import read_status

    status = read_status(
        case.config,
        docker_host=case.setting("docker:host"),
        docker_context=case.setting("docker:context"),
        environment=case.environment,
    )
    if status.serving:
        yield ok(f"{status.endpoint} serves")
    else:
        notes = [*status.lines, *(f"{replica.id} is {replica.state}" for replica in status.replicas)]
        yield warning(
            f"{status.endpoint} does not serve: {'; '.join(notes)}",
            fix=f"python -m ops logs --stack {case.config.stack}",
        )


MACHINE = Check(
    id="machine",
    asks="With `target: local`: does Docker answer and give GPUs, is there disk, are the ports free, is there a key?",
    look=_machine,
    targets=("local",),
)
SERVING = Check(
    id="serving",
    asks="With `target: local`, once it is up: do its containers run and answer?",
    look=_serving,
    targets=("local",),
    applies=lambda case: bool(case.outputs),
)
