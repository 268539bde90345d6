"""Finds the rules: each module of ``policies.rules`` has one, called RULE."""

from __future__ import annotations

import importlib
import pkgutil

from policies import rules
from policies.model import Rule


def load_rules() -> tuple[Rule, ...]:
    """All rules, those that stop a deployment first, then by id."""
    modules = [
        importlib.import_module(f"{rules.__name__}.{item.name}") for item in pkgutil.iter_modules(rules.__path__)
    ]
    found: list[Rule] = [module.RULE for module in modules if hasattr(module, "RULE")]
    return tuple(sorted(found, key=lambda rule: (rule.level != "mandatory", rule.id)))
