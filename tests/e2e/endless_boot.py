"""``python -m tests.e2e.endless_boot``: boots a host that gets no key, so waits, until somebody ends it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from threading import Event

from rehearsal.interrupt import InterruptedRehearsal, interruptible
from tests.e2e.host.ground import Ground


def boot() -> None:
    """Does not return; InterruptedRehearsal when a signal comes, after everything is cleaned up."""
    with interruptible(), tempfile.TemporaryDirectory() as folder, Ground(folder=Path(folder), say=_say) as ground:
        scene = ground.scene("endless", secrets=False)
        with scene.boot(scene.launch()):
            Event().wait()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        boot()
    except InterruptedRehearsal as interrupt:
        _say(f"interrupted by {interrupt}")
        sys.exit(130)
