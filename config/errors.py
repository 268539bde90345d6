"""What can be wrong with a configuration, and how it is said.

ConfigError          the user's configuration or command line is wrong; carries every Problem found
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from config.secret_shapes import hide


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    path: the dotted key, e.g. ``vllm:serving.maxModelLen``; given: the value as written (secrets masked);
    allowed: what would be accepted; example: one good value, as it would stand in the stack file;
    message: what is wrong and what to do, one or two sentences.
    """

    path: str
    given: str
    allowed: str
    example: str
    message: str

    def __post_init__(self) -> None:
        """Whoever made it: no report says a secret aloud."""
        for field in fields(self):
            object.__setattr__(self, field.name, hide(getattr(self, field.name)))

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    def render(self) -> str:
        return (
            f"{self.path}: {self.message}\n"
            f"    given:   {self.given}\n"
            f"    allowed: {self.allowed}\n"
            f"    example: {self.example}"
        )


class ConfigError(Exception):
    """The configuration or the command line is wrong. ``problems`` has all of it; exit status 2."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        super().__init__("\n".join(problem.render() for problem in self.problems))
