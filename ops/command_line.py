"""argparse whose mistakes end in the same report as a wrong configuration, also as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from config.errors import ConfigError, Problem
from config.secret_shapes import hide

PROGRAM = "python -m ops"


class HelpFormatter(argparse.HelpFormatter):
    """Keeps the lines of a text that has several, such as examples; others are wrapped."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, width, indent)


class Parser(argparse.ArgumentParser):
    """Raises UsageError where argparse would print its usage and exit; so do its sub-commands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"formatter_class": HelpFormatter, **kwargs})

    def error(self, message: str) -> NoReturn:
        raise UsageError(program=self.prog, usage=self.format_usage(), message=message)


class UsageError(Exception):
    def __init__(self, *, program: str, usage: str, message: str) -> None:
        super().__init__(message)
        self.program, self.usage, self.message = program, usage, message

    def as_config_error(self, argv: Sequence[str]) -> ConfigError:
        """The report on this command line; what looks like a secret in it is hidden."""
        return ConfigError(
            [
                Problem(
                    path=self.program,
                    given=hide(" ".join(argv)) or "nothing",
                    allowed=" ".join(self.usage.removeprefix("usage: ").split()),
                    example=f"{self.program} --help",
                    message=hide(self.message),
                )
            ]
        )


def positive_seconds(text: str) -> float:
    """argparse type: a number above 0."""
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError
    return seconds
