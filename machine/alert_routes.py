"""A configuration of Alertmanager that a user has written: whom to tell, of what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from machine.facts import BadFile
from machine.names import Names

FILE = "alertmanager.yml"
NEEDED = ("route", "receivers")  # Alertmanager does not start without them


def routes_file(stack: str, environment: Mapping[str, str] = os.environ) -> Path:
    """``${XDG_CONFIG_HOME:-~/.config}/vllm-pulumi/<stack>/alertmanager.yml``; it need not be there.

    Not in the project: addresses and passwords of receivers are in it.
    """
    config = environment.get("XDG_CONFIG_HOME", "")
    # The XDG base directory specification: a relative path is invalid and is to be ignored.
    base = Path(config) if config.startswith("/") else Path(environment.get("HOME") or Path.home()) / ".config"
    return base / "vllm-pulumi" / Names(stack).folder / FILE


def own_routes(stack: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The text of that file; None when there is none or something is wrong with it."""
    file = routes_file(stack, environment)
    return file.read_text(encoding="utf-8") if file.exists() and not _trouble(file) else None


def bad_routes(stack: str, environment: Mapping[str, str] = os.environ) -> BadFile | None:
    """None when nothing is wrong with it; Alertmanager itself judges the rest when it starts."""
    file = routes_file(stack, environment)
    trouble = _trouble(file)
    return BadFile(path=file, trouble=trouble) if trouble else None


def _trouble(file: Path) -> str:
    try:
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        return f"it cannot be read: {error}"
    except yaml.YAMLError as error:
        return f"it is no YAML: {' '.join(str(error).split())}"
    lacking = [name for name in NEEDED if not isinstance(read, dict) or not read.get(name)]
    return f"it has no {' and no '.join(lacking)}" if lacking else ""
