"""Another revision of the program: with other texts in some of its files."""

from __future__ import annotations

import runpy
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "components"

Edits = Mapping[str, tuple[str, str]]
"""File of the program -> a text in it, and what it becomes."""


@contextmanager
def checked_out(edits: Edits) -> Iterator[Path]:
    """A folder with ``__main__.py`` and the components, edited; whoever imports components meanwhile gets these."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "__main__.py", folder)
        shutil.copytree(ROOT / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
        for file, (old, new) in edits.items():
            text = (folder / file).read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{file} has no longer one {old!r}"
            (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        with _imported_from(folder):
            yield folder


@contextmanager
def revised(edits: Edits) -> Iterator[Callable[[], None]]:
    """The program as the engine runs it."""
    with checked_out(edits) as folder:

        def main() -> None:
            runpy.run_path(str(folder / "__main__.py"), run_name="__main__")

        yield main


@contextmanager
def _imported_from(folder: Path) -> Iterator[None]:
    held = _taken_out()
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _taken_out()
        sys.modules.update(held)


def _taken_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == PACKAGE]
    return {name: sys.modules.pop(name) for name in names}
