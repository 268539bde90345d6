"""The page about every key of a stack file: ``python -m config.reference > docs/configuration.md``.

Made from the models, so that it cannot say anything else than what is checked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from textwrap import dedent

from pydantic.fields import FieldInfo

from config import (
    budget_rules,
    capacity_rules,
    cross,
    encryption_rules,
    endpoint_rules,
    network_rules,
    private_rules,
    scaling_rules,
    target_rules,
)
from config.models import StackConfig
from config.namespaces import NAMESPACE, SECTIONS
from config.placeholders import PLACEHOLDERS
from config.section import Section
from config.wording import is_list, says, section_of

INTRO = """\
# Configuration

Every key of a stack file, `Pulumi.<stack>.yaml`. Made from the models: change `config/models.py`, then
`python -m config.reference > docs/configuration.md`.

- Only `aws:region` (not with `target: local`) and `vllm:model` are required. What is not set is the planner's choice
  or the safe one for production; `python -m ops plan --stack NAME` shows what that comes to, without an account. How
  it is worked out: [sizing.md](sizing.md).
- Unknown keys are errors. All problems are reported at once, each with the value given, what is allowed and an example.
- Editors that know YAML schemas complete and check keys by the first line of the file,
  `# yaml-language-server: $schema=config/schema.json`.
- Secrets never stand here: `python -m ops keys add` makes API keys, `python -m ops secrets set hf-token` stores the
  HuggingFace token.
