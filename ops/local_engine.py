"""The Docker of a stack on this machine, and what verbs say when it does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from machine.address import Address
from machine.engine import ERRORS, EngineView, opened
from machine.facts import NoEngine
from machine.preflight import no_engine_problem
from ops.errors import OpsError, failure

STOPPED = "the engine stopped answering"


@contextmanager
def local_engine(where: Address, *, environment: Mapping[str, str], trouble: str = STOPPED) -> Iterator[EngineView]:
    """OpsError when none answers, and with ``trouble`` when it fails inside."""
    with opened(where, environment=environment) as engine:
        if isinstance(engine, NoEngine):
            raise OpsError(no_engine_problem(engine))
        try:
            yield engine
        except ERRORS as error:
            raise failure(path="Docker", given=str(error), message=trouble) from None
