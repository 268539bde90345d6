"""The container engine's default runtime: runc, with the vLLM for CPUs mounted where an image asks for it.

    runtime.py FOLDER... -- runc's own arguments

The image's layer is a bare Debian; see rehearsal/host/image.py for why. Standard library only: docker runs it often.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

WISH = "REHEARSAL_VLLM="


def main() -> None:
    split = sys.argv.index("--")
    folders, arguments = sys.argv[1:split], sys.argv[split + 1 :]
    if "create" in arguments:
        _mount(folders, config=Path(arguments[arguments.index("--bundle") + 1]) / "config.json")
    os.execvp("runc", ["runc", *arguments])


def _mount(folders: list[str], *, config: Path) -> None:
    spec = json.loads(config.read_text())
    if not any(value.startswith(WISH) for value in spec["process"]["env"]):
        return
    spec["mounts"] += [
        {"destination": folder, "type": "bind", "source": folder, "options": ["rbind", "ro"]} for folder in folders
    ]
    config.write_text(json.dumps(spec))
    # The folders may be in the home of root, and the container's user is another.
    for folder in folders:
        for parent in reversed(Path(folder).parents[:-1]):
            place = Path(spec["root"]["path"] + str(parent))
            place.mkdir(exist_ok=True)
            place.chmod(place.stat().st_mode | 0o111)


main()
