"""The changes to the prod stack that people make, one row each, and exactly what each touches. What a row does not
list must stay as it is; the load balancer and the cache are replaced or deleted by none."""

from __future__ import annotations

from tests.e2e.change import TAGGED, Change, Touch, create, delete, replace, update
from tests.e2e.component_changes import COMPONENT_CHANGES
from tests.e2e.endpoint_changes import ENDPOINT_CHANGES
from tests.e2e.key_changes import KEY_CHANGES
from tests.e2e.renamed import RENAMED
from tests.e2e.touches import SHOWS_COST, new_version

NEW_TAGS = {"environment": "production", "cost-center": "4711"}
MODEL = "meta-llama/Llama-3.1-70B-Instruct"
REVISION = "1605565b47bb9346c5515c34102e054115b4f98b"
PROTECTED = (
    'unable to replace resource "urn:pulumi:prod::vllm::vllm:components:LoadBalancer$'
    'aws:lb/loadBalancer:LoadBalancer::vllm" as it is currently marked for protection'
)


def tagged(*, policy: bool) -> tuple[Touch, ...]:
    """Tags of the user: everything in place, and no host is replaced (test_engine_prod.py)."""
    group = update(
        "Group vllm",
        "launchTemplate",
        "tags",
        why="hands its tags to hosts launched later; the provider shows the version as unknown, and keeps it",
    )
    keys = update("RolePolicy vllm-host", "policy", why="a host may write exactly the user's tag keys on its own disk")
    everything = update(TAGGED, "tags", why="carries the user's tags")
    return (everything, group, keys) if policy else (everything, group)


