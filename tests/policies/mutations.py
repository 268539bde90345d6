"""For each rule about the graph one change of one line, to a stack file or to a component, that breaks it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from policies.model import Deployment
from policies.read import deployment_of
from rehearsal.graph.record import record_graph
from tests.program.cases import PUBLIC, ROOT, merged, values_of

TOKEN = "hf_" + "aB3" * 8
DIGEST = "sha256:" + "0123456789abcdef" * 4
PINNED = {"vllm:compute": {"amiId": "ami-0aaaaaaaaaaaaaaaa"}, "vllm:image": {"digest": DIGEST}}
OPEN = {"vllm:endpoint": dict(PUBLIC)}


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """``stack`` with ``base`` passes every rule, also the advisory ones; with ``config`` set, or in ``file`` the text
    ``old`` replaced by ``new``, exactly ``rule`` is broken, at ``at``."""

    rule: str
    at: str
    stack: str = "dev"
    base: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    old: str = ""
    new: str = ""


def of_prod(rule: str, at: str, config: Mapping[str, Any]) -> Mutation:
    return Mutation(rule=rule, at=at, stack="prod", base=PINNED, config=config)


def in_file(rule: str, at: str, file: str, old: str, new: str, **more: Any) -> Mutation:
    return Mutation(rule=rule, at=at, file=f"components/{file}.py", old=old, new=new, **more)


MUTATIONS = (
    Mutation(rule="cost-within-budget", at="vllm-dev", config={"vllm:budget": {"monthlyUsd": 100}}),
    of_prod("cache-is-protected", "vllm-cache-0-0", {"vllm:cache": {"protect": False}}),
    of_prod("deletion-protection", "vllm", {"vllm:endpoint": {"deletionProtection": False}}),
    of_prod("somebody-is-told", "vllm-alarms", {"vllm:monitoring": {"notify": []}}),
    of_prod("image-has-digest", "vllm-host", {"vllm:image": {"digest": None}}),
    of_prod("machine-image-pinned", "vllm-host", {"vllm:compute": {"amiId": None}}),
    in_file("cache-is-kept", "vllm-cache-0-0", "aws/cache_pool", 'held = ["snapshotId", ', "held = ["),
    in_file(
        "ingress-is-narrow",
        "vllm-alb-clients-0",
        "aws/security_groups",
        "=cidr,\n            referenced_security_group_id=source",
        '="0.0.0.0/0"',
    ),
    in_file(
        "ssh-is-closed",
        "vllm-host",
        "aws/launch_template",
        "            image_id=",
        '            key_name="mine",\n            image_id=',
    ),
    in_file("fleet-rolls", "vllm", "aws/refresh", "auto_rollback=True", "auto_rollback=False"),
    of_prod("spot-has-a-base", "vllm", {"vllm:compute": {"capacity": {"spotPercent": 50}}}),
    in_file(
        "scales-on-load",
        "vllm-scale-out",
        "aws/scaling",
        "metric_name=load.name",
        'metric_name="GpuUtilization"',
        base={"vllm:scaling": {"max": 2}},
    ),
    in_file(
        "image-version", "vllm-host", "aws/host_image", "reference=plan.image", 'reference="vllm/vllm-openai:latest"'
    ),
    in_file(
        "metadata-needs-token", "vllm-host", "aws/launch_template", 'http_tokens="required"', 'http_tokens="optional"'
    ),
    in_file("volumes-encrypted", "vllm-cache-0-0", "aws/cache_pool", "encrypted=True", "encrypted=False"),
    in_file("topic-is-heard", "vllm-alarms", "aws/alarms", "=self._args.kms_key_arn", '="alias/aws/sns"'),
    in_file("iam-no-wildcard", "vllm-host", "aws/host_policy", '"], sorted(scope.secret_arns))', '"], "*")'),
    in_file(
        "iam-no-managed-policy",
        "vllm-host",
        "aws/identity",
        "            assume_role_policy=",
        '            managed_policy_arns=["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],\n'
        "            assume_role_policy=",
    ),
    in_file(
        "resource-policy-not-public",
        "vllm-alarms",
        "aws/alarms",
        '"Principal": {"Service": "events.amazonaws.com"}',
        '"Principal": "*"',
    ),
    in_file("secrets-not-in-inputs", "vllm-host", "aws/identity", '"vLLM hosts of stack', f'"{TOKEN} of stack'),
    in_file(
        "secret-values-not-in-state",
        "vllm-api-keys",
        "aws/secrets",
        "return secret.arn",
        'return aws.secretsmanager.SecretVersion(name, secret_id=secret.arn, secret_string="x").secret_id',
    ),
    in_file("hosts-private", "vllm-host", "aws/launch_template", 'ip_address="false"', 'ip_address="true"'),
    in_file("tls-is-current", "vllm-https", "aws/listeners", "-TLS13-1-2-2021-06", "-2016-08", base=OPEN),
    in_file(
        "public-speaks-https",
        "vllm",
        "aws/listeners",
        "(action=_to_https(), after=after)",
        "(action=_not_found(), after=after)",
        base=OPEN,
    ),
    in_file("logs-end", "vllm-hosts", "aws/host_logs", "            retention_in_days=args.retention_days,\n", ""),
    in_file("costs-are-tagged", "vllm-hosts", "aws/host_logs", '            tags=args.tags.named("hosts"),\n', ""),
    in_file("paths-are-listed", "vllm-paths-10", "paths", '"/v1/models",', '"/metrics",'),
    in_file("hooks-at-both-ends", "vllm", "aws/fleet", 'default_result="ABANDON"', 'default_result="CONTINUE"'),
    in_file("odd-requests-dropped", "vllm", "aws/load_balancer", "_header_fields=True", "_header_fields=False"),
    in_file(
        "buckets-encrypted",
        "vllm-scripts",
        "aws/private_bucket",
        "bucket=bucket.bucket, rules=",
        'bucket="another", rules=',
    ),
    in_file(
        "buckets-private", "vllm-scripts", "aws/private_bucket", "block_public_acls=True", "block_public_acls=False"
    ),
    in_file("buckets-tls-only", "vllm-scripts", "aws/private_bucket", '"Action": "s3:*"', '"Action": "s3:GetObject"'),
)


def mutated(mutation: Mutation, *, applied: bool) -> Deployment:
    """The graph of the stack with ``base``, and where ``applied`` with the change."""
    values = merged(values_of(mutation.stack), mutation.base)
    if applied:
        values = merged(values, mutation.config)
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("Pulumi.yaml", "__main__.py"):
            (root / name).write_bytes((ROOT / name).read_bytes())
        (root / f"Pulumi.{mutation.stack}.yaml").write_text(yaml.safe_dump({"config": values}), encoding="utf-8")
        copytree(ROOT / "components", root / "components")
        if applied and mutation.file:
            change(root / mutation.file, old=mutation.old, new=mutation.new)
        with other_components():
            graph = record_graph(stack=mutation.stack, root=root)
    return deployment_of([resource.as_dict() for resource in graph])


def change(file: Path, *, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} has {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


@contextmanager
def other_components() -> Iterator[None]:
    """Inside, ``components`` is imported anew, from the folder of the program; afterwards everything is as before."""
    kept = {name: sys.modules.pop(name) for name in _loaded()}
    try:
        yield
    finally:
        for name in _loaded():
            del sys.modules[name]
        sys.modules |= kept


def _loaded() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] == "components"]
