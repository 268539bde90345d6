"""From a configuration and its plan to each component's arguments. No resource is made but by a component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pulumi
import pulumi_aws as aws

from components.aws.alarms import Alarms, AlarmsArgs
from components.aws.budget import Budget, BudgetArgs
from components.aws.cache_pool import CachePool, CachePoolArgs
from components.aws.fleet import Fleet
from components.aws.front import Front, make_approach, make_front
from components.aws.host_image import HostImage, host_image
from components.aws.host_logs import HostLogs, HostLogsArgs
from components.aws.identity import Identity, IdentityArgs
from components.aws.key_policy import KeyScope
from components.aws.launch_template import LaunchTemplate, LaunchTemplateArgs
from components.aws.load_balancer import LoadBalancer, LoadBalancerArgs
from components.aws.naming import Tags
from components.aws.own_key import OwnKey, OwnKeyArgs
from components.aws.placement import AnyNetwork, look_up_network, make_network, slot_zones
from components.aws.private import model_arn, private_endpoints, way_out
from components.aws.private_endpoints import PrivateEndpoints
from components.aws.prometheus import Prometheus, PrometheusAlerts, PrometheusAlertsArgs, PrometheusArgs
from components.aws.replicas import capacity_of, make_fleet, make_scaling, zones_of_type
from components.aws.scripts import Scripts, ScriptsArgs
from components.aws.secrets import Secrets, SecretsArgs
from components.aws.security_groups import SecurityGroups, SecurityGroupsArgs
from components.aws.user_data import HostNames, user_data
from config.models import StackConfig
from monitoring.facts import Facts
from monitoring.lines import Prices
from monitoring.rules import RUNBOOK, rules_yaml
from sizing.plan import Plan
from userdata.render import scripts_archive, scripts_key

ANY_ADDRESS = ("0.0.0.0/0",)


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """The components of one stack; each method makes one, from those it needs."""

    config: StackConfig
    plan: Plan

    @property
    def tags(self) -> Tags:
        return Tags(stack=self.config.stack, extra=self.config.tags)

    @property
    def facts(self) -> Facts:
        return Facts.of(self.plan, has_certificate=self.config.endpoint.is_https)

    @cached_property
    def zones_offering(self) -> Sequence[str]:
        """The region's zones where hosts can run at all, looked up once."""
        return zones_of_type(self.plan)

    @cached_property
    def kms_key_arn(self) -> pulumi.Input[str] | None:
        """Of the key that everything is encrypted with, the user's or the stack's own; None: AWS's keys."""
        wanted = self.config.encryption
        if not wanted.own_key:
            return wanted.kms_key_arn
        scope = KeyScope(
            region=self.config.region,
            account=_account(),
            partition=aws.get_partition().partition,
            prometheus=self.config.monitoring.prometheus == "amp",
        )
        return OwnKey("vllm-key", OwnKeyArgs(scope=scope, protect=self.config.cache.protect, tags=self.tags)).arn

    def budget(self) -> Budget | None:
        monthly_usd = self.config.budget.monthly_usd
        if monthly_usd is None:
            return None
        args = BudgetArgs(
            stack=self.config.stack, monthly_usd=monthly_usd, notify=self.config.monitoring.notify, tags=self.tags
        )
        return Budget("vllm-budget", args)

    def network(self) -> AnyNetwork:
        if self.config.network.mode == "existing":
            return look_up_network(config=self.config)
        return make_network(config=self.config, plan=self.plan, offered=self.zones_offering, tags=self.tags)

    def security_groups(self, network: AnyNetwork) -> SecurityGroups:
        endpoint = self.config.endpoint
        everyone = ANY_ADDRESS if endpoint.exposure == "public" else network.cidrs
        args = SecurityGroupsArgs(
            vpc_id=network.vpc_id,
            client_cidrs=everyone if endpoint.allowed_cidrs is None else endpoint.allowed_cidrs,
            https=endpoint.is_https,
            scrape_from=self.config.monitoring.scrape_from,
            way_out=way_out(config=self.config, network=network),
            tags=self.tags,
        )
        return SecurityGroups("vllm", args)

    def secrets(self) -> Secrets:
        args = SecretsArgs(
            api_keys_secret_arn=self.config.endpoint.api_keys_secret_arn,
            hf_token_secret_arn=self.config.model.token_secret_arn,
            # A stack whose cache may go is one that is made and destroyed often: a deleted secret must not linger.
            recoverable=self.config.cache.protect,
            tags=self.tags,
            kms_key_arn=self.kms_key_arn,
        )
        return Secrets("vllm-secrets", args)

    def scripts(self) -> Scripts:
        args = ScriptsArgs(key=scripts_key(), content=scripts_archive(), tags=self.tags, kms_key_arn=self.kms_key_arn)
        return Scripts("vllm-scripts", args)

    def host_logs(self) -> HostLogs:
        args = HostLogsArgs(
            retention_days=self.config.monitoring.log_retention_days, tags=self.tags, kms_key_arn=self.kms_key_arn
        )
        return HostLogs("vllm-hosts", args)

    def prometheus(self) -> Prometheus | None:
        """Where hosts write samples, for who asks for it."""
        if self.config.monitoring.prometheus != "amp":
            return None
        return Prometheus("vllm-metrics", PrometheusArgs(stack=self.config.stack, tags=self.tags))

    def image(self) -> HostImage:
        return host_image(config=self.config, plan=self.plan, account=_account(), tags=self.tags)

    def identity(
        self,
        *,
        secrets: Secrets,
        scripts: Scripts,
        host_logs: HostLogs,
        balancer: LoadBalancer,
        image: HostImage,
        prometheus: Prometheus | None,
    ) -> Identity:
        args = IdentityArgs(
            stack=self.config.stack,
            region=self.config.region,
            account=_account(),
            partition=aws.get_partition().partition,
            bucket_arn=scripts.bucket_arn,
            api_keys_secret_arn=secrets.api_keys_secret_arn,
            hf_token_secret_arn=secrets.hf_token_secret_arn,
            log_group_arn=host_logs.log_group_arn,
            target_group_arn=balancer.target_group_arn,
            user_tag_keys=tuple(self.config.tags),
            tags=self.tags,
            image_repository_arn=image.repository_arn,
            imports_image=image.imports,
            workspace_arn=prometheus.arn if prometheus else None,
            kms_key_arn=self.kms_key_arn,
            model_arn=model_arn(self.config, partition=aws.get_partition().partition),
        )
        return Identity("vllm-host", args)

    def private_endpoints(
        self, *, network: AnyNetwork, groups: SecurityGroups, scripts: Scripts
    ) -> PrivateEndpoints | None:
        return private_endpoints(config=self.config, network=network, groups=groups, scripts=scripts, tags=self.tags)

    def cache(self, network: AnyNetwork) -> CachePool:
        wanted = self.config.cache
        args = CachePoolArgs(
            pool=self.plan.cache,
            zones=slot_zones(network=network, plan=self.plan, offered=self.zones_offering),
            snapshot_id=wanted.snapshot_id,
            size_is_set=wanted.size_gib is not None,
            protect=wanted.protect,
            tags=self.tags,
            kms_key_arn=self.kms_key_arn,
        )
        return CachePool("vllm-cache", args)

    def front(self) -> Front:
        return make_front(config=self.config, account=_account(), tags=self.tags)

    def approach(self, balancer: LoadBalancer) -> None:
        make_approach(config=self.config, plan=self.plan, balancer=balancer, tags=self.tags)

    def load_balancer(self, *, network: AnyNetwork, groups: SecurityGroups, front: Front) -> LoadBalancer:
        endpoint = self.config.endpoint
        internal = endpoint.exposure == "internal"
        args = LoadBalancerArgs(
            internal=internal,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids if internal else network.public_subnet_ids,
            security_group_id=groups.load_balancer_id,
            certificate_arn=front.certificate_arn,
            log_bucket=front.log_bucket,
            domain=endpoint.domain,
            deletion_protection=endpoint.deletion_protection,
            timers=self.plan.timers,
            tags=self.tags,
        )
        return LoadBalancer("vllm", args)

    def launch_template(self, *, groups: SecurityGroups, identity: Identity, names: HostNames) -> LaunchTemplate:
        args = LaunchTemplateArgs(
            ami_id=self.config.compute.ami_id,
            instance_type=self.plan.instance_type,
            root_volume_gib=self.plan.root_volume_gib,
            security_group_id=groups.host_id,
            instance_profile_arn=identity.instance_profile_arn,
            user_data=user_data(config=self.config, plan=self.plan, names=names),
            tags=self.tags,
            kms_key_arn=self.kms_key_arn,
            block_id=capacity_of(self.plan).block_id,
        )
        return LaunchTemplate("vllm-host", args)

    def fleet(
        self,
        *,
        network: AnyNetwork,
        cache: CachePool,
        template: LaunchTemplate,
        balancer: LoadBalancer,
        after: list[pulumi.Resource],
    ) -> Fleet:
        return make_fleet(
            plan=self.plan,
            network=network,
            cache=cache,
            template=template,
            balancer=balancer,
            offered=self.zones_offering,
            after=after,
            tags=self.tags,
        )

    def scaling(self, *, balancer: LoadBalancer, fleet: Fleet) -> None:
        make_scaling(plan=self.plan, balancer=balancer, fleet=fleet, tags=self.tags)

    def alarms(
        self, *, front: Front, cache: CachePool, balancer: LoadBalancer, fleet: Fleet, prometheus: Prometheus | None
    ) -> Alarms:
        args = AlarmsArgs(
            stack=self.config.stack,
            region=self.config.region,
            account=_account(),
            notify=self.config.monitoring.notify,
            thresholds=self.config.monitoring.thresholds,
            facts=self.facts,
            prices=Prices.of(self.plan),
            host_types=[each.instance_type for each in self.plan.host_types],
            zones=pulumi.Output.all(*cache.zones).apply(lambda zones: sorted(set(zones))),
            scaling=self.plan.scaling,
            load_balancer_dimension=balancer.load_balancer_dimension,
            target_group_dimension=balancer.target_group_dimension,
            group_name=fleet.group_name,
            certificate_arn=front.certificate_arn,
            workspace_arn=prometheus.arn if prometheus else None,
            tags=self.tags,
            kms_key_arn=self.kms_key_arn,
        )
        return Alarms("vllm", args)

    def prometheus_alerts(self, *, prometheus: Prometheus, alarms: Alarms) -> PrometheusAlerts:
        monitoring = self.config.monitoring
        args = PrometheusAlertsArgs(
            region=self.config.region,
            workspace_id=prometheus.workspace_id,
            topic_arn=alarms.topic_arn,
            rules=rules_yaml(
                stack=self.config.stack, facts=self.facts, thresholds=monitoring.thresholds, runbook_url=RUNBOOK
            ),
            tags=self.tags,
        )
        return PrometheusAlerts("vllm-metrics", args)


def _account() -> str:
    return aws.get_caller_identity().account_id
