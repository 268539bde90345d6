"""The step between reading a configuration and building it: one report with all that is wrong, or a Plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from config.errors import ConfigError
from config.loaded import Loaded
from config.models import StackConfig
from sizing.catalog import load_catalog
from sizing.offerings import NOWHERE_KNOWN
from sizing.plan import Plan
from sizing.planner import FitError, make_plan

# What a machine is chosen by: with one of these left out, a verdict on fit would be about something else.
DECIDES_FIT = ("vllm:model", "vllm:serving", "vllm:compute")


def prepare(loaded: Loaded, *, root: Path = Path()) -> tuple[StackConfig, Plan]:
    """Plan what was loaded. ConfigError has the problems of reading and of planning together.

    Keys that reading complained about are planned with their defaults; what would only follow from that is left out.
    """
    if loaded.config is None:
        raise ConfigError(loaded.problems)
    reported = [problem.path for problem in loaded.problems]
    catalog = load_catalog()
    if "aws:region" in reported:  # planned with a stand-in, whose offerings say nothing about the region meant
        catalog = replace(catalog, offerings=NOWHERE_KNOWN)
    try:
        plan = make_plan(loaded.config, catalog, root=root)
    except FitError as error:
        distorted = any(path.startswith(DECIDES_FIT) for path in reported)
        raise ConfigError([*loaded.problems, *(() if distorted else error.problems)]) from None
    except ConfigError as error:
        new = [problem for problem in error.problems if not _within(problem.path, reported)]
        raise ConfigError([*loaded.problems, *new]) from None
    if loaded.problems:
        raise ConfigError(loaded.problems)
    return loaded.config, plan


def _within(path: str, reported: Iterable[str]) -> bool:
    """Whether the key, or a section it stands in, is reported; ``vllm:servin`` holds nothing of ``vllm:serving``."""
    return any(path == other or path.startswith(f"{other}.") for other in reported)
