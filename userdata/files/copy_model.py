"""Copies a model from S3 to the slot: ``copy_model.py SECONDS SOURCE FOLDER CHOSEN_FILE VLLM_ARGUMENT...``.

``SOURCE``: ``s3://bucket/prefix``. FOLDER gets one folder per content, named by a hash of its names, sizes and ETags;
CHOSEN_FILE then names the complete one. The files come into ``incoming``, which the AWS CLI fills again after an
interruption, and are renamed when every size is right. The container sees the result read only and never FOLDER itself,
so that no link in it can be someone else's. Each line on standard output is for the boot step, as in fetch_model.py.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

if __package__:
    from . import fetch_model
else:  # a file of its own, as on hosts
    import fetch_model  # type: ignore[import-not-found, no-redef]

# More than the CLI's ten requests at a time: one connection of S3 carries some 90 MB/s.
CLI_CONFIG = "[default]\ns3 =\n  max_concurrent_requests = 32\n"
REFUSALS = 6  # a role that was made a minute ago is not known everywhere yet
SHAPES = ("config.json", "params.json")  # of Transformers, of Mistral
_REMEDIES = (
    ("NoSuchBucket", "there is no such bucket: correct vllm:model.source"),
    ("PermanentRedirect", "the bucket is in another region: copy the model to one in the stack's region"),
    ("IllegalLocationConstraint", "the bucket is in another region: copy the model to one in the stack's region"),
    ("No space left", "disk full: raise vllm:cache.sizeGib"),
)
_REFUSED = ("AccessDenied", "Forbidden", "(403)")


@dataclass(frozen=True)
class Entry:
    """One object. ``name``: below the prefix."""

    name: str
    size: int
    etag: str


class CopyError(Exception):
    """What a person has to do."""


class CommandError(Exception):
    """The last line of the AWS CLI."""


def entries(listing: list[dict[str, Any]] | None, *, prefix: str) -> list[Entry]:
    """Of `list-objects-v2`; consoles make empty objects for folders."""
    found = []
    for item in listing or []:
        name = str(item["Key"]).removeprefix(f"{prefix}/")
        if name.endswith("/") or not name:
            continue
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or not name.isprintable() or "/".join(parts) != name:
            raise CopyError(f"the key {str(item['Key'])!r} is no file name: remove it")
        found.append(Entry(name=name, size=int(item["Size"]), etag=str(item["ETag"])))
    return sorted(found, key=lambda entry: entry.name)


def chosen(listed: list[Entry], *, load_format: str, indexed: list[str], source: str) -> list[Entry]:
    """Those that vLLM reads. CopyError where something is missing."""
    by_name = {entry.name: entry for entry in listed}
    if not by_name:
        raise CopyError(f"there is nothing below {source}/: correct vllm:model.source")
    if not set(SHAPES) & set(by_name):
        raise CopyError(f"there is no config.json below {source}/: the model's files must lie right there")
    names = fetch_model.files_to_fetch(files=list(by_name), load_format=load_format, indexed=indexed)
    missing = [name for name in names if name not in by_name]
    if missing:
        raise CopyError(f"{source} is not complete: {fetch_model.INDEX} names {missing[0]}, which is not there")
    return [by_name[name] for name in names]


def content_id(wanted: list[Entry]) -> str:
    text = "".join(f"{entry.name}\0{entry.size}\0{entry.etag}\n" for entry in wanted)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def wrong(folder: Path, wanted: list[Entry]) -> list[Entry]:
    """Files that are not there in their size."""
    return [entry for entry in wanted if _size(folder / entry.name) != entry.size]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def remedy(error: str) -> str:
    """For what will not go away by itself; empty for the rest."""
    return next((text for word, text in _REMEDIES if word in error), "")


@dataclass(frozen=True)
class Copy:
    source: str
    folder: Path
    arguments: list[str]
    until: float  # of the monotonic clock
    config: Path  # the CLI's

    def run(self) -> Path:
        """The complete folder. CopyError or CommandError."""
        wanted = self._wanted()
        complete = self.folder / content_id(wanted)
        if wrong(complete, wanted):
            shutil.rmtree(complete, ignore_errors=True)
            self._fill(self.folder / "incoming", wanted)
            (self.folder / "incoming").rename(complete)
        for other in self.folder.iterdir():
            if other != complete:
                shutil.rmtree(other)
        fetch_model.say(
            f"{self.source}: {len(wanted)} files, {sum(entry.size for entry in wanted) / fetch_model.GB:.1f} GB"
        )
        return complete

    def _wanted(self) -> list[Entry]:
        bucket, _, prefix = self.source.removeprefix("s3://").partition("/")
        where = ("--bucket", bucket, "--prefix", f"{prefix}/", "--output", "json")
        answer = json.loads(self._aws("s3api", "list-objects-v2", *where) or "{}")
        listed = entries(answer.get("Contents"), prefix=prefix)
        indexed: list[str] = []
        if any(entry.name == fetch_model.INDEX for entry in listed):
            text = self._aws("s3", "cp", "--only-show-errors", f"{self.source}/{fetch_model.INDEX}", "-")
            indexed = sorted(set(json.loads(text)["weight_map"].values()))
        load_format = fetch_model.wanted_of(self.arguments).load_format
        return chosen(listed, load_format=load_format, indexed=indexed, source=self.source)

    def _fill(self, incoming: Path, wanted: list[Entry]) -> None:
        incoming.mkdir(parents=True, exist_ok=True)
        names = {entry.name for entry in wanted}
        for path in incoming.rglob("*"):
            # Parts of the files that a killed CLI was writing, and what an older content had.
            if not path.is_dir() and path.relative_to(incoming).as_posix() not in names:
                path.unlink()
        includes = [word for name in sorted(names) for word in ("--include", glob.escape(name))]
        with _Progress(incoming, total=sum(entry.size for entry in wanted)):
            # Equal in size and time means equal: the CLI gives a file the time of its object when it is complete.
            self._aws(
                *("s3", "sync"),
                *("--only-show-errors", "--no-follow-symlinks", "--exact-timestamps"),
                *(f"{self.source}/", str(incoming), "--exclude", "*", *includes),
            )
        if left := wrong(incoming, wanted):
            for entry in left:
                (incoming / entry.name).unlink(missing_ok=True)
            raise CommandError(f"{left[0].name} did not come in its size")
        os.sync()  # or a crash could leave the name without the data

    def _aws(self, *words: str) -> str:
        left_s = max(1.0, self.until - time.monotonic())
        try:
            done = subprocess.run(
                ["aws", *words],
                env={**os.environ, "AWS_CONFIG_FILE": str(self.config)},
                capture_output=True,
                text=True,
                check=False,
                timeout=left_s,
            )
        except subprocess.TimeoutExpired:
            raise CommandError("it is still under way") from None
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
            raise CommandError(lines[-1][:300])
        return done.stdout


class _Progress:
    """Says from time to time how much is there."""

    def __init__(self, folder: Path, *, total: int) -> None:
        self._folder, self._total = folder, total
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._end.wait(fetch_model.REPORT_EVERY_S):
            there = sum(_allocated(path) for path in self._folder.rglob("*"))
            of_gb = f"{min(there, self._total) / fetch_model.GB:.1f} of {self._total / fetch_model.GB:.1f} GB"
            fetch_model.say(f"waiting: {of_gb} copied from S3")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def _allocated(path: Path) -> int:
    try:
        return path.stat().st_blocks * 512 if path.is_file() else 0
    except OSError:  # renamed by the CLI just now
        return 0


def persist(copy: Copy, *, pause: Callable[[float], object] = time.sleep) -> Path:
    """Again until it is complete or cannot be. CopyError with the sentence for a person."""
    backoff_s, refused = 5, 0
    while True:
        try:
            return copy.run()
        except CommandError as caught:
            error = str(caught)
        refused += any(word in error for word in _REFUSED)
        if what_to_do := remedy(error):
            raise CopyError(f"{copy.source}: {error}: {what_to_do}")
        if refused >= REFUSALS:
            raise CopyError(f"the hosts' role may not read {copy.source}: {error}: see the policies of bucket and key")
        if time.monotonic() + backoff_s >= copy.until:
            raise CopyError(f"{copy.source}: {error}, until the boot deadline")
        fetch_model.say(f"waiting: S3: {error}; again in {backoff_s} s")
        pause(backoff_s)
        backoff_s = min(2 * backoff_s, fetch_model.LONGEST_BACKOFF_S)


def main() -> int:
    seconds, source, folder, target, *arguments = sys.argv[1:]
    until, config = time.monotonic() + int(seconds), Path(target).with_name("aws-config")
    copy = Copy(source=source, folder=Path(folder), arguments=arguments, until=until, config=config)
    try:
        config.write_text(CLI_CONFIG, encoding="utf-8")
        copy.folder.mkdir(parents=True, exist_ok=True)
        complete = persist(copy)
    except (CopyError, OSError) as error:
        fetch_model.say(f"failed: {error}")
        return 1
    Path(target).write_text(f"{complete}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
