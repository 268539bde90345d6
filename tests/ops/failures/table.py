"""Every verb, and what it answers where something is in its way.

A row is one way to call a verb. In ``answers`` stands what differs from the answers of its kind, each with the status
and words that have to be said. A status of 0 in there is the right answer, and ``why`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Way(StrEnum):
    """What is in the way."""

    NETWORK = "no network"
    EXPIRED = "expired credentials"
    CREDENTIALS = "no credentials"
    PROFILE = "a profile that is not there"
    EMPTY = "nothing is deployed"
    UNKNOWN = "the backend does not know the stack"
    NAMED = "no such stack file"
    FILE = "a wrong stack file"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    says: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """``command``: with a STACK where its name belongs. ``wrong``: arguments, each with what is said of them.

    ``where``: in the project's folder; in one under git (``git``); on a machine without tools (``bare``).
    """

    command: str
    kind: Mapping[Way, Answer]
    wrong: Mapping[str, str]
    answers: Mapping[Way, Answer] = field(default_factory=dict)
    json: bool = True
    where: str = "folder"

    @property
    def verb(self) -> str:
        return self.command.split()[0]

    @property
    def all_answers(self) -> Mapping[Way, Answer]:
        return {**self.kind, **self.answers}


AWS = {
    Way.NETWORK: Answer(status=1, says="AWS cannot be reached; check network, proxy (HTTPS_PROXY)"),
    Way.EXPIRED: Answer(status=1, says="the credentials have expired or are not valid"),
    Way.CREDENTIALS: Answer(status=1, says="no usable credentials"),
    Way.PROFILE: Answer(status=1, says="no usable credentials"),
}
STACK_FILE = {
    Way.NAMED: Answer(status=2, says="there is no Pulumi.nosuch.yaml here"),
    Way.FILE: Answer(status=2, says="this is not YAML"),
}
DEPLOYED = {
    **AWS,
    **STACK_FILE,
    Way.EMPTY: Answer(status=1, says="nothing is deployed yet, or by an older program: pulumi up --stack dev"),
    Way.UNKNOWN: Answer(status=1, says="pulumi stack init dev && pulumi up --stack dev"),
}
"""Asks what ``pulumi up`` has made."""

_FINE = Answer(status=0, why="it asks neither AWS nor Pulumi")
OFFLINE = {**dict.fromkeys(Way, _FINE), **STACK_FILE}
"""Needs no account, no network and nothing deployed."""

RECORDED = {way: OFFLINE[way] for way in (Way.NETWORK, Way.EXPIRED, Way.EMPTY, *STACK_FILE)}
"""The same for verbs that run the program, which takes a second: the first ways stand for those like them."""

_ACCOUNT = Answer(status=0, why="it looks at the account, whatever is deployed")
ACCOUNT = {**AWS, Way.EMPTY: _ACCOUNT, Way.UNKNOWN: _ACCOUNT}
_NO_STACK = Answer(status=2, says="unrecognized arguments: --stack")
NO_STACK = {Way.NAMED: _NO_STACK, Way.FILE: _NO_STACK}
"""For verbs that take no ``--stack``."""

_FINDINGS = Answer(status=1, says="fix")
_ASKED = Answer(status=0, why="what no stack holds yet is asked of AWS, hub and registry")

ROWS = (
    Row(command="plan --stack STACK", kind=OFFLINE, wrong={"plan": "required: --stack"}),
    Row(
        command="size meta-llama/Llama-3.1-8B-Instruct",
        kind={**OFFLINE, **NO_STACK},
        wrong={
            "size": "required: MODEL",
            "size a/unknown": "--config-json",
            "size meta-llama/Llama-3.1-8B-Instruct --gpu nonsense": "--gpu-memory-gib",
            "size meta-llama/Llama-3.1-8B-Instruct --instance-type nonsense": "g6.2xlarge",
            "size meta-llama/Llama-3.1-8B-Instruct --tensor-parallel-size 7": "tensor-parallel-size",
            "size a/b --config-json nosuch.json": "nosuch.json",
        },
    ),
    Row(command="render --stack STACK", kind=OFFLINE, json=False, wrong={"render dev": "required: --stack"}),
    Row(
        command="graph --stack STACK",
        kind=RECORDED,
        wrong={
            "graph": "required: --stack",
            "graph --stack dev --preview x": "it goes with --policies",
            "graph --stack dev --policies --preview x": "cannot be read as JSON",
        },
    ),
    Row(
        command="rehearse --stack STACK",
        kind=RECORDED,
        where="bare",
        wrong={"rehearse": "required: --stack"},
    ),
    Row(
        command="keys list --stack STACK",
        kind=DEPLOYED,
        wrong={"keys list": "required: --stack", "keys show --stack dev": "invalid choice"},
    ),
    Row(command="keys add alice --stack STACK", kind=DEPLOYED, wrong={"keys add ../x --stack dev": "letters"}),
    Row(command="keys revoke alice --stack STACK", kind=DEPLOYED, wrong={"keys revoke --stack dev": "NAME"}),
    Row(command="keys restart --stack STACK", kind=DEPLOYED, wrong={"keys restart": "--stack"}),
    Row(command="keys restart --surge --stack STACK", kind=DEPLOYED, wrong={"keys restart x --stack dev": "x"}),
    Row(
        command="secrets set hf-token --stack STACK",
        kind=DEPLOYED,
        wrong={
            "secrets set other --stack dev": "invalid choice",
            "secrets set hf-token --stack dev --from-env NOPE": "NOPE is not set",
            "secrets set hf-token hf_abcdef --stack dev": "shell's history",
        },
    ),
    Row(command="status --stack STACK", kind=DEPLOYED, wrong={"status dev": "required: --stack"}),
    Row(command="alarms list --stack STACK", kind=DEPLOYED, wrong={"alarms --stack dev": "list|test"}),
    Row(
        command="alarms test --stack STACK",
        kind=DEPLOYED,
        wrong={"alarms test high-queue --all --stack dev": "--all"},
    ),
    Row(command="dashboard --stack STACK", kind=OFFLINE, json=False, wrong={"dashboard dev": "required: --stack"}),
    Row(command="rules --stack STACK", kind=OFFLINE, json=False, wrong={"rules --stack dev --job": "expected one"}),
    Row(
        command="logs --stack STACK",
        kind=DEPLOYED,
        wrong={
            "logs --stack dev --since yesterday": "2h",
            "logs --stack dev --unit nope": "cloud-init",
            "logs --stack dev --since 99999999999999999d": "--since",
        },
    ),
    Row(command="rollout --stack STACK", kind=DEPLOYED, wrong={"rollout --stack dev --timeout-s 0": "--timeout-s"}),
    Row(command="rollout --wait --stack STACK", kind=DEPLOYED, wrong={"rollout --wait": "required: --stack"}),
    Row(command="rollout --resume --stack STACK", kind=DEPLOYED, wrong={"rollout --resume dev": "--stack"}),
    Row(
        command="rollout --start --stack STACK",
        kind=DEPLOYED,
        wrong={"rollout --ignore-alarms --stack dev": "it goes with --start"},
    ),
    Row(
        command="tunnel --print --stack STACK",
        kind=DEPLOYED,
        wrong={"tunnel --stack dev --port 99999": "--port", "tunnel --stack dev --port x": "invalid int value"},
    ),
    Row(
        command="smoke --stack STACK",
        kind=DEPLOYED,
        wrong={
            "smoke --stack dev --base-url nonsense": "ends in /v1",
            "smoke --stack dev --base-url http://[::1": "ends in /v1",
            "smoke --stack dev --key-name x --api-key-env Y": "not allowed with",
            "smoke --stack dev --timeout-s 0": "--timeout-s",
        },
    ),
    Row(
        command="pin --update --stack STACK",
        kind=DEPLOYED,
        answers={
            Way.EMPTY: _ASKED,
            Way.UNKNOWN: _ASKED,
        },
        wrong={"pin --stack dev now": "unrecognized arguments"},
    ),
    Row(command="bake --stack STACK", kind=DEPLOYED, wrong={"bake --stack dev --timeout-s x": "--timeout-s"}),
    Row(
        command="review --stack STACK",
        kind=OFFLINE,
        where="git",
        answers={
            Way.NAMED: Answer(status=2, says="nosuch"),
            Way.FILE: Answer(status=0, why="a stack that is wrong in one revision is part of what a review says"),
        },
        wrong={
            "review": "git clone ADDRESS",
            "review a b c": "unrecognized arguments",
            "review --preview nosuch.json": "nosuch.json",
            "review --fail-on extreme": "invalid choice",
        },
    ),
    Row(
        command="doctor --stack STACK",
        kind={**DEPLOYED, **dict.fromkeys((*AWS, Way.EMPTY, Way.UNKNOWN), _FINDINGS)},
        wrong={"doctor dev": "required: --stack"},
    ),
    Row(
        command="bench --stack STACK",
        kind=DEPLOYED,
        wrong={
            "bench --stack dev --concurrency 1,x": "--concurrency",
            "bench --stack dev --rate 1 --concurrency 1": "not allowed with",
            "bench --stack dev --prompt-tokens 0": "--prompt-tokens",
        },
    ),
    Row(command="shell --print --stack STACK", kind=DEPLOYED, wrong={"shell i-0123": "required: --stack"}),
    Row(
        command="prices update --check",
        kind={**AWS, **NO_STACK},  # and knows no stack that could be empty
        wrong={
            "prices": "update",
            "prices update --region eu-west-1": "--check",
        },
    ),
    Row(
        command="bootstrap --repository acme/llm --plan",
        kind={**ACCOUNT, **NO_STACK},
        wrong={"bootstrap": "required: --repository", "bootstrap --repository acme": "acme/llm"},
    ),
    Row(
        command="cache list --stack STACK",
        kind={**ACCOUNT, **STACK_FILE},
        wrong={"cache": "list|delete"},
    ),
    Row(
        command="cache delete --yes --stack STACK",
        kind={**ACCOUNT, **STACK_FILE},
        wrong={"cache delete --yes": "required: --stack", "cache delete --stack dev": "say --yes"},
    ),
)
