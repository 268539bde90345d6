"""A check: what it asks, when it can, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from ops.doctor.case import Case
from ops.doctor.model import Finding

Need = Literal["nothing", "aws", "deployed"]
"""``aws``: credentials that work for the stack's account; ``deployed``: the stack's outputs as well."""
Target = Literal["aws", "local"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """``asks``: for people, in docs/doctor.md. ``calls``: what of AWS it reads, as IAM names it.

    ``applies``: whether this stack has what it looks at; always, where it is None.
    """

    id: str
    asks: str
    look: Callable[[Case], Iterable[Finding]]
    needs: Need = "nothing"
    targets: tuple[Target, ...] = ("aws",)
    calls: tuple[str, ...] = ()
    applies: Callable[[Case], bool] | None = None

    def is_for(self, case: Case) -> bool:
        return case.config.target in self.targets and (self.applies is None or self.applies(case))
