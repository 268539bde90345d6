"""What checks look at: one stack, its plan, its outputs, and clients that only read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from config.models import StackConfig
from config.sources import load_stack_file
from config.stack_file import read_stack_file
from machine.hardware import hardware
from ops.errors import OpsError
from ops.outputs import Deployed, outputs_if_any
from sizing.plan import Plan
from sizing.prepare import prepare

if TYPE_CHECKING:
    from machine.facts import Facts
    from ops.rollout.state import Snapshot
    from ops.rollout.view import Fleet


class Aws(Protocol):
    """boto3 clients by service and region."""

    def client(self, service: str, *, region: str) -> Any: ...


class AskPulumi(Protocol):
    """A stack's outputs; empty for one that its backend does not know."""

    def __call__(self, stack: str, *, environment: Mapping[str, str] | None) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class SharedClients:
    """One client each for all checks; they are safe to use from several threads, making them is not."""

    _sessions: dict[str, Any] = field(default_factory=dict)
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def client(self, service: str, *, region: str) -> Any:
        from ops.clients import client_config, session

        with self._lock:
            if region not in self._sessions:
                self._sessions[region] = session(region)
            key = service, region
            if key not in self._made:
                self._made[key] = self._sessions[region].client(service, config=client_config())
            return self._made[key]


@dataclass(frozen=True, kw_only=True)
class Case:
    """``settings``: the stack file's keys as written, those of other providers too. ``now``: in UTC."""

    config: StackConfig
    plan: Plan
    environment: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, object] = field(default_factory=dict)
    aws: Aws = field(default_factory=SharedClients)
    ask_pulumi: AskPulumi = outputs_if_any
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of(cls, stack: str, *, environment: Mapping[str, str] = os.environ) -> Case:
        """Of ``Pulumi.<stack>.yaml`` in the working directory. ConfigError when it is wrong or does not fit."""
        root = Path.cwd()
        config, plan = prepare(load_stack_file(stack=stack, root=root), root=root, hardware=hardware)
        settings = read_stack_file(stack=stack, root=root)
        return cls(config=config, plan=plan, environment=environment, settings=settings)

    def setting(self, key: str) -> str | None:
        """A text of the stack file; None where it is not there, or encrypted."""
        value = self.settings.get(key)
        return value if isinstance(value, str) else None

    def client(self, service: str, *, region: str | None = None) -> Any:
        return self.aws.client(service, region=region or self.config.region)

    @cached_property
    def asked_pulumi(self) -> Deployed | OpsError:
        """The stack as pulumi knows it, without outputs where nothing is deployed; asked once, a failure too."""
        try:
            outputs = self.ask_pulumi(self.config.stack, environment=self.environment)
        except OpsError as failure:
            return failure
        return Deployed(config=self.config, outputs=outputs)

    @property
    def outputs(self) -> Mapping[str, Any]:
        """Empty where nothing is deployed, or it is not known."""
        return {} if isinstance(self.asked_pulumi, OpsError) else self.asked_pulumi.outputs

    @property
    def deployed(self) -> Deployed:
        """For checks that run only where something is."""
        if isinstance(self.asked_pulumi, OpsError):
            raise self.asked_pulumi
        return self.asked_pulumi

    @cached_property
    def fleet(self) -> Fleet:
        from ops.rollout.view import Fleet

        stack = self.deployed
        return Fleet(
            autoscaling=self.client("autoscaling"),
            elbv2=self.client("elbv2"),
            logs=self.client("logs"),
            group=stack.output("autoscaling_group"),
            target_group_arn=stack.output("target_group_arn"),
            log_group=stack.output("log_group"),
        )

    @cached_property
    def snapshot(self) -> Snapshot:
        """The fleet now, the same for every check. OpsError when it is gone or AWS refuses."""
        return self.fleet.observe()

    @cached_property
    def machine(self) -> Facts:
        """Of this machine, for ``target: local``."""
        from machine.look import look

        return look(
            self.config,
            self.plan,
            docker_host=self.setting("docker:host"),
            docker_context=self.setting("docker:context"),
            environment=self.environment,
        )
