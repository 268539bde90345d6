"""What a deployed stack says about itself: its outputs, and the region they are in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.errors import ConfigError
from config.models import StackConfig
from config.sources import load_stack_file
from ops.errors import OpsError, failure

PULUMI_TIMEOUT_S = 120


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A stack that ``pulumi up`` has created."""

    config: StackConfig
    outputs: Mapping[str, Any]

    @property
    def stack(self) -> str:
        return self.config.stack

    @property
    def region(self) -> str:
        return self.config.region

    def output(self, name: str) -> Any:
        """OpsError when the stack lacks it: nothing is deployed, or by an older program."""
        value = self.outputs.get(name)
        if value is None:
            raise failure(
                path=f"stack {self.stack}",
                given=f"no output {name}",
                message=f"nothing is deployed yet, or by an older program: pulumi up --stack {self.stack}",
            )
        return value


class NoSuchStackError(OpsError):
    """The backend that pulumi is logged in to has no stack of this name."""


def deployed(stack: str, *, environment: Mapping[str, str] | None = None) -> Deployed:
    """The stack of ``Pulumi.<stack>.yaml`` in the working directory. ConfigError or OpsError when there is none."""
    config = stack_config(stack)
    return Deployed(config=config, outputs=stack_outputs(stack, environment=environment))


def stack_config(stack: str) -> StackConfig:
    """Of ``Pulumi.<stack>.yaml`` in the working directory, as far as it is usable. ConfigError when it is not."""
    loaded = load_stack_file(stack=stack, root=Path.cwd())
    if loaded.config is None:
        raise ConfigError(loaded.problems)
    return loaded.config


def outputs_if_any(stack: str, *, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """As ``stack_outputs``, but empty for a stack that the backend does not know."""
    try:
        return stack_outputs(stack, environment=environment)
    except NoSuchStackError:
        return {}


def stack_outputs(stack: str, *, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """``pulumi stack output --json`` for this stack, with the caller's backend, passphrase and login."""
    environment = os.environ if environment is None else environment
    command = [find_pulumi(environment), "stack", "output", "--json", "--non-interactive", "--stack", stack]
    try:
        done = subprocess.run(
            command, env=dict(environment), capture_output=True, text=True, check=False, timeout=PULUMI_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise failure(
            path=f"stack {stack}",
            message=f"pulumi did not answer within {PULUMI_TIMEOUT_S} s: is its backend reachable?",
        ) from None
    if done.returncode != 0:
        error = failure(path=f"stack {stack}", given=_last_line(done.stderr), message=_advice(done.stderr, stack))
        raise NoSuchStackError(error.problem) if _is_unknown(done.stderr) else error
    try:
        outputs = json.loads(done.stdout or "{}")
    except ValueError:
        raise failure(
            path=f"stack {stack}",
            given=_last_line(done.stdout),
            message="what pulumi said is no JSON: is the first pulumi on PATH the Pulumi CLI?",
            example="pulumi stack output --json",
        ) from None
    return outputs if isinstance(outputs, dict) else {}


def find_pulumi(environment: Mapping[str, str]) -> str:
    """The Pulumi CLI: on PATH, or where ``make setup`` builds it on a machine without one."""
    cache = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    built = cache / "vllm-pulumi" / "bin"
    found = shutil.which("pulumi", path=environment.get("PATH")) or shutil.which("pulumi", path=str(built))
    if found is None:
        raise failure(
            path="pulumi",
            given="not on PATH",
            message="the Pulumi CLI is needed to read the stack's outputs: install it, or build it with make setup",
            example="make setup",
        )
    return found


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"


def _is_unknown(stderr: str) -> bool:
    return "no stack named" in stderr.lower()


def _advice(stderr: str, stack: str) -> str:
    text = stderr.lower()
    if _is_unknown(stderr) or "not found" in text:
        return f"this backend has no such stack: pulumi stack init {stack} && pulumi up --stack {stack}"
    if "passphrase" in text:
        return "the stack's passphrase is needed: export PULUMI_CONFIG_PASSPHRASE"
    if "login" in text or "access token" in text:
        return "pulumi is not logged in: pulumi login, or export PULUMI_BACKEND_URL"
    return "pulumi could not read the stack's outputs"
