"""Which tests go to the same worker: those that share something that takes long.

pytest-xdist's own ``loadgroup`` does not see the groups under pytest 9 (seen with 3.8.0), so the scope says it.
"""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.e2e.lives import FILES

HOSTS = ("test_engine_rehearse.py", "test_interrupted_boot.py")
"""They boot hosts, as all below tests/e2e/host do, and wait for each other's container engine anyway."""


class BySharedThing(LoadScopeScheduling):  # type: ignore[misc]
    """A scope for all that looks at the graphs of the same stacks, at the engine's lives, at the stacks on one machine,
    for all that boots hosts; else one per file."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        folder, _, file = path.rpartition("/")
        if folder.endswith("tests/program"):
            return "graphs"
        boots = file in HOSTS or "tests/e2e/host/" in path
        if "tests/e2e/local/" in path:
            return "local"
        return "lives" if file in FILES else "hosts" if boots else path


def make_scheduler(config: Any, log: Any) -> LoadScopeScheduling | None:
    return BySharedThing(config, log) if config.getvalue("dist") == "loadscope" else None
