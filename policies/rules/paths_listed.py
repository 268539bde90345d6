"""The load balancer forwards what is on the list, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.model import Deployment, Finding, Rule, found
from policies.rules.public_https import LISTENER_RULE
from policies.rules.tls_current import LISTENER

GUARDED = "/v1/"
"""vLLM asks for the API key on paths that begin so."""


def check(deployment: Deployment) -> Iterator[Finding]:
    for listener in deployment.of_type(LISTENER):
        if any(map(_forwards, listener.entries("defaultActions"))):
            yield found(listener, "the default action forwards: every path of vLLM is reachable")
    for rule in deployment.of_type(LISTENER_RULE):
        if not any(map(_forwards, rule.entries("actions"))):
            continue
        paths = _paths(rule.entries("conditions"))
        if not paths:
            yield found(rule, "it forwards whatever the path")
        if patterns := [path for path in paths if set("*?") & set(path)]:
            yield found(rule, f"it forwards by a pattern: {', '.join(patterns)}")
        if unguarded := [path for path in paths if not path.startswith(GUARDED)]:
            yield found(rule, f"it forwards a path on which vLLM asks for no key: {', '.join(unguarded)}")


def _forwards(action: Mapping[str, Any]) -> bool:
    return action.get("type") == "forward"


def _paths(conditions: tuple[Mapping[str, Any], ...]) -> list[str]:
    patterns = [condition["pathPattern"] for condition in conditions if condition.get("pathPattern")]
    return [str(path) for pattern in patterns for path in pattern.get("values") or ()]


RULE = Rule(
    id="paths-are-listed",
    level="mandatory",
    says="Listeners forward exact paths below /v1/, and nothing by default.",
    cause="/scale_elastic_ep and /invocations of vLLM ask for no key, and a rule for `/*` puts them on the internet",
    remedy="add the exact path to FORWARDED_PATHS of components/paths.py, or leave it out with its reason",
    check=check,
)
