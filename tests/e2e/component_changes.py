"""Changes to the program itself: a component gets another name, and so do the resources that it makes."""

from __future__ import annotations

from tests.e2e.change import Change, create, delete, update
from tests.e2e.touches import FOLLOWS

WIRING = "components/aws/wiring.py"
CACHE, LOGS = 'CachePool("vllm-cache", args)', 'HostLogs("vllm-hosts", args)'
KEPT_CACHE = 'CachePool("vllm-pool", args, pulumi.ResourceOptions(aliases=[pulumi.Alias(name="vllm-cache")]))'
KEPT_LOGS = 'HostLogs("vllm-journals", args, pulumi.ResourceOptions(aliases=[pulumi.Alias(name="vllm-hosts")]))'

COMPONENT_CHANGES = (
    Change(name="component-renamed", config={}, program={WIRING: (LOGS, KEPT_LOGS)}),
    Change(name="protected-component-renamed", config={}, program={WIRING: (CACHE, KEPT_CACHE)}),
    Change(
        name="component-renamed-without-alias",
        config={},
        program={WIRING: (LOGS, 'HostLogs("vllm-journals", args)')},
        touched=(
            create("HostLogs vllm-journals", why="nothing says that it is the one that was there"),
            create("LogGroup vllm-journals", why="is named after its component; what was logged stays in the old one"),
            delete("HostLogs vllm-hosts", why="the program has none of that name"),
            delete("LogGroup vllm-hosts", why="likewise, and its logs with it"),
            update("RolePolicy vllm-host", "policy", why="hosts may write to the new group"),
            update("LaunchTemplate vllm-host", "userData", why="hosts are told where to write"),
            FOLLOWS,
        ),
    ),
    Change(
        name="protected-component-renamed-without-alias",
        config={},
        program={WIRING: (CACHE, 'CachePool("vllm-pool", args)')},
        refused_for='CachePool$aws:ebs/volume:Volume::vllm-cache-0-0" cannot be deleted because it is protected',
    ),
)
