"""The two revisions of a review as folders; the repository and its own checkout stay as they are."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.errors import ConfigError, Problem
from ops.errors import failure

MAIN = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""Where the main branch is, the first that is there."""
HERE = "the working tree"


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """``root``: the folder of the project; ``label``: the revision as people call it."""

    label: str
    root: Path

    @property
    def stacks(self) -> tuple[str, ...]:
        """Names of the stack files."""
        return tuple(sorted(file.name[len("Pulumi.") : -len(".yaml")] for file in self.root.glob("Pulumi.*.yaml")))


@contextmanager
def checkouts(*, base: str | None, head: str | None, here: Path) -> Iterator[tuple[Checkout, Checkout]]:
    """Base and head while the block lasts. Without ``head``, ``here`` as it is; without ``base``, where the main branch
    was left. ConfigError for a revision that is not there."""
    prefix = _prefix(here)
    base_label, base_commit = _named(base, here=here) if base else _where_main_was_left(here)
    named_head = _named(head, here=here) if head else None
    with tempfile.TemporaryDirectory(prefix="review-") as folder:
        before = _extracted(base_commit, Path(folder, "base"), here=here)
        after = _extracted(named_head[1], Path(folder, "head"), here=here) if named_head else None
        yield (
            Checkout(label=base_label, root=before / prefix),
            Checkout(label=named_head[0] if named_head else HERE, root=after / prefix if after else here),
        )


def _prefix(here: Path) -> str:
    """The folder within its repository."""
    done = _git("rev-parse", "--show-prefix", here=here)
    if done.returncode:
        raise ConfigError(
            [
                Problem(
                    path="python -m ops review",
                    given=str(here),
                    allowed="a folder under git, with the project in it",
                    example="git clone ADDRESS vllm && cd vllm && python -m ops review",
                    message=f"git knows no repository here: {_said(done)}",
                )
            ]
        )
    return done.stdout.strip()


def _named(revision: str, *, here: Path) -> tuple[str, str]:
    """What people call it, and its commit."""
    done = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}", here=here)
    commit = done.stdout.split()[-1] if done.returncode == 0 and done.stdout.split() else ""
    if not commit:
        raise ConfigError([_unknown(revision, here=here)])
    return (revision[:12] if commit.startswith(revision) else f"{revision} ({commit[:8]})"), commit


def _unknown(revision: str, *, here: Path) -> Problem:
    shallow = _git("rev-parse", "--is-shallow-repository", here=here).stdout.strip() == "true"
    advice = "; this clone has only part of the history: git fetch --unshallow" if shallow else ""
    return Problem(
        path="python -m ops review",
        given=revision,
        allowed="a branch, a tag or a commit that `git log` shows",
        example="python -m ops review origin/main",
        message=f"git knows no such revision{advice}",
    )


def _where_main_was_left(here: Path) -> tuple[str, str]:
    known = [name for name in MAIN if _git("rev-parse", "--verify", "--quiet", name, here=here).returncode == 0]
    for name in known:
        done = _git("merge-base", name, "HEAD", here=here)
        if done.returncode == 0:
            commit = done.stdout.strip()
            called = _git("rev-parse", "--abbrev-ref", name, here=here).stdout.strip() or name
            return f"{called} ({commit[:8]})", commit
    what = f"{known[0]} and HEAD have no commit in common" if known else "there is no main branch"
    raise ConfigError(
        [
            Problem(
                path="python -m ops review",
                given="no BASE",
                allowed="a revision to compare with",
                example="python -m ops review HEAD~1",
                message=f"{what}: name the revision, or fetch it (git fetch --unshallow origin)",
            )
        ]
    )


def _extracted(commit: str, folder: Path, *, here: Path) -> Path:
    """The files of a commit, by an index of their own."""
    folder.mkdir()
    index = {"GIT_INDEX_FILE": str(folder.with_suffix(".index"))}
    top = Path(_git("rev-parse", "--show-toplevel", here=here).stdout.rstrip("\n"))
    for command in (["read-tree", commit], ["checkout-index", "--all", f"--prefix={folder}/"]):
        done = _git(*command, here=top, environment=index)
        if done.returncode:
            raise failure(path="git", given=f"git {command[0]}", message=f"{commit[:8]} cannot be read: {_said(done)}")
    return folder


def _git(*command: str, here: Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *command],
            cwd=here,
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
            capture_output=True,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise failure(
            path="git", message="git is not installed, and the revisions are in it: apt-get install git"
        ) from None


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """The first line of what git says."""
    lines = done.stderr.strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else f"it ended with status {done.returncode}"
