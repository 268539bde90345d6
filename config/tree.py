"""Walking and pruning of nested configuration values, before they are models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Path = tuple[str | int, ...]

MAX_DEPTH = 32
MAX_NODES = 20_000  # a stack file has some hundred


def dotted(path: Path) -> str:
    """``("serving", "extraArgs", "seed")`` -> ``vllm:serving.extraArgs.seed``; list items as ``[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return f"vllm:{text}"


def walk(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every node, parents before children."""
    yield path, value
    if isinstance(value, dict):
        for key, child in value.items():
            yield from walk(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from walk(child, (*path, index))


def is_handy(value: object) -> bool:
    """Whether it can be walked at all: not so deep, so large or so tangled (YAML's aliases) as nobody writes it."""
    level: list[object] = [value]
    seen = 0
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        seen += len(level)
        if not level or seen > MAX_NODES:
            break
    return not level


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def copy(value: object) -> object:
    """A deep copy of mappings and lists."""
    if isinstance(value, dict):
        return {key: copy(child) for key, child in value.items()}
    if isinstance(value, list):
        return [copy(child) for child in value]
    return value


def get(tree: object, path: Path) -> object:
    """The value at ``path``; None where there is none."""
    for part in path:
        if isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return None
    return tree


def without(tree: object, path: Path) -> object:
    """A copy of ``tree`` that lacks ``path``, or the whole list where ``path`` is an item of one."""
    first_index = next((i for i, part in enumerate(path) if isinstance(part, int)), len(path))
    keys = path[:first_index]
    result = copy(tree)
    parent = get(result, keys[:-1])
    if isinstance(parent, dict):
        parent.pop(keys[-1], None)
    return result


def replaced(tree: object, path: Path, value: object) -> object:
    """A copy of ``tree`` with ``value`` at ``path``, which must exist."""
    if not path:
        return value
    result = copy(tree)
    parent = get(result, path[:-1])
    if isinstance(parent, dict | list):
        parent[path[-1]] = value  # type: ignore[index]
    return result
