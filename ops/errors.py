"""What can go wrong while a verb works.

ConfigError          (config.errors) the configuration or the command line is wrong; exit status 2
OpsError             the work itself failed: AWS refused, nothing is deployed, a check failed; exit status 1
"""

from __future__ import annotations

from config.errors import Problem


class OpsError(Exception):
    """A verb cannot do its work. ``problem`` says what is needed and which command helps."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.render())


def failure(*, path: str, message: str, given: str = "", allowed: str = "", example: str = "") -> OpsError:
    """An OpsError from its parts; what does not apply stays empty."""
    return OpsError(Problem(path=path, given=given, allowed=allowed, example=example, message=message))
