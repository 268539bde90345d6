"""The checks, in the order in which a person would see to what they find."""

from __future__ import annotations

from ops.doctor.check import Check
from ops.doctor.checks import (
    alarms,
    budget,
    cache,
    certificate,
    container_image,
    credentials,
    fleet,
    machine,
    machine_image,
    model_access,
    offered,
    pulumi_cli,
    quota,
    reservations,
    secret_values,
    stack_file,
)

BEFORE_UP: tuple[Check, ...] = (
    stack_file.CHECK,
    pulumi_cli.CHECK,
    credentials.CHECK,
    machine.MACHINE,
    quota.CHECK,
    reservations.CHECK,
    offered.CHECK,
    machine_image.CHECK,
    container_image.CHECK,
    model_access.CHECK,
    model_access.BUCKET,
    certificate.CHECK,
    secret_values.CHECK,
    cache.CHECK,
    budget.CHECK,
)
AFTER_UP: tuple[Check, ...] = (
    fleet.TARGETS,
    fleet.BOOTS,
    fleet.VERSIONS,
    alarms.ALARMS,
    alarms.NOTIFICATIONS,
    machine.SERVING,
)
CHECKS = (*BEFORE_UP, *AFTER_UP)
