"""What the engine will not do."""

from __future__ import annotations

from review.match import Resource
from review.model import Op


def refusal(op: Op, resource: Resource) -> str | None:
    """Why `pulumi up` stops. What counts is the new protection of what is replaced, the old of what is deleted."""
    if not resource["protect"] or op not in (Op.REPLACE, Op.DELETE):
        return None
    verb = "replace" if op is Op.REPLACE else "delete"
    return (
        f"it is protected: pulumi up refuses to {verb} it. Take the protection off with an update of its own, or "
        f"`pulumi state unprotect '{resource['urn']}'`"
    )
