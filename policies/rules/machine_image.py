"""In production the machine image is written down."""

from __future__ import annotations

from collections.abc import Iterator

from policies.hosts import TEMPLATE
from policies.model import Deployment, Finding, Rule, found


def check(deployment: Deployment) -> Iterator[Finding]:
    for template in deployment.of_type(TEMPLATE):
        if str(template.inputs.get("imageId") or "").startswith("resolve:ssm:"):
            yield found(template, "AWS looks the machine image up at each launch: hosts of one fleet differ")
        elif deployment.is_production and "imageId" in template.ignore_changes:
            yield found(template, "the machine image was looked up by the first update and stands nowhere in review")


RULE = Rule(
    id="machine-image-pinned",
    level="advisory",
    says="In production `compute.amiId` names the machine image; nowhere is it looked up at each launch.",
    cause="a stack that is made again from the same file gets another driver, which the pinned vLLM does not know",
    remedy="run `python -m ops pin --stack NAME --update`, which writes `compute.amiId`, and review the diff",
    check=check,
)
