"""The step between reading a configuration and building it: one report with all that is wrong, or a Plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from config import build_files
from config.errors import ConfigError
from config.loaded import Loaded
from config.models import StackConfig
from sizing.catalog import load_catalog
from sizing.local import Hardware
from sizing.local_planner import make_local_plan
from sizing.offerings import NOWHERE_KNOWN
from sizing.plan import Plan
from sizing.planner import FitError, make_plan

# What a machine is chosen by: with one of these left out, a verdict on fit would be about something else.
DECIDES_FIT = ("vllm:model", "vllm:serving", "vllm:compute")


def prepare(
    loaded: Loaded, *, root: Path = Path(), hardware: Callable[[], Hardware] | None = None
) -> tuple[StackConfig, Plan]:
    """Plan what was loaded. ConfigError has the problems of reading and of planning together.

    ``hardware`` says what this machine has; it is asked for stacks with ``target: local`` alone.
    Keys that reading complained about are planned with their defaults; what would only follow from that is left out.
    """
    if loaded.config is None:
        raise ConfigError(loaded.problems)
    problems = [*loaded.problems, *build_files.problems(loaded.config, root=root)]
    reported = [problem.path for problem in problems]
    try:
        plan = _plan(loaded.config, root=root, hardware=hardware, region_known="aws:region" not in reported)
    except FitError as error:
        distorted = any(path.startswith(DECIDES_FIT) for path in reported)
        raise ConfigError([*problems, *(() if distorted else error.problems)]) from None
    except ConfigError as error:
        new = [problem for problem in error.problems if not _within(problem.path, reported)]
        raise ConfigError([*problems, *new]) from None
    if problems:
        raise ConfigError(problems)
    return loaded.config, plan


def _plan(config: StackConfig, *, root: Path, hardware: Callable[[], Hardware] | None, region_known: bool) -> Plan:
    if config.target == "local":
        if hardware is None:
            raise LookupError("a plan for this machine needs its hardware: pass machine.hardware.hardware")
        return make_local_plan(config, hardware(), root=root)
    catalog = load_catalog()
    if not region_known:  # planned with a stand-in, whose offerings say nothing about the region meant
        catalog = replace(catalog, offerings=NOWHERE_KNOWN)
    return make_plan(config, catalog, root=root)


def _within(path: str, reported: Iterable[str]) -> bool:
    """Whether the key, or a section it stands in, is reported; ``vllm:servin`` holds nothing of ``vllm:serving``."""
    return any(path == other or path.startswith(f"{other}.") for other in reported)
