"""The program that `pulumi up` runs: configuration -> plan -> components -> outputs."""

from __future__ import annotations

import pulumi

from components.user_data import HostNames
from components.wiring import Wiring
from config.errors import ConfigError
from config.sources import load_pulumi
from sizing.plan_view import plan_dict
from sizing.prepare import prepare

try:
    config, plan = prepare(load_pulumi())
except ConfigError as error:
    # The engine shows a RunError without a traceback, but the Automation API shows it twice: the report goes before it.
    pulumi.log.error(str(error))
    raise pulumi.RunError("the configuration is wrong (see above); nothing was changed") from None

wiring = Wiring(config=config, plan=plan)
network = wiring.network()
groups = wiring.security_groups(network)
secrets = wiring.secrets()
scripts = wiring.scripts()
host_logs = wiring.host_logs()
identity = wiring.identity(secrets=secrets, scripts=scripts, host_logs=host_logs)
cache = wiring.cache(network)
balancer = wiring.load_balancer(network=network, groups=groups)
names = HostNames(
    scripts_bucket=scripts.bucket,
    api_keys_secret_arn=secrets.api_keys_secret_arn,
    hf_token_secret_arn=secrets.hf_token_secret_arn,
    log_group=host_logs.log_group,
    target_group_arn=balancer.target_group_arn,
)
template = wiring.launch_template(groups=groups, identity=identity, names=names)
fleet = wiring.fleet(
    network=network,
    cache=cache,
    template=template,
    balancer=balancer,
    after=[network, groups, scripts, identity, cache, balancer],
)
alarms = wiring.alarms(balancer=balancer, fleet=fleet)

outputs = {
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
}
for name, value in outputs.items():
    pulumi.export(name, value)
