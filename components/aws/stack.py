"""One stack on AWS: every component, in the order in which they need each other, and the stack's outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.aws.user_data import HostNames
from components.aws.wiring import Wiring
from config.models import StackConfig
from sizing.plan import Plan
from sizing.plan_view import plan_dict


def build(config: StackConfig, plan: Plan) -> Mapping[str, Any]:
    """Make the resources; the outputs by name."""
    wiring = Wiring(config=config, plan=plan)
    network = wiring.network()
    groups = wiring.security_groups(network)
    secrets = wiring.secrets()
    scripts = wiring.scripts()
    ways = wiring.private_endpoints(network=network, groups=groups, scripts=scripts)
    host_logs = wiring.host_logs()
    cache = wiring.cache(network)
    front = wiring.front()
    balancer = wiring.load_balancer(network=network, groups=groups, front=front)
    wiring.approach(balancer)
    image = wiring.image()
    prometheus = wiring.prometheus()
    identity = wiring.identity(
        secrets=secrets, scripts=scripts, host_logs=host_logs, balancer=balancer, image=image, prometheus=prometheus
    )
    names = HostNames(
        scripts_bucket=scripts.bucket,
        api_keys_secret_arn=secrets.api_keys_secret_arn,
        hf_token_secret_arn=secrets.hf_token_secret_arn,
        log_group=host_logs.log_group,
        target_group_arn=balancer.target_group_arn,
        image=image.reference,
        prometheus_image=image.prometheus,
        remote_write_url=prometheus.remote_write_url if prometheus else None,
    )
    template = wiring.launch_template(groups=groups, identity=identity, names=names)
    fleet = wiring.fleet(
        network=network,
        cache=cache,
        template=template,
        balancer=balancer,
        after=[network, groups, scripts, identity, cache, balancer, *([ways] if ways else [])],
    )
    wiring.scaling(balancer=balancer, fleet=fleet)
    alarms = wiring.alarms(front=front, cache=cache, balancer=balancer, fleet=fleet, prometheus=prometheus)
    wiring.budget()
    if prometheus is not None:
        wiring.prometheus_alerts(prometheus=prometheus, alarms=alarms)
    return {
        "endpoint": balancer.endpoint,
        "model": plan.served_name,
        "plan": plan_dict(plan),
        "dashboard_url": alarms.dashboard_url,
        "alarm_topic_arn": alarms.topic_arn,
        "log_group": host_logs.log_group,
        "autoscaling_group": fleet.group_name,
        "load_balancer_dns": balancer.dns_name,
        "api_keys_secret_arn": secrets.api_keys_secret_arn,
        "hf_token_secret_arn": secrets.hf_token_secret_arn,
        "cache_volume_ids": cache.volume_ids,
        "zones": network.zones,
        "image_id": template.image_id,
        "target_group_arn": balancer.target_group_arn,
        "scripts_bucket": scripts.bucket,
        **({"encryption_key_arn": wiring.kms_key_arn} if wiring.kms_key_arn is not None else {}),
        **({"prometheus_endpoint": prometheus.endpoint} if prometheus else {}),
    }
