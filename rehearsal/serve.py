"""The boot of a rehearsal: the instance that the group launched, as a container that serves vLLM."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from config.model_source import s3_prefix
from rehearsal.aws.given.models import given_model
from rehearsal.host.boot import BootedHost
from rehearsal.host.engine import ContainerEngine
from rehearsal.host.errors import HostRehearsalError
from rehearsal.host.hub import tiny_model_files
from rehearsal.host.image import ensure_images
from rehearsal.host.spec import HostSpec
from rehearsal.host.volumes import VolumeStore
from rehearsal.inventory import compute
from rehearsal.inventory.model import Client
from rehearsal.verbs import Verbs

KEY_NAME = "rehearsal"
HF_TOKEN = "hf_" + "rehearsal" * 4  # the rehearsed hub accepts exactly this one
BOOT_TIMEOUT_S = 900.0
_WAITING = "Pending:Wait"


@dataclass(frozen=True, kw_only=True)
class Served:
    """``answer`` is the completion's text; ``checks`` what `ops smoke` said, line by line."""

    instance_id: str
    answer: str
    checks: tuple[str, ...]


def serve_completion(
    *,
    stack: str,
    region: str,
    client: Client,
    endpoint: str,
    outputs: Mapping[str, Any],
    image: str,
    verbs: Verbs,
    say: Callable[[str], None],
    console: Callable[[str], None],
    boots: Callable[[str], None],
    model_source: str | None,
) -> Served:
    """Put keys, boot the instance that waits for its boot, follow the rollout to the end, and ask for a completion.

    ``model_source``: where in S3 hosts expect the model; the tiny one lies there meanwhile. Other instances of the
    group are played (played.py). ``console`` gets the host's console, line by line, and
    ``boots`` the id of the instance when it begins. Raises HostRehearsalError or VerbError when the host does not get
    there.
    """
    with ExitStack() as stages:
        engine = stages.enter_context(ContainerEngine.open())
        images = ensure_images(engine=engine, say=say)
        volumes = stages.enter_context(VolumeStore())
        if model_source is not None:
            files = tiny_model_files(images.cpu.model)
            stages.enter_context(given_model(client("s3"), at=s3_prefix(model_source), files=files))
        # Hosts that are played hear of no key.
        key = json.loads(verbs.run("keys", "add", KEY_NAME, "--stack", stack, "--no-restart", "--json"))["key"]
        verbs.run("secrets", "set", "hf-token", "--stack", stack, stdin=HF_TOKEN + "\n")
        spec = _spec(client=client, outputs=outputs, region=region, endpoint=endpoint, image=image)
        for line in _said(spec=spec, client=client, outputs=outputs):
            say(line)
        boots(spec.instance_id)
        host = stages.enter_context(
            BootedHost(engine=engine, images=images, volumes=volumes, spec=spec, on_line=console)
        )
        verbs.run("rollout", "--stack", stack, "--wait", timeout_s=BOOT_TIMEOUT_S)
        status, body = host.completion(key, model=outputs["model"])
        smoke = verbs.run(*("smoke", "--stack", stack, "--base-url", host.base_url, "--direct", "--key-name", KEY_NAME))
        return Served(instance_id=spec.instance_id, answer=_answer(status, body), checks=tuple(smoke.splitlines()))


def _spec(*, client: Client, outputs: Mapping[str, Any], region: str, endpoint: str, image: str) -> HostSpec:
    group = compute.group_of(client, name=outputs["autoscaling_group"])
    version = compute.template_version_of(client, group=group)
    instance = next((item for item in group["Instances"] if item["LifecycleState"] == _WAITING), None)
    if instance is None:
        raise HostRehearsalError(f"no instance of {outputs['autoscaling_group']} waits for its boot")
    return HostSpec(
        user_data=compute.user_data_of(version),
        instance_id=instance["InstanceId"],
        zone=instance["AvailabilityZone"],
        region=region,
        endpoint=endpoint,
        instance_type=instance["InstanceType"],
        gpus=_gpus(outputs["plan"], instance_type=instance["InstanceType"]),
        image=image,
        hf_token=HF_TOKEN,
    )


def _gpus(plan: Mapping[str, Any], *, instance_type: str) -> int:
    """Of a host of that type, which need not be the planned one."""
    by_type = {each["instance_type"]: int(each["gpus_per_replica"]) for each in plan.get("host_types") or ()}
    return by_type.get(instance_type, int(plan["gpus_per_replica"]))


def _said(*, spec: HostSpec, client: Client, outputs: Mapping[str, Any]) -> Iterator[str]:
    """What of the host is not as on AWS."""
    yield "vLLM is the real one, on the CPU, with a tiny model of random weights: no sense in its words."
    if spec.gpus > 1:
        yield f"nvidia-smi lists {spec.gpus} GPUs, and vLLM gets 1 in place of --tensor-parallel-size {spec.gpus}."
    group = compute.group_of(client, name=outputs["autoscaling_group"])
    played = [item["InstanceId"] for item in group["Instances"] if item["InstanceId"] != spec.instance_id]
    if played:
        yield f"One host is booted, {spec.instance_id}; played as healthy: {', '.join(played)}."


def _answer(status: int, body: Mapping[str, Any]) -> str:
    if status != 200:
        raise HostRehearsalError(f"the completion was refused: HTTP {status}: {json.dumps(body)[:200]}")
    return str(body["choices"][0]["message"]["content"])
