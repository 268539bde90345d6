"""The container image: whether its registry has it."""

from __future__ import annotations

from collections.abc import Iterator

from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, ok
from ops.registry import digest_of


def _look(case: Case) -> Iterator[Finding]:
    image = case.config.image
    if case.config.target == "local" and case.machine.image_there:
        yield ok(f"{case.plan.image} is on this machine")
        return
    found = digest_of(image.repository, tag=image.digest or image.tag)
    yield ok(f"{image.repository}:{image.tag} is {found}")


CHECK = Check(
    id="container-image",
    asks="Does the registry have the image, by its digest where one is set?",
    look=_look,
    targets=("aws", "local"),
    calls=("ecr:DescribeImages",),
)
