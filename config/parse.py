"""From raw configuration values to a StackConfig, with every problem found on the way."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from config import cross, encrypted, namespaces, plain_secrets
from config.errors import Problem
from config.loaded import Loaded
from config.models import StackConfig
from config.tree import Path, is_handy, without
from config.wording import locate, problem_of

# Where a value could not be used but later checks need one: nothing is deployed with it.
STAND_IN_MODEL = "unknown/unknown"
STAND_IN_REGION = "us-east-1"
LOCAL_REGION = "local"


def parse(*, stack: str, raw: Mapping[str, object], encrypted_keys: Collection[str] = ()) -> Loaded:
    """Check ``raw`` (keys with their namespace, as in a stack file or from the engine) in one pass.

    Values may be structured or JSON text. ``encrypted_keys`` are those that the engine has decrypted.
    """
    values = {key: _decode(value) for key, value in raw.items()}
    problems: list[Problem] = []

    def add(found: Iterable[Problem]) -> None:
        """What was taken out for one reason is not also missing."""
        reported = [problem.path for problem in problems]
        problems.extend(problem for problem in found if not any(_is_at(path, problem.path) for path in reported))

    for step in (plain_secrets.refuse, encrypted.resolve):
        values, found = step(values, encrypted_keys)
        add(found)
    region, found = namespaces.region(values)
    if namespaces.is_local(values):
        region, found = LOCAL_REGION, []
    add(found)
    sections, found = namespaces.sections(values)
    add(found)
    config, found, has_model = _validate(sections, stack=stack, region=region or STAND_IN_REGION)
    add(found)
    add(cross.check(config, region_known=region is not None))
    return Loaded(config=config if has_model else None, problems=tuple(problems))


def _is_at(path: str, other: str) -> bool:
    """Whether ``path`` is the other, or in the section that it names."""
    return path == other or path.startswith(f"{other}.")


def _decode(value: object) -> object:
    """The engine passes objects as JSON text, and ``pulumi config set`` without --path stores them so."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            decoded = json.loads(value)
        except (ValueError, RecursionError):  # also a number of thousands of digits
            return value
        return decoded if is_handy(decoded) else value
    return value


def _validate(sections: dict[str, object], *, stack: str, region: str) -> tuple[StackConfig, list[Problem], bool]:
    """The model of whatever is valid, what is not, and whether it names a usable model."""
    given_as_text = isinstance(sections.get("model"), str)
    tree: Any = {**sections, "model": {"id": sections["model"]}} if given_as_text else sections
    try:
        return _model(tree, stack=stack, region=region), [], True
    except ValidationError as error:
        found: dict[Path, Problem] = {}
        for details in error.errors(include_url=False):
            path, problem = problem_of(details, model_is_text=given_as_text)
            found.setdefault(path, problem)
    # A list that lost an item is not also too short.
    found = {path: found[path] for path in found if not any(other[:-1] == path for other in found)}
    for path in found:
        tree = without(tree, _spoilt(path))
    has_model = not {("model",), ("model", "id")} & found.keys()
    if not has_model:
        tree = {**tree, "model": {"id": STAND_IN_MODEL}}
    return _model(tree, stack=stack, region=region), list(found.values()), has_model


def _spoilt(path: Path) -> Path:
    """What is left out: the key, or the section in a section or list that has nothing to say without it."""
    _, _, field = locate(path)
    return path[:-1] if len(path) > 2 and field is not None and field.is_required() else path


def _model(tree: dict[str, object], *, stack: str, region: str) -> StackConfig:
    return StackConfig.model_validate({**tree, "stack": stack, "region": region}, by_alias=True, by_name=False)
