"""Makes room on the cache: ``evict.py CACHE_DIR IMAGE CHECKPOINT_GIB VLLM_ARGS_FILE``.

Above 85 % used, or when image and model do not fit, it removes what this host does not run, longest there first: other
images, other revisions and models, compile caches but the newest. Exit status: 0 enough room; FULL or TIGHT with a
sentence on standard output. What it removes is on standard error.

A container may have left anything in its folders. No link is followed to what is removed, and files go with the rights
of the folder's owner, so that a link made at this moment leads to nothing that is not the container's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

GIB = 1024**3
HIGH_WATER = 0.85  # of the filesystem
IMAGE_BYTES = 30 * GIB  # vllm-openai unpacked, with the layers that a pull holds at the same time
SPARE_BYTES = 1 * GIB  # compile cache, the container's own layer
FULL, TIGHT = 3, 4


@dataclass(frozen=True)
class Disk:
    total: int  # bytes
    free: int

    @property
    def is_high(self) -> bool:
        return self.total - self.free > HIGH_WATER * self.total


@dataclass(frozen=True)
class Item:
    """Something that can go. ``since``: seconds of the epoch at which it was put there."""

    name: str
    since: float
    remove: Callable[[], None]
    is_file: bool = True  # of the container's; else docker's or root's


@dataclass(frozen=True)
class Wanted:
    """What this host runs. ``named``: all that its arguments name, further models among them."""

    image: str
    model: str
    revision: str | None
    named: frozenset[str]

    def keeps(self, *, repo: str, commit: str, head: str) -> bool:
        """``head``: the commit that the revision is, where it is the name of a branch or a tag."""
        if repo != self.model:
            return repo in self.named
        return commit in (self.revision, head)


def wanted(*, image: str, arguments: list[str]) -> Wanted:
    values = dict(zip(arguments, [*arguments[1:], ""]))  # noqa: B905 - the same length
    joined = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    revision = values.get("--revision") or joined.get("--revision")
    words = (word for argument in arguments for word in re.findall(r"[\w./-]+", argument))
    return Wanted(image=image, model=arguments[0], revision=revision, named=frozenset(words))


def measure(cache: Path) -> Disk:
    shown = _output("df", "--block-size=1", "--output=size,avail", str(cache))
    total, free = shown.splitlines()[1].split()
    return Disk(total=int(total), free=int(free))


def images(image: str) -> Iterator[Item]:
    """Every image of the engine but ``image``, by id: one image has many names."""
    ids = set(_output("docker", "image", "ls", "--all", "--no-trunc", "--quiet").split())
    kept = [each["Id"] for each in _inspect(image)]
    for each in _inspect(*sorted(ids)):
        if each["Id"] not in kept:
            yield Item(
                name=f"image {', '.join(each.get('RepoTags') or [each['Id']])}",
                since=_seconds((each.get("Metadata") or {}).get("LastTagTime") or each.get("Created")),
                remove=partial(_remove_image, each["Id"]),
                is_file=False,
            )


def _inspect(*names: str) -> list[dict[str, Any]]:
    """Of those that exist."""
    if not names:
        return []
    command = ["docker", "image", "inspect", *names]
    found: list[dict[str, Any]] = json.loads(
        subprocess.run(command, capture_output=True, text=True, check=False).stdout or "[]"
    )
    return found


def _remove_image(image_id: str) -> None:
    done = subprocess.run(["docker", "image", "rm", "--force", image_id], capture_output=True, text=True, check=False)
    # In use, or gone with the one that it was made from.
    if done.returncode:
        say(f"kept {image_id}: {done.stderr.strip()}")


def _seconds(time: str | None) -> float:
    """Docker's nanoseconds are more than Python reads; it has year 1 for an image that was never tagged here."""
    if not time:
        return 0.0
    return datetime.fromisoformat(f"{time[:19]}+00:00").timestamp()


def revisions(*, hub: Path, wanted: Wanted) -> Iterator[Item]:
    """The snapshots of HuggingFace's cache (``<kind>--<org>--<name>``) that ``wanted`` does not keep."""
    for folder in sorted(path for path in _folders(hub) if "--" in path.name):
        repo = folder.name.split("--", 1)[1].replace("--", "/")
        head = _text(folder / "refs" / (wanted.revision or "main"))
        snapshots = sorted(_folders(folder / "snapshots"))
        for snapshot in snapshots:
            if not wanted.keeps(repo=repo, commit=snapshot.name, head=head):
                yield Item(
                    name=f"{repo} at {snapshot.name}",
                    since=snapshot.stat().st_mtime,
                    remove=partial(_remove_snapshot, folder=folder, snapshot=snapshot),
                )
        if not snapshots and repo not in wanted.named:
            yield Item(name=f"parts of {repo}", since=folder.stat().st_mtime, remove=partial(shutil.rmtree, folder))


def _remove_snapshot(*, folder: Path, snapshot: Path) -> None:
    """With the blobs that no other snapshot links to; a download that stopped midway is resumed later."""
    shutil.rmtree(snapshot)
    left = _folders(folder / "snapshots")
    if not left:
        shutil.rmtree(folder)
        return
    linked = {path.resolve() for each in left for path in each.rglob("*") if path.is_symlink()}
    for blob in _entries(folder / "blobs"):
        if blob.suffix != ".incomplete" and blob.resolve() not in linked:
            blob.unlink()


