"""What replaces a resource and what does not: a change of every property that the program sets, planned by the real
provider. Needs no account and no Pulumi CLI, but the plugin of the ``aws`` package (docs/review.md).

python -m tools.capture_replacements           writes review/data/replacement.json
python -m tools.capture_replacements --check   says what is not as in it; status 1 when something is not
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rehearsal.engine.older_provider import GP3_MIBPS_MAX, VOLUME
from rehearsal.graph.model import Graph
from tests.program.cases import NAMES, load_case
from tools.captures.alter import paths
from tools.captures.ask import observations
from tools.captures.process import NoProgramError, find_program
from tools.captures.provider import Plugin, ProviderError, Resource, running_plugin
from tools.captures.table import Observation, differences, document

TABLE = Path(__file__).resolve().parents[1] / "review" / "data" / "replacement.json"
PACKAGE = "aws:"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.capture_replacements", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed table, write nothing")
    args = parser.parse_args(arguments)
    try:
        program = find_program()
    except NoProgramError as error:
        print(error, file=sys.stderr)
        return 1
    found = subjects(load_case(name).graph for name in NAMES)
    with running_plugin(program) as plugin:
        captured = document(
            capture(plugin, found), provider=program.provider, captured=f"{datetime.datetime.now(tz=datetime.UTC):%F}"
        )
    if not args.check:
        TABLE.write_text(json.dumps(captured, indent=2) + "\n", encoding="utf-8")
        return 0
    lines = list(differences(json.loads(TABLE.read_text(encoding="utf-8")), captured))
    print("\n".join(lines) or f"as in {TABLE.name}")
    return 1 if lines else 0


def subjects(graphs: Iterable[Graph]) -> tuple[Resource, ...]:
    """Of each type one resource with each set of properties that occurs."""
    found: dict[tuple[str, frozenset[str]], Resource] = {}
    for graph in graphs:
        for resource in graph:
            if resource.custom and resource.type.startswith(PACKAGE):
                key = (resource.type, frozenset(paths(resource.inputs, path="")))
                inputs = _taken(resource.type, resource.inputs)
                found.setdefault(key, Resource(type=resource.type, name=resource.name, inputs=inputs))
    return tuple(found.values())


def capture(plugin: Plugin, resources: Iterable[Resource]) -> Iterator[Observation]:
    for resource in resources:
        print(f"{resource.type} {resource.name}", file=sys.stderr, flush=True)
        try:
            yield from observations(plugin, resource)
        except ProviderError as error:
            print(f"  refused: {error}", file=sys.stderr)


def _taken(type_: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """What also an older provider takes."""
    fast = type_ == VOLUME and inputs.get("throughput", 0) > GP3_MIBPS_MAX
    return {**inputs, "throughput": GP3_MIBPS_MAX} if fast else inputs


if __name__ == "__main__":
    sys.exit(main())
