"""What the engine will not do."""

from __future__ import annotations

from review.match import Resource
from review.model import Op


def refusal(op: Op, resource: Resource) -> str | None:
    """Why `pulumi up` stops. What counts is the new protection of what is replaced, the old of what is deleted."""
    if not resource["protect"] or op not in (Op.REPLACE, Op.DELETE):
        return None
    verb = "replaced" if op is Op.REPLACE else "deleted"
    return f"it is protected and would be {verb}; what allows it is `pulumi state unprotect '{resource['urn']}'`"
