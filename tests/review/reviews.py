"""Reviews as the renderers get them."""

from __future__ import annotations

from typing import Any

from review.model import (
    Consequence,
    FileChange,
    Forces,
    Op,
    PlanChange,
    PropertyChange,
    ResourceChange,
    Review,
    Risk,
    StackReview,
)

PREFIX = "urn:pulumi:prod::vllm::"
FLEET = f"{PREFIX}vllm:components:Fleet::vllm"
HOSTILE = (
    "</code></pre><script>alert(1)</script> `\"'|&<img src=x onerror=alert(1)> @everyone \u202egnp.exe\n```\n# top"
)


def property_change(path: str = "port", *, before: Any = 8000, after: Any = 8001, forces: Forces = Forces.NO) -> Any:
    return PropertyChange(path=path, before=before, after=after, forces=forces)


def resource(
    op: Op = Op.UPDATE, *properties: PropertyChange, name: str = "vllm", parent: str = FLEET, **more: Any
) -> ResourceChange:
    return ResourceChange(
        op=op,
        urn=f"{PREFIX}vllm:components:Fleet$aws:autoscaling/group:Group::{name}",
        type="aws:autoscaling/group:Group",
        name=name,
        parent=parent,
        properties=properties,
        **more,
    )


def stack(name: str = "prod", risk: Risk = Risk.MEDIUM, **more: Any) -> StackReview:
    return StackReview(stack=name, risk=risk, **more)


def review(*stacks: StackReview, base: str = "main (1234abcd)", head: str = "the working tree") -> Review:
    return Review(base=base, head=head, provider="aws 7.1.0", stacks=stacks)


def usual() -> Review:
    """A change of prod's instance type; dev stays as it is."""
    return review(
        stack(
            changes=(resource(Op.UPDATE, property_change("launchTemplate.version", before="1", after="[unknown]")),),
            plan=(PlanChange(what="instance type", before="g6e.12xlarge", after="g6e.24xlarge"),),
            monthly_usd=(15_780.7, 22_457.2),
            consequences=(
                Consequence(id="cost", risk=Risk.LOW, text="It costs more."),
                Consequence(id="roll", risk=Risk.MEDIUM, text="Hosts are replaced; follow with `ops rollout --wait`."),
            ),
            new_violations=({"rule": "cost-within-budget", "level": "mandatory", "urn": FLEET, "message": "too much"},),
            files=(FileChange(path="/etc/vllm/args", diff=("--- a", "+++ b", "@@ -1 +1 @@", "-8192", "+16384")),),
        ),
        stack("dev", Risk.NONE, monthly_usd=(828.0, 828.0)),
    )


def hostile() -> Review:
    """Everything that others can write is an attack."""
    return review(
        stack(
            HOSTILE,
            changes=(
                resource(
                    Op.REPLACE,
                    property_change(HOSTILE, before=HOSTILE, after={HOSTILE: [HOSTILE]}, forces=Forces.MAYBE),
                    property_change("short", before="<b>|`", after="[secret]"),
                    name=HOSTILE,
                    parent=f"{PREFIX}{HOSTILE}::{HOSTILE}",
                    refused=HOSTILE,
                    renamed_from=f"{PREFIX}a::{HOSTILE}",
                ),
            ),
            plan=(PlanChange(what=HOSTILE, before=HOSTILE, after=HOSTILE),),
            consequences=(Consequence(id="x", risk=Risk.HIGH, text=HOSTILE),),
            new_violations=({"rule": HOSTILE, "level": HOSTILE, "urn": HOSTILE, "message": HOSTILE},),
            files=(FileChange(path=HOSTILE, diff=(f"+{HOSTILE}", "```", "</details>")),),
            notes=(HOSTILE,),
        ),
        stack("broken", Risk.HIGH, problems=(HOSTILE,)),
        base=HOSTILE,
        head=HOSTILE,
    )
