"""EBS volumes as loop devices: attached in the emulated AWS, they appear in the host under the name that EC2 gives."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.host.engine import ContainerEngine
from rehearsal.host.errors import HostRehearsalError
from rehearsal.host.paths import cache_folder, process_is_alive

GIB = 2**30
POLL_S = 0.5
RELEASE_TIMEOUT_S = 3.0
_PREFIX = "volumes-"
_finding = Lock()


class VolumeStore:
    """The contents of volumes, one sparse file each, for as long as one rehearsal lasts; removed at its end."""

    def __init__(self) -> None:
        _remove_left_behind()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=cache_folder()))

    def file(self, *, volume_id: str, size_gib: int) -> Path:
        """The raw contents; a volume that was not there is blank, and one that has become larger has grown."""
        file = self.folder / volume_id
        with file.open("ab") as handle:
            if handle.tell() < size_gib * GIB:
                handle.truncate(size_gib * GIB)
        return file

    def copy(self, *, source: str, volume_id: str) -> None:
        """Make a volume of another one's contents, as from a snapshot; of one that no host had, a blank one."""
        if (self.folder / source).exists():
            command = ("cp", "--sparse=always", str(self.folder / source), str(self.folder / volume_id))
            subprocess.run(command, check=True)

    def attach(self, *, volume_id: str, size_gib: int) -> int:
        """The number of a loop device with the volume's contents."""
        file = self.file(volume_id=volume_id, size_gib=size_gib)
        with _finding:  # of two that look for a free device at once, one would be refused
            return int(_losetup("--find", "--show", str(file)).removeprefix("/dev/loop"))

    def detach(self, *, volume_id: str) -> bool:
        """Let go of the volume. False when it was still in use then, which on AWS leaves it stuck in `detaching`."""
        return _detach(self.folder / volume_id)

    def close(self) -> None:
        for file in self.folder.iterdir():
            _detach(file)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A volume that an instance has; ``source``: the volume that its snapshot was made of, if it has one."""

    size_gib: int
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Plugged:
    slot: int  # n of /dev/nvme<n>n1
    loop: int  # n of /dev/loop<n>


@dataclass(kw_only=True)
class DevicePlug:
    """Keeps the devices of one container as ``attached`` says (by volume id), asked twice a second."""

    engine: ContainerEngine
    container: str
    store: VolumeStore
    attached: Callable[[], Mapping[str, Attached]]
    still_mounted: list[str] = field(default_factory=list)  # volumes that were detached while in use
    _slots: dict[str, _Plugged] = field(default_factory=dict)  # by volume id
    _lock: Lock = field(default_factory=Lock)
    _ended: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        self._thread = Thread(target=self._follow, name="volumes", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following and let go of every device; call it when the container is gone."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        for volume_id in self._slots:
            self.store.detach(volume_id=volume_id)
        self._slots.clear()

    def _follow(self) -> None:
        while not self._ended.wait(POLL_S):
            try:
                wanted = self.attached()
            except (BotoCoreError, ClientError):  # one poll lost; the next one sees the same
                continue
            with self._lock:
                for volume_id in wanted.keys() - self._slots.keys():
                    self._plug(volume_id=volume_id, volume=wanted[volume_id])
                for volume_id in self._slots.keys() - wanted.keys():
                    self._unplug(volume_id)

    def plug_again(self) -> None:
        """The container has started again: its /dev is a new one, its volumes are still attached."""
        with self._lock:
            for volume_id in self._slots:
                self._make_node(volume_id)

    def _plug(self, *, volume_id: str, volume: Attached) -> None:
        if volume.source is not None and not (self.store.folder / volume_id).exists():
            self.store.copy(source=volume.source, volume_id=volume_id)
        number = self.store.attach(volume_id=volume_id, size_gib=volume.size_gib)
        taken = {plugged.slot for plugged in self._slots.values()}
        self._slots[volume_id] = _Plugged(slot=next(n for n in range(1, 64) if n not in taken), loop=number)
        self._make_node(volume_id)

    def _make_node(self, volume_id: str) -> None:
        plugged = self._slots[volume_id]
        # The link comes last: whoever waits for it must find the device behind it.
        self._in_container(
            f"mknod -m 0660 /dev/nvme{plugged.slot}n1 b 7 {plugged.loop} && mkdir -p /dev/disk/by-id"
            f" && ln -sf ../../nvme{plugged.slot}n1 {_link(volume_id)}"
        )

    def _unplug(self, volume_id: str) -> None:
        slot = self._slots.pop(volume_id).slot
        self._in_container(f"rm -f {_link(volume_id)} /dev/nvme{slot}n1")
        if not self.store.detach(volume_id=volume_id):
            self.still_mounted.append(volume_id)

    def _in_container(self, script: str) -> None:
        self.engine.docker("exec", self.container, "sh", "-c", script, check=False)


def missing() -> str | None:
    """Why there are no loop devices here; None when there are."""
    if shutil.which("losetup") is None or not Path("/dev/loop-control").exists():
        return "there are no loop devices, which stand for EBS volumes (/dev/loop-control, losetup)"
    return None


def _link(volume_id: str) -> str:
    """The name that udev gives on EC2: the NVMe model and the volume id without its dash."""
    return f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{volume_id.replace('-', '')}"


def _detach(file: Path) -> bool:
    devices = [line.split(":")[0] for line in _losetup("--associated", str(file)).splitlines()]
    for device in devices:
        _losetup("--detach", device)
    # The kernel lets go of a device in use only later, when its last user has gone.
    deadline = time.monotonic() + RELEASE_TIMEOUT_S
    while _losetup("--associated", str(file)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _remove_left_behind() -> None:
    """Volumes of rehearsals that were killed."""
    for folder in cache_folder().glob(f"{_PREFIX}*"):
        if process_is_alive(int(folder.name.removeprefix(_PREFIX).split("-")[0])):
            continue
        for file in folder.iterdir():
            _detach(file)
        shutil.rmtree(folder, ignore_errors=True)


def _losetup(*arguments: str) -> str:
    done = subprocess.run(["losetup", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise HostRehearsalError(f"losetup {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()