CHANGES = (
    Change(name="nothing", config={}),
    Change(
        name="flag",
        config={"vllm:serving": {"extraArgs": {"seed": 7}}},
        touched=new_version("userData", why="flags of vLLM are in the user data"),
    ),
    Change(
        name="replicas",
        config={"vllm:scaling": {"min": 3}},
        touched=(
            create(
                "Volume vllm-cache-0-2", why="ceil(3 replicas / 2 zones) + 1 slots in each zone: one more than for two"
            ),
            create("Volume vllm-cache-1-2", why="likewise"),
            update(
                "Group vllm",
                "instanceMaintenancePolicy",
                "instanceRefresh",
                "maxSize",
                "minSize",
                why="the size; one host more than it may run during a replacement, which is another percentage",
            ),
            update("MetricAlarm vllm-missing-replicas", "threshold", why="fires below the minimum"),
            update("MetricAlarm vllm-metrics-missing", "threshold", why="likewise: each replica publishes"),
            SHOWS_COST,
        ),
    ),
    # One replica uses one zone, and the slots of the other would go: with cache.protect that takes a decision.
    Change(
        name="replicas-fewer",
        config={"vllm:scaling": {"min": 1}},
        refused_for='CachePool$aws:ebs/volume:Volume::vllm-cache-1-0" cannot be deleted because it is protected',
    ),
    Change(
        name="instance-type",
        config={"vllm:compute": {"instanceType": "g6e.24xlarge"}},
        touched=(
            *new_version(
                "instanceType", why="the machine is in the template; this one has as many GPUs of the same kind"
            ),
            SHOWS_COST,
            update("MetricAlarm vllm-no-capacity", "alarmDescription", why="names the types that are tried"),
        ),
    ),
    Change(
        name="instance-type-that-a-zone-lacks",
        config={"vllm:compute": {"instanceType": "g7e.24xlarge"}},
        refused_for="us-east-1a, us-east-1b, of which us-east-1a offers g7e.24xlarge",
    ),
    # The volumes of the cache, and so the hosts, stay in the zones that they are in.
    Change(
        name="instance-type-and-its-zone",
        config={
            "vllm:compute": {"instanceType": "g7e.24xlarge"},
            "vllm:network": {"zones": ["{zones[0]}", "{zones[1]}", "us-east-1c"]},
        },
        refused_for="g7e.24xlarge, which us-east-1b does not offer",
    ),
    Change(name="zones-pinned", config={"vllm:network": {"zones": ["{zones[0]}", "{zones[1]}"]}}),
    Change(
        name="zone-added",
        config={"vllm:network": {"zones": ["{zones[0]}", "{zones[1]}", "us-east-1d"]}},
        touched=(
            *(
                create(
                    what, why="the new zone has its own subnets, route tables and NAT gateway; the others keep theirs"
                )
                for what in (
                    "Subnet vllm-public-2",
                    "Subnet vllm-private-2",
                    "RouteTable vllm-private-2",
                    "RouteTableAssociation vllm-public-2",
                    "RouteTableAssociation vllm-private-2",
                    "Route vllm-private-2",
                    "Eip vllm-nat-2",
                    "NatGateway vllm-nat-2",
                )
            ),
            update("VpcEndpoint vllm-s3", "routeTableIds", why="hosts of the new zone reach S3 past the NAT gateway"),
            update("LoadBalancer vllm", "subnets", "subnetMappings", why="gets an address in the new zone, in place"),
            SHOWS_COST,
        ),
    ),
    Change(
        name="certificate",
        config={
            "vllm:endpoint": {
                "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/2e2e2e2e-0000-4000-8000-000000000000"
            }
        },
        touched=(
            update("Listener vllm-https", "certificateArn", why="shows the new certificate, without a gap"),
            update("MetricAlarm vllm-certificate-expiry", "dimensions", why="watches the new one"),
            update("Dashboard vllm", "dashboardBody", why="likewise"),
        ),
    ),
    Change(
        name="https-dropped",
        config={"vllm:endpoint": {"certificateArn": None, "domain": None}},
        touched=(
            update("Listener vllm", "defaultActions", why="serves again where it redirected"),
            replace("ListenerRule vllm-paths-*", why="a rule cannot move from one listener to another"),
            delete("Listener vllm-https", why="has no certificate to show"),
            delete("MetricAlarm vllm-certificate-expiry", why="there is none that could end"),
            SHOWS_COST,
            delete("SecurityGroupIngressRule vllm-alb-clients-https-0", why="nothing listens on 443"),
            create(
                "SecurityGroupEgressRule vllm-host-to-alb", why="`ops tunnel` leads through the load balancer again"
            ),
        ),
    ),
    Change(
        name="public",
        config={"vllm:endpoint": {"exposure": "public"}},
        refused_for=PROTECTED,
    ),
    Change(
        name="deletion-protection-off",
        config={"vllm:endpoint": {"deletionProtection": False}},
        touched=(update("LoadBalancer vllm", "enableDeletionProtection", why="AWS's half; Pulumi's is in its state"),),
    ),
    Change(
        name="cache-size",
        config={"vllm:cache": {"sizeGib": 500}},
        touched=(
            update("Volume vllm-cache-*", "size", why="volumes grow in place; file systems at the next boot"),
            SHOWS_COST,
        ),
    ),
    # A snapshot seeds new slots only: it would have to replace those that are there.
    Change(name="snapshot", config={"vllm:cache": {"snapshotId": "snap-0123456789abcdef0"}}),
    Change(name="tag-added", config={"vllm:tags": {"cost-center": "4711"}}, touched=tagged(policy=True)),
    Change(name="tag-changed", config={"vllm:tags": {"environment": "live"}}, touched=tagged(policy=False)),
    Change(name="ami-pinned", config={"vllm:compute": {"amiId": "{image_id}"}}),
    Change(
        name="ami-other",
        config={"vllm:compute": {"amiId": "ami-0123456789abcdef0"}},
        touched=new_version("imageId", why="a pinned image acts, whatever was looked up"),
    ),
    Change(
        name="clients",
        config={"vllm:endpoint": {"allowedCidrs": ["10.1.0.0/16", "10.2.0.0/16"]}},
        touched=(
            *(
                update(f"SecurityGroupIngressRule vllm-alb-clients{port}-0", "cidrIpv4", why="the first range")
                for port in ("", "-https")
            ),
            *(
                create(f"SecurityGroupIngressRule vllm-alb-clients{port}-1", why="the second range")
                for port in ("", "-https")
            ),
        ),
    ),
    Change(
        name="network-range",
        config={"vllm:network": {"cidr": "10.77.0.0/16"}},
        refused_for=PROTECTED,
    ),
    Change(
        name="log-retention",
        config={"vllm:monitoring": {"logRetentionDays": 90}},
        touched=(update("LogGroup vllm-hosts", "retentionInDays", why="days that AWS keeps the hosts' logs"),),
    ),
    Change(
        name="scrape-from",
        config={"vllm:monitoring": {"scrapeFrom": ["10.9.0.0/24", "10.9.8.0/24"]}},
        touched=(
            create("SecurityGroupIngressRule vllm-host-scraper-0", why="the first network"),
            create("SecurityGroupIngressRule vllm-host-scraper-1", why="the second network"),
            *new_version("userData", why="hosts listen for others than themselves"),
        ),
    ),
    Change(
        name="prometheus",
        config={"vllm:monitoring": {"prometheus": "amp"}},
        touched=(
            create("Prometheus vllm-metrics", why="holds the workspace"),
            create("PrometheusAlerts vllm-metrics", why="holds what is in it"),
            create("Workspace vllm-metrics", why="where hosts write"),
            create("RuleGroupNamespace vllm-metrics", why="the alarms of the table"),
            create("AlertManagerDefinition vllm-metrics", why="their way to the topic"),
            update("TopicPolicy vllm-alarms", "policy", why="the workspace may publish"),
            update("RolePolicy vllm-host", "policy", why="hosts may write to the workspace"),
            SHOWS_COST,
            *new_version("userData", why="hosts are told where to write, and with what"),
        ),
    ),
    # Every wait is derived from how long an answer may take: half the context, half of them.
    Change(
        name="idle-timeout",
        config={"vllm:serving": {"maxModelLen": 4096}},
        touched=(
            update("LoadBalancer vllm", "idleTimeout", why="outlasts the longest silence before an answer"),
            update("TargetGroup vllm", "deregistrationDelay", why="covers the longest answer"),
            update("LifecycleHook vllm-terminating", "heartbeatTimeout", why="covers the delay and the stop after it"),
            update("MetricAlarm vllm-slow-responses", "threshold", why="slow is relative to the longest answer"),
            SHOWS_COST,
            *new_version("userData", why="--max-model-len, and the keep-alive that outlasts the idle timeout"),
        ),
    ),
    Change(
        name="revision",
        config={"vllm:model": {"id": MODEL, "revision": REVISION}},
        touched=new_version("userData", why="--revision is a flag of vLLM"),
    ),
    Change(
        name="image-tag",
        config={"vllm:image": {"tag": "v0.32.1"}},
        touched=new_version("userData", why="the image's name is in the user data"),
    ),
    Change(
        name="alarm-threshold",
        config={"vllm:monitoring": {"thresholds": {"requests-waiting": 77}}},
        touched=(
            update("MetricAlarm vllm-requests-waiting", "threshold", why="fires above another number"),
            SHOWS_COST,
        ),
    ),
    *COMPONENT_CHANGES,
    *ENDPOINT_CHANGES,
    *KEY_CHANGES,
    RENAMED,
)
