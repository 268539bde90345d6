"""A rehearsal told on a terminal while it runs, and its summary at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from typing import Self, TextIO

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from rehearsal.inventory.model import Section
from rehearsal.report import Check

_PIPED_WIDTH = 120
# What the engine says of its plugin on every operation, its dots while nothing happens, resources that stay the same.
_NOISE = re.compile(
    r"from \$PATH|^@ |^Diagnostics:$|pulumi:pulumi:Stack (\(.*\):$|\S+\s+(running |create )?\d+ warnings?$)"
    r"|^ {4}(aws|vllm|pulumi):\S+ \S+ *$|pulumi stack rm|have been deleted, but the history"
)


# What the host's own scripts and cloud-init say; the rest of its console is systemd starting Debian.
_HOST = re.compile(r"vllm|cloud-init\[.*(running|finished)|FAILED|error", re.IGNORECASE)


class Narrator:
    """Prints to ``file``. Safe to call from another thread, which is where the engine's lines come from."""

    def __init__(self, file: TextIO) -> None:
        self._prefix = ""
        self._console = Console(file=file, highlight=False, soft_wrap=True)
        if not self._console.is_terminal:
            self._console = Console(file=file, highlight=False, soft_wrap=True, width=_PIPED_WIDTH)

    def of(self, stack: str) -> Self:
        """One that prints to the same place and says on each line which stack it is about."""
        own = copy(self)
        own._prefix = f"{stack} | "
        return own

    @property
    def color(self) -> bool:
        return self._console.is_terminal and not self._console.no_color

    def heading(self, text: str) -> None:
        title = self._prefix.replace(" | ", ": ") + text
        self._console.print()
        self._console.print(Rule(Text(title, style="bold"), align="left"))

    def line(self, text: str) -> None:
        for part in text.split("\n"):
            self._console.print(Text.assemble((self._prefix, "dim"), Text.from_ansi(part)))

    def engine_line(self, text: str) -> None:
        """A line of the engine's own progress, unless it says nothing about the stack."""
        if text.strip() and not _NOISE.search(text):
            self.line(text)

    def host_line(self, text: str) -> None:
        """A line of the booted host's console, if it is about our scripts."""
        if _HOST.search(text):
            self.line(f"host | {text}")

    def check(self, check: Check) -> None:
        mark = Text("ok    ", style="green") if check.passed else Text("FAILED", style="bold red")
        self._console.print(
            Text.assemble((self._prefix, "dim"), mark, f" {check.name}: {check.detail} ({check.seconds:.1f} s)")
        )

    def sections(self, sections: Iterable[Section]) -> None:
        for section in sections:
            self._console.print(_table(section.title, section.rows))

    def print(self, what: RenderableType) -> None:
        self._console.print(what)


def _table(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(Text(f"  {label}"), Text(value))
    return table
