"""Whether the numbers by which a stack is watched follow what it does: read before and after some requests."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ops.smoke.answers import CheckFailedError, SkippedError
from ops.status.seen import OLD_AFTER_S, Status
from userdata.files.publisher.exposition import read

if TYPE_CHECKING:
    from config.models import StackConfig
    from ops.endpoint import Endpoint

GENERATED = "vllm:generation_tokens_total"
SETTLES_WITHIN_S, LOOK_S = 10.0, 0.5  # vLLM counts a request when its last token is out
Compare = Callable[[int], str]


def metrics_of(endpoint: Endpoint) -> Callable[[], Compare] | None:
    """How this endpoint's numbers are read; None where there is no way to them."""
    if endpoint.direct:
        return lambda: counts(lambda: _exposed(endpoint))
    stack = endpoint.stack
    if stack is None:
        return None
    if stack.config.target == "local":
        return lambda: counts(lambda: _in_container(stack.config))

    def fleet() -> Compare:
        from ops.status.fleet import FleetStatus

        status = FleetStatus.of(stack).read()
        return lambda _tokens: arrives(status, now=datetime.now(UTC))

    return fleet


def counts(
    generated: Callable[[], float],
    *,
    sleep: Callable[[float], None] = time.sleep,
    within_s: float = SETTLES_WITHIN_S,
) -> Compare:
    """Compares vLLM's own count of tokens, which must have grown by what was answered."""
    before = generated()

    def compare(tokens: int) -> str:
        if not tokens:
            raise CheckFailedError("no token was made that could be counted")
        left_s = within_s
        while (grown := generated() - before) < tokens:
            if left_s <= 0:
                raise CheckFailedError(f"{GENERATED} has grown by {grown:.0f}, and {tokens} tokens were answered")
            sleep(LOOK_S)
            left_s -= LOOK_S
        return f"{GENERATED} has grown by {grown:.0f}, {tokens} of them for this"

    return compare


def arrives(status: Status, *, now: datetime) -> str:
    """Hosts say once a minute how they are; each that serves has to have done so lately."""
    serving = [replica for replica in status.replicas if replica.serves]
    if not serving:
        raise CheckFailedError("no replica is in service")
    for replica in serving:
        load = replica.load
        if load is None:
            raise CheckFailedError(f"{replica.id} has said nothing yet")
        if (age_s := (now - load.at).total_seconds()) > OLD_AFTER_S:
            raise CheckFailedError(f"{replica.id} said last how it is {age_s:.0f} s ago")
        if load.up is False:
            raise CheckFailedError(f"{replica.id} says that vLLM does not answer")
    return f"{len(serving)} of {status.wanted} replicas say how they are, each within {OLD_AFTER_S} s"


def _exposed(endpoint: Endpoint) -> float:
    answer = endpoint.beside("/metrics")
    if answer.status != 200:
        raise SkippedError(f"/metrics of the server is HTTP {answer.status}")
    return _generated(answer.text)


def _in_container(config: StackConfig) -> float:
    from config.stack_file import read_stack_file
    from ops.status.local import ask_server

    engine = {key: str(value) for key, value in read_stack_file(stack=config.stack, root=Path.cwd()).items()}
    status, output = ask_server(
        config,
        docker_host=engine.get("docker:host"),
        docker_context=engine.get("docker:context"),
        environment=os.environ,
    )
    if status != 0:
        raise CheckFailedError("vLLM does not give its metrics in its own container")
    return _generated(json.loads(output)["metrics"])


def _generated(text: str) -> float:
    total = read(text, {GENERATED}).total(GENERATED)
    if total is None:
        raise CheckFailedError(f"{GENERATED} is not among vLLM's metrics")
    return total
