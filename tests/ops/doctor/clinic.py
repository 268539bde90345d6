"""A stack that is well: its account, its model hub and its registry, on this machine; faults are planted by tests."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from moto.acm.models import acm_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.servicequotas.models import servicequotas_backends
from moto.sns.models import sns_backends

from config.parse import parse
from ops.doctor.case import Case
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.given.certificates import make_certificate
from rehearsal.aws.server import EmulatedAws
from rehearsal.aws.service_quotas import set_applied
from sizing.prepare import prepare
from tests.ops.alarm_stack import ADDRESS, AlarmStack, alarm_stack
from tests.ops.cache_slots import make_volume
from tests.ops.deployed_stack import Folder
from tests.ops.sources import COMMIT, DIGEST, Sources
from tests.rehearsal.aws.cloud import GROUP, HEALTHY_AFTER_S, Cloud

REGION = "us-east-1"
ZONES = [f"{REGION}a", f"{REGION}b"]
MODEL = "meta-llama/Llama-3.1-8B-Instruct"
DOMAIN = "llm.example.com"
CERTIFICATE = f"arn:aws:acm:{REGION}:{DEFAULT_ACCOUNT_ID}:certificate/01234567-89ab-cdef-0123-456789abcdef"
TOKEN = "hf_" + "aB3" * 11
FILES = f"/{MODEL}/resolve/main/config.json"
G_ON_DEMAND = "L-DB2E81BA"


def sources() -> Sources:
    """A hub with the gated model, which TOKEN opens, and a registry with the image."""
    return Sources(
        revisions={(MODEL, "main"): COMMIT, (MODEL, COMMIT): COMMIT},
        images={("vllm/openai", "v0.32.0"): DIGEST},
        answers={FILES: (200, {}, None)},
    )


@dataclass(frozen=True, kw_only=True)
class Emulated:
    aws: EmulatedAws

    def client(self, service: str, *, region: str) -> Any:
        return self.aws.client(service, region=region)


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """``sections``: of the stack file, without ``vllm:``."""

    cloud: Cloud
    folder: Folder
    sources: Sources
    waits: ManualClock
    sections: dict[str, Any]

    @classmethod
    def of(cls, *, cloud: Cloud, folder: Folder, sources: Sources, waits: ManualClock) -> Clinic:
        sections = {
            "model": MODEL,
            "image": {"repository": f"{sources.address}/vllm/openai"},
            "network": {"zones": list(ZONES)},
            "endpoint": {"domain": DOMAIN, "certificateArn": CERTIFICATE},
            "monitoring": {"notify": [ADDRESS]},
            "budget": {"monthlyUsd": 5000},
        }
        clinic = cls(cloud=cloud, folder=folder, sources=sources, waits=waits, sections=sections)
        clinic.write()
        return clinic

    def write(self, more: Mapping[str, Any] | None = None, **sections: Any) -> None:
        """The stack file, with these sections in place of its own; ``more``: keys of other providers."""
        self.sections.update(sections)
        keys = {
            "aws:region": REGION,
            **{f"vllm:{name}": value for name, value in self.sections.items()},
            **(more or {}),
        }
        self.folder.stack_file("dev").write_text(yaml.safe_dump({"config": keys}))

    def findings(self, *, status: int, **variables: str) -> list[dict[str, str]]:
        self.certify()
        done = self.folder.ops("doctor", "--stack", "dev", "--json", **{"HF_TOKEN": TOKEN, **variables})
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        document = json.loads(done.stdout)
        assert document["ready"] is (status == 0)
        found: list[dict[str, str]] = document["findings"]
        assert all(each["fix"] for each in found if each["level"] in ("error", "warning"))
        return found

    def case(self, *, outputs: Mapping[str, Any] | None = None, token: str = TOKEN, **sections: Any) -> Case:
        """What a single check looks at; ``sections`` in place of the stack file's."""
        raw = {"aws:region": REGION, **{f"vllm:{name}": value for name, value in {**self.sections, **sections}.items()}}
        config, plan = prepare(parse(stack="dev", raw=raw))
        aws = Emulated(aws=self.cloud.aws)
        return Case(
            config=config,
            plan=plan,
            environment={**self.folder.environment, "HF_TOKEN": token},
            aws=aws,
            settings=raw,
            ask_pulumi=lambda stack, environment: outputs or {},
        )

    # The account, as AWS would have it.

    @property
    def ec2(self) -> Any:
        return ec2_backends[DEFAULT_ACCOUNT_ID][REGION]

    def certify(self) -> Any:
        """The certificate of the stack file, in force; its key takes longer to make than most tests."""
        make_certificate(CERTIFICATE, domain=DOMAIN)
        return acm_backends[DEFAULT_ACCOUNT_ID][REGION]._certificates[CERTIFICATE]

    @property
    def secrets(self) -> Any:
        return self.cloud.aws.client("secretsmanager")

    def grant(self, vcpus: float | None, *, code: str = G_ON_DEMAND) -> None:
        set_applied(servicequotas_backends[DEFAULT_ACCOUNT_ID][REGION], code, vcpus)

    def unconfirm(self) -> None:
        for subscription in sns_backends[DEFAULT_ACCOUNT_ID][REGION].subscriptions.values():
            subscription.arn = "PendingConfirmation"

    # After `pulumi up`.

    def deploy(self, **outputs: Any) -> AlarmStack:
        """Everything of the stack dev that outputs name, but no host yet."""
        alarms = alarm_stack(self.cloud.aws)
        self.cloud.aws.client("sns").subscribe(TopicArn=alarms.topic_arn, Protocol="email", Endpoint=ADDRESS)
        self.cloud.aws.client("logs").create_log_group(logGroupName="hosts")
        held = {
            "endpoint": f"https://{DOMAIN}/v1",
            "autoscaling_group": GROUP,
            "target_group_arn": self.cloud.target_group_arn,
            "log_group": "hosts",
            "api_keys_secret_arn": self.secret("api-keys", value="{}"),
            "hf_token_secret_arn": self.secret("hf-token", value=TOKEN),
            "image_id": self.cloud.image_id,
            "zones": ZONES,
            "cache_volume_ids": [make_volume(self.cloud, zone=zone) for zone in ZONES],
            **alarms.outputs,
            **outputs,
        }
        self.folder.deploy("dev", held)
        return alarms

    def secret(self, name: str, *, value: str | None) -> str:
        more = {} if value is None else {"SecretString": value}
        arn: str = self.secrets.create_secret(Name=name, **more)["ARN"]
        return arn

    def serve(self) -> str:
        """One host, which serves and has said so; its id."""
        self.cloud.create_group()
        instance_id = self.cloud.instance_id(state="Pending:Wait")
        self.cloud.complete(instance_id)
        self.cloud.health()
        self.waits.advance(2 * HEALTHY_AFTER_S)
        self.say(instance_id, step="boot", status="ok")
        return instance_id

    def say(self, instance_id: str, **event: str) -> None:
        """What a host writes while it boots."""
        logs = self.cloud.aws.client("logs")
        names = {"logGroupName": "hosts", "logStreamName": instance_id}
        if not logs.describe_log_streams(logGroupName="hosts", logStreamNamePrefix=instance_id)["logStreams"]:
            logs.create_log_stream(**names)
        message = json.dumps({"duration_s": 1, "reason": "", **event})
        at_ms = time.time_ns() // 1_000_000
        logs.put_log_events(**names, logEvents=[{"timestamp": at_ms, "message": message}])

    def want_new_version(self) -> None:
        """What `pulumi up` does to the group, without a refresh."""
        version = self.cloud.new_version("second")
        template = {"LaunchTemplateId": self.cloud.template_id, "Version": version}
        self.cloud.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, LaunchTemplate=template)


def of(findings: Iterable[Mapping[str, str]], check: str) -> list[tuple[str, str, str]]:
    """Level, what was seen and the remedy, of one check."""
    return [(each["level"], each["seen"], each["fix"]) for each in findings if each["id"] == check]


def levels(findings: Iterable[Mapping[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in findings:
        found.setdefault(each["id"], set()).add(each["level"])
    return found
