"""``secure:`` values: set, but unknown to whoever has no passphrase. Nothing under ``vllm:`` needs one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from config.errors import Problem
from config.models import StackConfig
from config.namespaces import NAMESPACE
from config.tree import Path, dotted, replaced, walk, without
from config.types import Says
from config.wording import field_of, locate, says, section_of

GIVEN = "[encrypted]"


def resolve(values: Mapping[str, object], encrypted_keys: Collection[str]) -> tuple[dict[str, object], list[Problem]]:
    """Put an example in place of each encrypted value that the plan does not depend on, refuse the others.

    Keys in ``encrypted_keys`` arrive decrypted, so that only the section is known, not the field.
    """
    result: dict[str, object] = {}
    problems: list[Problem] = []
    for key, value in values.items():
        namespace, _, name = key.partition(":")
        if namespace != NAMESPACE and key != "aws:region":
            result[key] = value
        elif key in encrypted_keys and not (isinstance(value, dict) and _has_encryptable(name)):
            problems.append(_problem(key, _about((name,))))
        else:
            kept, found = _resolve_section(key, name, value)
            problems += found
            if kept is not None:
                result[key] = kept
    return result, problems


def _resolve_section(key: str, name: str, value: object) -> tuple[object, list[Problem]]:
    problems: list[Problem] = []
    for path, node in walk(value):
        if not (isinstance(node, dict) and set(node) == {"secure"}):
            continue
        about = _about((name, *path))
        if about and about.may_be_encrypted:
            stand_in = about.value()
            item = isinstance(stand_in, list) and path and isinstance(path[-1], int)
            value = replaced(value, path, stand_in[0] if isinstance(stand_in, list) and item else stand_in)
        else:
            problems.append(_problem(dotted((name, *path)) if path else key, about))
            value = without(value, path) if path else None
    return value, problems


def _about(path: Path) -> Says | None:
    field = locate(path)[2]
    return says(field) if field else None


def _has_encryptable(section: str) -> bool:
    field = field_of(StackConfig, section)
    model = section_of(field) if field else None
    return model is not None and any(says(f).may_be_encrypted for f in model.model_fields.values())


def _problem(path: str, about: Says | None) -> Problem:
    return Problem(
        path=path,
        given=GIVEN,
        allowed=about.allowed if about else "plain text",
        example=about.example if about else "plain text",
        message="this is encrypted (secure:), but the plan is made from it and shows it; it is no secret, so "
        "set it without --secret. API keys and the HuggingFace token never stand here: "
        "python -m ops keys add, python -m ops secrets set hf-token",
    )
