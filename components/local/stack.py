"""One stack on this machine: its containers, in the order in which they need each other, and the stack's outputs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pulumi

from components.local.cache import Cache, CacheArgs
from components.local.confined import is_root
from components.local.front import Front, FrontArgs
from components.local.image import pulled_image
from components.local.network import Network
from components.local.owner import Owner, OwnerArgs
from components.local.server import Server, ServerArgs
from components.local.watcher import Place
from components.own_image import OwnImage, OwnImageArgs
from config.errors import ConfigError
from config.models import StackConfig
from machine.facts import Facts
from machine.look import look
from machine.names import Names
from machine.not_ready import NotReadyError
from machine.ports import is_watched
from machine.preflight import problems
from machine.secret_files import secrets_folder
from machine.user import container_user
from sizing.plan import Plan
from sizing.plan_view import plan_dict

ONLY_ON_AWS = ("dashboard_url", "alarm_topic_arn", "log_group", "autoscaling_group", "load_balancer_dns")
"""Outputs that scripts may ask every stack for."""


def build(config: StackConfig, plan: Plan) -> Mapping[str, Any]:
    """Make the resources; the outputs by name. RunError when this machine is not ready for them: before the first one,
    or in a preview after the last one, so that it shows them too and does not pass."""
    facts = _look(config, plan)
    ready = _check(config, plan, facts)
    names = Names(config.stack)
    network = Network("vllm", names)
    cache = Cache("vllm-cache", CacheArgs(path=config.cache.path, protect=config.cache.protect, names=names))
    image = _image(config, plan)
    user = container_user(facts.engine, run_as_root=config.image.run_as_root, uid=os.getuid())
    args = OwnerArgs(names=names, image=image, user=user, volumes=cache.made)
    server = Server(
        "vllm",
        ServerArgs(
            plan=plan,
            names=names,
            image=image,
            network=network.name,
            mounts=cache.mounts,
            secrets=secrets_folder(config.stack),
            user=user,
            after=[] if is_root(user) else [Owner("vllm-owner", args)],
        ),
    )
    front = Front(
        "vllm-front",
        FrontArgs(plan=plan, names=names, network=network.name, port=config.endpoint.port, after=[server]),
    )
    watched = _watched(config, plan, Place(names=names, network=network.name, after=[server]))
    if not ready:
        raise pulumi.RunError("this machine is not ready (see above)") from NotReadyError()
    return {
        "endpoint": front.endpoint,
        "model": plan.served_name,
        "plan": plan_dict(plan),
        **dict.fromkeys(ONLY_ON_AWS),
        "server_container": server.container_name,
        "front_container": front.container_name,
        "huggingface_cache": cache.huggingface,
        **watched,
    }


def _watched(config: StackConfig, plan: Plan, place: Place) -> Mapping[str, Any]:
    """Outputs of what watches the stack, if anything does."""
    if not is_watched(config):
        return {}
    from components.local.watching import watching  # with Grafana's builders, which others need not load

    return watching(config, plan, place)


def _look(config: StackConfig, plan: Plan) -> Facts:
    engine = pulumi.Config("docker")
    return look(config, plan, docker_host=engine.get("host"), docker_context=engine.get("context"))


def _check(config: StackConfig, plan: Plan, facts: Facts) -> bool:
    """Whether nothing is in the way; all that is has been said then. RunError in an update."""
    found = problems(config, plan, facts)
    if not found:
        return True
    pulumi.log.error(str(ConfigError(found)))
    if not pulumi.runtime.is_dry_run():
        raise pulumi.RunError("this machine is not ready (see above); nothing was changed")
    return False


def _image(config: StackConfig, plan: Plan) -> pulumi.Output[str]:
    """The id of the image that vLLM runs from."""
    if config.image.build is None:
        return pulled_image("vllm", reference=plan.image)
    own = OwnImageArgs(
        build=config.image.build,
        base=plan.image,
        version=config.image.tag,
        image_name=Names(config.stack).server,
    )
    return OwnImage("vllm-image", own).reference
