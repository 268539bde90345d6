"""Puts every extension into moto, once per process."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from rehearsal.aws import (
    activities,
    amp,
    attributes,
    bucket_policies,
    budgets,
    deletion_protection,
    event_topics,
    groups,
    hooks,
    identity_providers,
    images,
    issuing,
    launch_templates,
    log_keys,
    mixed,
    policies,
    pull_through,
    refresh_actions,
    reservations,
    rule_descriptions,
    schedules,
    secret_values,
    service_quotas,
    snapshots,
    targets,
    volumes,
)
from rehearsal.aws.cloudwatch import alarms, composites, metrics

# groups before hooks: it is left out where moto itself completes lifecycle actions.
_EXTENSIONS: tuple[Callable[[], None], ...] = (
    groups.install,
    mixed.install,
    hooks.install,
    activities.install,
    attributes.install,
    refresh_actions.install,
    policies.install,
    schedules.install,
    bucket_policies.install,
    pull_through.install,
    secret_values.install,
    targets.install,
    deletion_protection.install,
    volumes.install,
    reservations.install,
    snapshots.install,
    images.install,
    launch_templates.install,
    metrics.install,
    alarms.install,
    composites.install,
    amp.install,
    event_topics.install,
    issuing.install,
    budgets.install,
    log_keys.install,
    rule_descriptions.install,
    identity_providers.install,
    service_quotas.install,
)

_once = Lock()
_installed: list[Callable[[], None]] = []


def install() -> None:
    """Extend the moto in this process; a second call does nothing.

    An extension adds only what moto does not have: an action that a newer moto brings itself is used.
    """
    with _once:
        for extension in _EXTENSIONS:
            if extension not in _installed:
                extension()
                _installed.append(extension)
