"""What the agent does: it starts the host's scripts, which call AWS, systemd and Docker."""

from __future__ import annotations

from dataclasses import dataclass

from .jobs import Jobs
from .settings import Settings


@dataclass(frozen=True, kw_only=True)
class Hand:
    settings: Settings
    jobs: Jobs

    def script(self, name: str, *arguments: str) -> tuple[str, ...]:
        return (str(self.settings.scripts / name), *arguments)

    def tell(self, step: str, status: str, reason: str, *, after_s: float = 0) -> None:
        self.jobs.fire(*self.script("tell.sh", step, status, reason, f"{after_s:.0f}"))

    def count(self, metric: str, value: int) -> None:
        self.jobs.fire(*self.script("measure.sh", metric, str(value)))

    def first_time(self, what: str) -> bool:
        """True once per boot of the machine, whatever becomes of the agent's process."""
        try:
            (self.settings.run_dir / f"agent-{what}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True
