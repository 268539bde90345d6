"""Whole stack files: of stacks that make sense, and of such with something changed that nobody should have written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.fuzz import fields, wild

Config = dict[str, Any]
ACCOUNT = "123456789012"
REGIONS = ("us-east-1", "us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1")
NAMES = ("fuzz", "fuzz", "fuzz", "A.b_c-9", "a-stack-name-that-has-as-many-letters-as")
NO_NAMES = ("-x", "../x", "a/b", "", "x" * 41, "é", "a b")


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """``text``: the file; ``secrets``: what stands in it and must be nowhere in what is said about it."""

    stack: str
    text: str
    secrets: tuple[str, ...] = ()


@st.composite
def stack_files(draw: st.DrawFn) -> StackFile:
    """Half of them are meant well. In the others a value is wild, or a secret stands where none may be."""
    config = draw(bases())
    kind = draw(st.sampled_from(("good", "good", "good", "good", "keys", "wild", "wild", "secret")))
    secrets: tuple[str, ...] = ()
    if kind == "keys":
        config = draw(with_good_keys(config))
    if kind == "wild":
        for _ in range(draw(st.integers(1, 3))):
            config = placed(config, path=draw(places()), value=draw(wild.values()))
    if kind == "secret":
        value, secret = draw(wild.with_secrets())
        config, secrets = placed(config, path=draw(places()), value=value), (secret,)
    if kind != "good" and draw(st.integers(0, 9)) == 0:
        config = as_engine_text(config)
    text = rendered(config)
    if kind == "wild" and draw(st.integers(0, 9)) == 0:
        text = draw(damaged(text))
    return StackFile(stack=draw(st.sampled_from(NAMES)), text=text, secrets=secrets)


def bases() -> st.SearchStrategy[Config]:
    return st.one_of(on_aws(), on_aws(), on_aws(), on_this_machine())


@st.composite
def on_aws(draw: st.DrawFn) -> Config:
    """A stack on AWS whose parts go together."""
    region = draw(st.sampled_from(REGIONS))
    endpoint = draw(st.sampled_from(endpoints(region)))
    scaling = draw(st.sampled_from(({}, {"min": 2}, {"max": 3}, {"min": 2, "max": 5}, {"min": 0, "max": 2}, ELASTIC)))
    closed = draw(st.integers(0, 5)) == 0
    config = {
        "aws:region": region,
        "vllm:model": draw(st.sampled_from(fields.MODELS[:4])),
        "vllm:serving": draw(st.sampled_from(SERVING)),
        "vllm:network": draw(st.sampled_from(networks(region, public=endpoint.get("exposure") == "public"))),
        "vllm:endpoint": endpoint,
        "vllm:scaling": scaling,
        "vllm:compute": draw(st.sampled_from(({}, {}, {}, *({"capacity": each} for each in CAPACITIES)))),
        "vllm:cache": draw(st.sampled_from(({}, {"protect": False}, {"sizeGib": 500}))),
        "vllm:monitoring": draw(st.sampled_from(MONITORING)),
        "vllm:image": draw(st.sampled_from(IMAGES)),
        "vllm:encryption": draw(st.sampled_from(encryptions(region))),
        "vllm:budget": draw(st.sampled_from(({}, {}, {"monthlyUsd": 50_000}))),
        "vllm:tags": draw(st.sampled_from(({}, {"team": "ml"}))),
    }
    if closed:
        config |= without_internet(region, config)
    return {key: value for key, value in config.items() if value != {}}


@st.composite
def on_this_machine(draw: st.DrawFn) -> Config:
    """A stack on one machine."""
    config = {
        "vllm:target": "local",
        "vllm:model": draw(st.sampled_from(fields.MODELS[1:4])),
        "vllm:serving": draw(st.sampled_from(SERVING)),
        "vllm:compute": draw(st.sampled_from(({}, {"devices": [0]}, {"tensorParallel": 2}, {"devices": [1, 3]}))),
        "vllm:cache": draw(st.sampled_from(({}, {"protect": False}, {"path": "~/.cache/huggingface"}))),
        "vllm:endpoint": draw(st.sampled_from(({}, {"port": 9000}))),
        "vllm:monitoring": draw(st.sampled_from(({}, {"prometheus": "local"}))),
        "vllm:image": draw(st.sampled_from(({}, {"digest": fields.DIGEST}, {"runAsRoot": True}))),
    }
    return {key: value for key, value in config.items() if value != {}}


ELASTIC: Mapping[str, Any] = {
    "min": 1,
    "max": 4,
    "schedules": [{"name": "day", "start": "0 8 * * 1-5", "end": "0 18 * * 1-5", "min": 2, "max": 8}],
}
CAPACITIES: tuple[Mapping[str, Any], ...] = (
    {"types": "auto"},
    {"types": "auto", "onDemandBase": 1, "spotPercent": 50},
    {"reservations": "open"},
)
SERVING: tuple[Mapping[str, Any], ...] = (
    {"maxModelLen": 4096},
    {"maxModelLen": 8192, "typicalTokens": 2048},
    {"maxModelLen": 2048, "concurrency": 8, "kvCacheDtype": "fp8"},
    {"maxModelLen": 4096, "extraArgs": {"seed": 7, "enable-auto-tool-choice": True, "tool-call-parser": "hermes"}},
)
MONITORING: tuple[Mapping[str, Any], ...] = (
    {},
    {"notify": ["oncall@example.com"]},
    {"prometheus": "amp", "scrapeFrom": ["10.0.8.0/24"]},
    {"thresholds": {"slow-responses": 20}, "logRetentionDays": 7},
)
IMAGES: tuple[Mapping[str, Any], ...] = (
    {},
    {"digest": fields.DIGEST},
    {"build": {"packages": ["librosa==0.11.0"], "chatTemplates": "chat-templates"}},
    {"runAsRoot": True},
)


def networks(region: str, *, public: bool) -> tuple[Mapping[str, Any], ...]:
    given: Config = {
        "mode": "existing",
        "vpcId": "vpc-0123456789abcdef0",
        "privateSubnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    }
    if public:
        given["publicSubnetIds"] = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"]
    return ({}, {"nat": "per_az"}, {"zones": [f"{region}a", f"{region}b"]}, {"cidr": "172.20.0.0/16"}, given)


def endpoints(region: str) -> tuple[Mapping[str, Any], ...]:
    certificate = {"certificateArn": f"arn:aws:acm:{region}:{ACCOUNT}:certificate/01234567-89ab-cdef-0123-456789abcdef"}
    zone = {"domain": "llm.example.com", "hostedZoneId": "Z0123456789ABCDEFGHIJ"}
    return (
        {},
        {"allowedCidrs": ["10.1.0.0/16"]},
        certificate,
        {**certificate, "exposure": "public", "deletionProtection": True},
        {**certificate, "domain": "llm.example.com", "exposure": "public", "allowedCidrs": ["203.0.113.0/24"]},
        {**zone, "exposure": "public", "accessLogs": True, "waf": True},
        {**zone, "exposure": "public", "rateLimit": {"perKey": 3000, "perAddress": 600}},
        {**zone, "accessLogs": True},
    )


def encryptions(region: str) -> tuple[Mapping[str, Any], ...]:
    key = f"arn:aws:kms:{region}:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
    return ({}, {}, {"kmsKeyArn": key}, {"ownKey": True})


def without_internet(region: str, config: Config) -> Config:
    """What goes into a stack whose hosts reach AWS's own endpoints alone."""
    return {
        "vllm:network": {"egress": "endpoints"},
        "vllm:model": {"id": config["vllm:model"], "source": "s3://models-of-ours/llama/8b"},
        "vllm:image": {"repository": f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/vllm", "digest": fields.DIGEST},
    }


@st.composite
def with_good_keys(draw: st.DrawFn, config: Config) -> Config:
    """Some keys more, each good by itself; together they may be a contradiction."""
    for key in draw(st.lists(st.sampled_from(fields.all_keys()), min_size=1, max_size=3)):
        config = placed(config, path=key.path, value=draw(fields.good(key)))
    return config


@st.composite
def places(draw: st.DrawFn) -> tuple[str, ...]:
    """Where something is put: a key that there is, mostly; else one that there is not."""
    path = draw(st.sampled_from(fields.all_keys())).path
    strange = ("a", "", "token", "{0}", "é", "a.b", "1", "secure", "maxmodellen")
    return draw(
        st.sampled_from(
            (
                *(path,) * 12,
                path[:1],
                (*path[:1], draw(st.sampled_from(strange))),
                (*path, draw(st.sampled_from(strange))),
                ("serving", "extraArgs", draw(st.sampled_from(("seed", "chat-template", "api-key", "x", "--y", "")))),
                (draw(st.sampled_from(("servng", "region", "stack", "secret", "", "hfToken"))),),
                (
                    "",
                    draw(
                        st.sampled_from(
                            ("aws:region", "aws:secretKey", "aws:profile", "other:x", "model", "vlm:a", ":")
                        )
                    ),
                ),
            )
        )
    )


def placed(config: Config, *, path: tuple[str, ...], value: Any) -> Config:
    """``config`` with the value at a path of its ``vllm:`` sections, or under a name that stands by itself."""
    if path[0] == "" and len(path) > 1:
        return {**config, path[1]: value}
    return {**config, f"vllm:{path[0]}": _put(config.get(f"vllm:{path[0]}"), path[1:], value)}


def _put(tree: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    if isinstance(tree, str) and path[0] != "id":
        tree = {"id": tree}  # the model by its id alone
    inside = dict(tree) if isinstance(tree, dict) else {}
    return {**inside, path[0]: _put(inside.get(path[0]), path[1:], value)}


def as_engine_text(config: Config) -> Config:
    """Sections as the engine passes them, and as ``pulumi config set`` without ``--path`` leaves them."""

    def text(value: Any) -> Any:
        try:
            return json.dumps(value) if isinstance(value, dict | list) else value
        except (TypeError, ValueError):  # YAML as it stands has no JSON
            return value

    return {key: text(value) for key, value in config.items()}


def rendered(config: Config) -> str:
    raw: dict[str, str] = {}

    def marked(value: Any) -> Any:
        if isinstance(value, wild.Raw):
            mark = f"RAW{len(raw)}WAR"
            raw[mark] = value.text
            return mark
        if isinstance(value, Mapping):
            return {key: marked(item) for key, item in value.items()}
        return [marked(item) for item in value] if isinstance(value, list) else value

    text = str(yaml.safe_dump({"config": marked(config)}, sort_keys=False, width=10_000))
    for mark, given in raw.items():
        text = text.replace(mark, given)
    return text


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """A line gone, twice there, moved to the margin, or something between two."""
    lines = text.splitlines()
    index = draw(st.integers(0, len(lines) - 1))
    line = lines[index]
    changed = draw(
        st.sampled_from(
            (
                [],
                [line, line],
                [line.lstrip()],
                [f"\t{line}"],
                [line, "---", line],
                [line, "config:"],
                [line, "  : x"],
                [line, "  ? [a]"],
                [line[: len(line) // 2]],
                [f"{line} %"],
                ["%YAML 9.9", line],
                [line, "  <<: *x"],
            )
        )
    )
    return "\n".join([*lines[:index], *changed, *lines[index + 1 :]]) + "\n"
