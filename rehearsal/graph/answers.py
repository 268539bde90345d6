"""What AWS would answer, well enough for a program to go on: ids, ARNs, DNS names and data sources.

The table is ``data/answers.json``: for each type the outputs in order, each a format string over ``inputs``,
``name`` (the physical one), ``region``, ``account``, ``partition``, ``hex`` (32 digits that depend on the URN
only) and the outputs before it. Data sources likewise, over ``args``. Nothing here is random.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACCOUNT = "123456789012"  # AWS's own documentation account
PARTITION = "aws"
AUTONAME_DIGITS = 7  # as pulumi-aws does

_TABLE = Path(__file__).parent / "data" / "answers.json"


class UnansweredError(Exception):
    """The program read a data source that the table does not know; add it to data/answers.json."""


@dataclass(frozen=True)
class Answers:
    """The table and the region it answers for."""

    region: str
    resources: Mapping[str, Mapping[str, Any]]
    invokes: Mapping[str, Mapping[str, Any]]

    def resource(self, *, urn: str, type_: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id and the computed outputs of a created resource; a type without an entry gets an id only."""
        digits = hashlib.sha256(urn.encode()).hexdigest()
        context: dict[str, Any] = self._common() | {
            "hex": digits[:32],
            "inputs": inputs,
            "name": inputs.get("name") or f"{name}-{digits[:AUTONAME_DIGITS]}",
        }
        outputs: dict[str, Any] = {}
        for key, template in self.resources.get(type_, {}).items():
            outputs[key] = context[key] = _fill(template, context)
        return outputs.pop("id", context["name"]), outputs

    def invoke(self, *, token: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a data source. Raises UnansweredError."""
        if token not in self.invokes:
            raise UnansweredError(f"no answer for the data source {token}; add it to {_TABLE.name}")
        filled = _fill(self.invokes[token], self._common() | {"args": args})
        assert isinstance(filled, dict)
        return filled

    def _common(self) -> dict[str, Any]:
        return {"region": self.region, "account": ACCOUNT, "partition": PARTITION}


def load_answers(*, region: str) -> Answers:
    """The committed table, for one region."""
    table = json.loads(_TABLE.read_text())
    return Answers(region=region, resources=table["resources"], invokes=table["invokes"])


def _fill(template: Any, context: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        return template.format_map(context)
    if isinstance(template, list):
        return [_fill(item, context) for item in template]
    if isinstance(template, dict):
        return {key: _fill(item, context) for key, item in template.items()}
    return template
