"""Images that stand for those of Prometheus, Alertmanager and Grafana: programs of this machine with the libraries that
they link to, in the places and for the users of the official ones. Grafana's answers its health check and no more."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.host import stored
from rehearsal.host.paths import cache_folder
from rehearsal.host.registry import StoredImage

NOBODY = 65534
GRAFANA = 472


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """``programs``: by where they are in the image; ``kept``: a folder that ``user`` may write to; ``files``: texts;
    ``copied``: folders of this machine that the programs read (templates of messages)."""

    name: str
    programs: Mapping[str, str]
    kept: str
    user: int
    entrypoint: Sequence[str]
    command: Sequence[str] = ()
    files: Mapping[str, str] | None = None
    copied: Sequence[str] = ()


STAND_INS: Mapping[str, StandIn] = {
    "prometheus": StandIn(
        name="prometheus",
        programs={"/bin/prometheus": "prometheus", "/bin/promtool": "promtool"},
        kept="/prometheus",
        user=NOBODY,
        entrypoint=["/bin/prometheus"],
        command=["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
    ),
    "alertmanager": StandIn(
        name="alertmanager",
        programs={"/bin/alertmanager": "prometheus-alertmanager", "/bin/amtool": "amtool"},
        kept="/alertmanager",
        user=NOBODY,
        entrypoint=["/bin/alertmanager"],
        command=["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"],
        copied=("/usr/share/prometheus/alertmanager",),
    ),
    "grafana": StandIn(
        name="grafana",
        programs=dict.fromkeys(("/bin/busybox", "/bin/wget", "/bin/cat", "/bin/touch"), "busybox"),
        kept="/var/lib/grafana",
        user=GRAFANA,
        entrypoint=["/bin/busybox", "httpd", "-f", "-p", "3000", "-h", "/srv"],
        files={"/srv/api/health": '{"database": "ok"}\n'},
    ),
}
PACKAGES: Mapping[str, str] = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "busybox": "busybox",
}
"""Of Debian, by the program that it brings."""


def missing() -> str | None:
    """Which program is not here; None when all are."""
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            return f"there is no {program}; on Debian: apt-get install {package}"
    return None


def image(stand_in: StandIn) -> StoredImage:
    """From the cache, or made now (seconds)."""
    found = {path: Path(str(shutil.which(program))) for path, program in stand_in.programs.items()}
    stamps = [f"{file}:{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in found.values()]
    key = hashlib.sha256(repr((stand_in, stamps)).encode()).hexdigest()[:12]
    folder = cache_folder() / f"{stand_in.name}-image-{key}"
    if there := stored.find(folder):
        return there
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="root-") as made:
        root = Path(made)
        root.chmod(0o755)
        for path, program in found.items():
            _copy(program, root / path.removeprefix("/"))
        for library in {library for program in found.values() for library in _libraries(program)}:
            _copy(library, root / str(library).removeprefix("/"))
        for path, text in (stand_in.files or {}).items():
            _write(root / path.removeprefix("/"), text)
        for copied in stand_in.copied:
            shutil.copytree(copied, root / copied.removeprefix("/"))
        kept = root / stand_in.kept.removeprefix("/")
        kept.mkdir(parents=True)
        shutil.chown(kept, stand_in.user, stand_in.user)
        return stored.store(root=root, folder=folder, config=_config(stand_in))


def _config(stand_in: StandIn) -> Mapping[str, object]:
    return {
        "User": str(stand_in.user),
        "Env": [f"PATH={stored.PATH}"],
        "Entrypoint": list(stand_in.entrypoint),
        "Cmd": list(stand_in.command),
        "Volumes": {stand_in.kept: {}},
    }


def _libraries(program: Path) -> frozenset[Path]:
    """What the loader opens for it, the loader itself too."""
    listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    return frozenset(Path(found) for found in re.findall(r"(/\S+) \(0x", listed))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
