"""Who the container is on this machine."""

from __future__ import annotations

from machine.facts import Engine, NoEngine

ROOT = "0:0"


def container_user(engine: Engine | NoEngine, *, run_as_root: bool, uid: int) -> str:
    """Uid and gid. ``uid``: the user of the program, to whom the keys and the folder of ``cache.path`` belong. Group 0
    is the one that vLLM's image asks of any user (docs/deployment/docker.md of vLLM).

    An engine without root of its own maps its user to the container's root, and every other user to a stranger.
    """
    if run_as_root or (isinstance(engine, Engine) and engine.rootless):
        return ROOT
    return f"{uid}:0"
