"""Where clients reach the model, and by what name."""

from __future__ import annotations

from collections.abc import Iterator

from review.consequences.facts import BALANCER, Facts
from review.model import Consequence, Risk
from review.plans import flags_of

SERVED = "--served-model-name"
HTTPS = "https://"


def consequences(facts: Facts) -> Iterator[Consequence]:
    old, new = (str(outputs.get("endpoint") or "") for outputs in facts.outputs)
    own_name = str(facts.outputs[0].get("load_balancer_dns") or "\0")
    if old and new and old != new:
        yield Consequence(
            id="endpoint-changed", risk=Risk.HIGH, text=f"Clients must use {new} from now on, in place of {old}."
        )
        if old.startswith(HTTPS) and not new.startswith(HTTPS):
            yield Consequence(
                id="https-dropped", risk=Risk.HIGH, text="API keys and prompts travel unencrypted: HTTPS goes."
            )
    elif facts.anew(BALANCER) and own_name in old:
        yield Consequence(
            id="endpoint-changed",
            risk=Risk.HIGH,
            text="The endpoint's URL changes: it has the name of the load balancer, which is replaced.",
        )
    elif facts.anew(BALANCER) and not _record_follows(facts):
        yield Consequence(
            id="name-must-follow",
            risk=Risk.HIGH,
            text=f"{new} stays, but leads nowhere until its DNS record names the new load balancer: the output "
            "`load_balancer_dns`.",
        )
    yield from _names(facts)


def _record_follows(facts: Facts) -> bool:
    return any(resource["type"] == "aws:route53/record:Record" for resource in facts.after.graph)


def _names(facts: Facts) -> Iterator[Consequence]:
    """What clients write as ``model``."""
    old, new = (_served(revision.plan.get("vllm_args") or ()) for revision in (facts.before, facts.after))
    gone = [name for name in old if name not in new]
    if gone and new:
        yield Consequence(
            id="model-name",
            risk=Risk.HIGH,
            text=f"Requests for the model {', '.join(gone)} fail: it is served as {', '.join(new)} now.",
        )


def _served(arguments: object) -> tuple[str, ...]:
    assert isinstance(arguments, list | tuple)
    value = flags_of(arguments).get(SERVED, ())
    return (value,) if isinstance(value, str) else value