def copies(models: Path, wanted: Wanted) -> Iterator[Item]:
    """Models that came from S3 and are not this host's. No container writes there."""
    for folder in sorted(path for owner in _folders(models) for path in _folders(owner)):
        if f"/models/{folder.relative_to(models)}" != wanted.model:
            yield Item(
                name=f"copy of {folder.relative_to(models)}",
                since=folder.stat().st_mtime,
                remove=partial(shutil.rmtree, folder),
                is_file=False,
            )


def folders(cache: Path) -> Iterator[Item]:
    """The hub's cache of chunks, and each compile cache but the newest of its kind."""
    compiled = [sorted(_folders(kind), key=_newest) for kind in _folders(cache / "vllm")]
    for folder in [*_folders(cache / "huggingface" / "xet"), *(each for kind in compiled for each in kind[:-1])]:
        yield Item(
            name=str(folder.relative_to(cache)),
            since=_newest(folder),
            remove=partial(shutil.rmtree, folder),
        )


def _folders(parent: Path) -> list[Path]:
    return [path for path in _entries(parent) if path.is_dir() and not path.is_symlink()]


def _entries(folder: Path) -> list[Path]:
    """None behind a link."""
    return [] if folder.resolve() != folder else list(folder.glob("*"))


def _newest(folder: Path) -> float:
    return max(path.lstat().st_mtime for path in [folder, *folder.rglob("*")])


def missing(*, hub: Path, wanted: Wanted, checkpoint_gib: int) -> dict[str, int]:
    """What is still to come, in bytes, by name."""
    need = {"compile cache": SPARE_BYTES}
    if not _inspect(wanted.image):
        need[f"image {wanted.image}"] = IMAGE_BYTES
    rest = 0  # of any other path, or of a bucket: nothing comes
    if re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", wanted.model):
        folder = hub / f"models--{wanted.model.replace('/', '--')}"
        head = _text(folder / "refs" / (wanted.revision or "main"))
        snapshot = folder / "snapshots" / (head or wanted.revision or "none")
        here = {path.resolve() for path in snapshot.rglob("*") if path.is_file()} | {*folder.glob("blobs/*.incomplete")}
        rest = checkpoint_gib * GIB - sum(path.stat().st_size for path in here)
    elif wanted.model.startswith("/models/"):
        parts = _folders(hub.parents[1] / wanted.model[1:])  # one content each, and the one that is coming
        here_bytes = [sum(path.stat().st_size for path in part.rglob("*") if path.is_file()) for part in parts]
        rest = checkpoint_gib * GIB - max(here_bytes, default=0)
    # CHECKPOINT_GIB is rounded up, and for some models an estimate.
    if rest > max(GIB, checkpoint_gib * GIB // 20):
        need[f"model {wanted.model}"] = rest
    return need


def judge(*, disk: Disk, need: dict[str, int], cache: Path) -> tuple[int, str]:
    """Status and sentence when nothing more can be removed."""
    wish = ", ".join(f"{size / GIB:.0f} GiB for {name}" for name, size in need.items())
    state = f"{cache} has {disk.free / GIB:.1f} of {disk.total / GIB:.1f} GiB free"
    size = (disk.total - disk.free + sum(need.values())) / HIGH_WATER / GIB
    remedy = f"set vllm:cache.sizeGib to {size:.0f} or more and pulumi up"
    if disk.free < sum(need.values()):
        return FULL, f"disk full: {state}; needed: {wish}; nothing is left to remove: {remedy}"
    if disk.is_high:
        return TIGHT, f"{state}, which is less than 15 %, and nothing is left to remove: {remedy}"
    return 0, ""


@contextmanager
def rights_of(folder: Path) -> Iterator[None]:
    """Those of its owner, where this is root."""
    before = os.geteuid()
    os.seteuid(folder.stat().st_uid if before == 0 else before)
    try:
        yield
    finally:
        os.seteuid(before)


def say(text: str) -> None:
    sys.stderr.write(f"vllm: {text}\n")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def main() -> int:
    cache, image, checkpoint_gib, arguments = sys.argv[1:]
    folder = Path(cache).resolve()
    hub = folder / "huggingface" / "hub"
    want = wanted(image=image, arguments=Path(arguments).read_text(encoding="utf-8").splitlines())
    need = missing(hub=hub, wanted=want, checkpoint_gib=int(checkpoint_gib))
    disk = measure(folder)
    items: list[Item] = []
    if judge(disk=disk, need=need, cache=folder)[0]:
        items = [*images(image), *revisions(hub=hub, wanted=want), *copies(folder / "models", want), *folders(folder)]
    for item in sorted(items, key=lambda item: item.since):
        if not judge(disk=disk, need=need, cache=folder)[0]:
            break
        try:
            with rights_of(hub.parent) if item.is_file else nullcontext():
                item.remove()
        except OSError as error:
            say(f"kept {item.name}: {error}")
            continue
        before, disk = disk, measure(folder)
        say(f"removed {item.name}: {(disk.free - before.free) / GIB:.1f} GiB")
    status, sentence = judge(disk=disk, need=need, cache=folder)
    if sentence:
        sys.stdout.write(f"{sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