"""

EXAMPLES: Mapping[str, str] = {
    "The least": """\
        config:
          aws:region: us-east-1
          vllm:model: meta-llama/Llama-3.1-8B-Instruct
        """,
    "On this machine, with Docker": """\
        config:
          vllm:target: local
          vllm:model: Qwen/Qwen2.5-1.5B-Instruct
          vllm:compute: {devices: [0]}
          vllm:cache: {path: ~/.cache/huggingface}
        """,
    "With an image of your own": """\
        config:
          aws:region: us-east-1
          vllm:model: meta-llama/Llama-3.1-8B-Instruct
          vllm:image:
            build:
              packages: [librosa==0.11.0]
        """,
    "In a VPC that is there": """\
        config:
          aws:region: us-east-1
          vllm:model: meta-llama/Llama-3.1-8B-Instruct
          vllm:network:
            mode: existing
            vpcId: vpc-0123456789abcdef0
            privateSubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
        """,
    "Public, for the clients of two offices": """\
        config:
          aws:region: us-east-1
          vllm:model: meta-llama/Llama-3.1-8B-Instruct
          vllm:endpoint:
            exposure: public
            domain: llm.example.com
            certificateArn: arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef
            allowedCidrs: [198.51.100.0/24, 203.0.113.7/32]
        """,
    "As many replicas as the load asks for, more in office hours, other types and spot instances too": """\
        config:
          aws:region: us-east-1
          vllm:model: meta-llama/Llama-3.1-8B-Instruct
          vllm:compute:
            capacity: {types: auto, onDemandBase: 1, spotPercent: 50}
          vllm:scaling:
            min: 1
            max: 4
            schedules:
              - {name: office-hours, start: 0 8 * * 1-5, end: 0 18 * * 1-5, timeZone: Europe/Berlin, min: 2, max: 8}
        """,
    "Nothing runs while nobody asks": """\
        config:
          aws:region: us-east-1
          vllm:model: meta-llama/Llama-3.1-8B-Instruct
          vllm:scaling: {min: 0, max: 2, idleMinutes: 30}
        """,
}

RULES: Mapping[Callable[..., object], str] = {
    network_rules.keys_of_the_network_mode: "`network.mode: create` goes with `cidr`, `zones` and `nat`; `existing` "
    "with `vpcId`, `privateSubnetIds` and `publicSubnetIds`. A key of the other mode is refused.",
    network_rules.a_given_network_is_named: "`network.mode: existing` needs `vpcId` and `privateSubnetIds`, and for a "
    "public endpoint `publicSubnetIds`.",
    cross.hosts_reach_the_registry: "`network.nat: none` does not work in a network that the stack makes: hosts would "
    "reach neither the image registry nor the model hub.",
    private_rules.private_hosts_have_a_model: "`network.egress: endpoints` needs `model.source`: hosts do not reach "
    "HuggingFace.",
    private_rules.private_hosts_have_an_image: "`network.egress: endpoints` needs an image in ECR of the stack's "
    "region: `image.repository` there, `image.build`, or `image.pullThrough`.",
    private_rules.private_hosts_have_no_nat: "`network.egress: endpoints` goes without NAT gateways.",
    private_rules.private_samples_have_an_agent: "`monitoring.prometheus: amp` with `network.egress: endpoints` needs "
    "`image.pullThrough`, since the agent's image is on Docker Hub.",
    private_rules.keys_beside_a_source: "`model.source` goes without `model.revision` and `model.tokenSecretArn`: the "
    "files are the revision, and hosts read them as their role.",
    endpoint_rules.public_speaks_https: "`endpoint.exposure: public` needs `endpoint.hostedZoneId` or "
    "`endpoint.certificateArn`.",
    endpoint_rules.domain_has_a_certificate: "`endpoint.domain` needs `endpoint.hostedZoneId` or "
    "`endpoint.certificateArn`.",
    endpoint_rules.hosted_zone_has_its_domain: "`endpoint.hostedZoneId` goes with `endpoint.domain`, which then has at "
    "most 64 characters, and without `endpoint.certificateArn`.",
    endpoint_rules.rate_limit_says_something: "`endpoint.rateLimit` has `perKey` or `perAddress`, and goes without "
    "`endpoint.waf: false`.",
    network_rules.open_to_all_only_in_public: "`endpoint.allowedCidrs` has a network of /0 only where the endpoint is "
    "public.",
    endpoint_rules.certificate_in_region: "`endpoint.certificateArn` is of the stack's region.",
    cross.keys_secret_in_region: "`endpoint.apiKeysSecretArn` is of the stack's region.",
    cross.token_secret_in_region: "`model.tokenSecretArn` is of the stack's region.",
    cross.zones_in_region: "`network.zones` are of the stack's region.",
    scaling_rules.min_at_most_max: "`scaling.min` is at most `scaling.max`, and so in each schedule.",
    scaling_rules.idle_minutes_say_something: "`scaling.idleMinutes` goes with `min: 0`, there or in a schedule.",
    scaling_rules.schedules_have_their_own_names: "Each of `scaling.schedules` has a name of its own.",
    scaling_rules.schedules_come: "`start` and `end` of a schedule come at all: February has no 30th.",
    scaling_rules.schedules_are_apart: "No two of `scaling.schedules` overlap or meet at the same minute, in whatever "
    "time zones; two years are looked at. None ends at the minute at which it starts.",
    capacity_rules.block_stands_alone: "`compute.capacity.block` goes with no other key of `compute.capacity`.",
    capacity_rules.block_has_its_type: "`compute.capacity.block` needs `compute.instanceType`: a block is of one type.",
    capacity_rules.block_is_in_the_region: "`compute.capacity.block.zone` is of the stack's region.",
    capacity_rules.block_is_in_the_network: "`network.zones` has the zone of `compute.capacity.block`.",
    capacity_rules.each_is_named_once: "`compute.capacity.types` and `reservations` name each once, and `types` not "
    "the one of `compute.instanceType`, which is tried first.",
    capacity_rules.base_is_below_spot: "`compute.capacity.onDemandBase` goes with `spotPercent` above 0.",
    capacity_rules.reservations_are_used: "`compute.capacity.reservations` goes with some replica on demand: spot "
    "instances use none.",
    cross.typical_within_longest: "`serving.typicalTokens` is at most `serving.maxModelLen`.",
    cross.batch_holds_every_sequence: "`serving.maxNumBatchedTokens` is at least `serving.maxNumSeqs`.",
    cross.tag_floats_only_beside_digest: "`image.tag` names a whole version unless `image.digest` is set.",
    target_rules.keys_of_the_target: "With `target: local`, what only AWS has is refused: `network`, `scaling`, "
    "`budget`, `encryption`, `tags`, `compute.instanceType`, `amiId` and `capacity`, `cache.sizeGib` and `snapshotId`, "
    "secrets of Secrets Manager, `image.pullThrough`, of `monitoring` all but `prometheus` and `thresholds`, and of "
    "`endpoint` all but `port`. `compute.devices`, `cache.path` and `endpoint.port` are for `target: local` alone.",
    target_rules.prometheus_is_of_the_target: "`monitoring.prometheus: amp` goes with `target: aws`, `local` with "
    "`target: local`.",
    target_rules.build_says_something: "`image.build` has at least one key. Its `chatTemplates` is a folder with files "
    "in it; its `dockerfile` has `ARG BASE` and `FROM ${BASE}`.",
    target_rules.pull_through_is_for_docker_hub: "`image.pullThrough` goes with a repository of Docker Hub.",
    target_rules.pull_through_secret_in_region: "`image.pullThrough.credentialArn` is of the stack's region.",
    encryption_rules.one_key_is_used: "`encryption` has `kmsKeyArn` or `ownKey: true`, not both.",
    encryption_rules.key_in_region: "`encryption.kmsKeyArn` is of the stack's region.",
    budget_rules.budget_tells_at_most_ten: "`monitoring.notify` has at most 10 addresses beside `budget.monthlyUsd`.",
    cross.stack_is_named_shortly: "The stack's own name has at most 40 characters: names in AWS are made from it.",
}
"""What each rule between keys says; a test holds it to the rules that are checked."""


def render() -> str:
    """The whole page, ending in a newline."""
    parts = (
        INTRO,
        *_examples(),
        "## Keys\n",
        _title("aws:region", "Where the stack is made, and what everything is looked up and priced for."),
        table(("allowed", "default", "example"), [_facts(StackConfig.model_fields["region"])]),
        *(_section(name) for name in SECTIONS),
        _encrypted(),
        "## Rules between keys\n",
        "\n".join(f"- {sentence}" for sentence in RULES.values()) + "\n",
        _placeholders(),
    )
    return "\n".join(parts)


def _examples() -> Iterator[str]:
    for title, text in EXAMPLES.items():
        yield f"{title}:\n\n```yaml\n{dedent(text)}```\n"


def _section(name: str) -> str:
    field = StackConfig.model_fields[name]
    section = section_of(field)
    if section is None:
        title = _title(f"{NAMESPACE}:{name}", field.description or "")
        return title + "\n" + table(("allowed", "default", "example"), [_facts(field)])
    rows = list(_rows(section))
    title = _title(f"{NAMESPACE}:{name}", section.__doc__ or "")
    return title + "\n" + table(("key", "allowed", "default", "example", "what it is for"), rows)


def _rows(section: type[Section], *, above: str = "") -> Iterator[tuple[str, ...]]:
    """A row for each key, and below one that is a section itself, a row for each of its own."""
    for field in section.model_fields.values():
        key = f"{above}{field.alias}"
        yield f"`{key}`", *_facts(field), field.description or ""
        if (inner := section_of(field)) is not None:
            yield from _rows(inner, above=f"{key}[]." if is_list(field) else f"{key}.")


def _title(key: str, text: str) -> str:
    return f"### `{key}`\n\n{text.strip()}\n"


def _facts(field: FieldInfo) -> tuple[str, str, str]:
    """Allowed, default, example."""
    about = says(field)
    return about.allowed, _default(field), f"`{about.example}`"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ((), {}):
        return "not set"
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


def _encrypted() -> str:
    keys = [
        f"`{name}.{inner.alias}`"
        for name in SECTIONS
        if (section := section_of(StackConfig.model_fields[name])) is not None
        for inner in section.model_fields.values()
        if says(inner).may_be_encrypted
    ]
    return (
        "## Encrypted values\n\nThe plan is made from a stack file without its passphrase, so a value may be "
        f"encrypted (`pulumi config set --secret`) only where no plan depends on it: {', '.join(keys)}.\n"
    )


def _placeholders() -> str:
    rows = [(f"`{entry.key}`", f"`{entry.text}`", entry.todo) for entry in PLACEHOLDERS]
    return (
        "## Placeholders\n\nWhat an account has and this repository cannot know stands in `Pulumi.prod.yaml` as one of "
        "these. `ops plan` warns of each that is left, `pulumi up` refuses it, and a rehearsal puts a stand-in in its "
        "place and says so.\n\n" + table(("key", "placeholder", "put in"), rows)
    )


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *(map(_cell, row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(render())
