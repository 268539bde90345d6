"""What an image of one's own is made from: read from the project, named by its content, and laid out for the build.
Pure but for the folder that it writes.

The layout is a copy, because the builder takes file modes and paths for content: with the files as they are, another
umask or a renamed folder would be another image, and so a new launch template on a laptop that changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.errors import ConfigError, Problem
from config.models import ImageBuild

DOCKERFILE = Path("userdata/image/Dockerfile")
"""The one that is used unless ``image.build.dockerfile`` names another; relative to the project."""
STAGING = Path(".pulumi/image")
"""Where builds are laid out, relative to the project. Nothing in it is kept by git, all of it can be deleted."""
FILES_MAX = 200
BYTES_MAX = 10 * 2**20


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything that decides what is in the image. ``templates``: path in their folder, and what is in it."""

    base: str
    packages: tuple[str, ...]
    dockerfile: bytes
    templates: tuple[tuple[str, bytes], ...]

    @property
    def digest(self) -> str:
        """12 hex digits of the SHA-256. Each part comes after its length, so that none runs into the next."""
        hashed = hashlib.sha256()
        files = (part for name, data in self.templates for part in (name.encode(), data))
        for part in (self.base.encode(), " ".join(self.packages).encode(), self.dockerfile, *files):
            hashed.update(b"%d:" % len(part) + part)
        return hashed.hexdigest()[:12]

    def tag(self, version: str) -> str:
        """The image's tag: the version of vLLM that it is based on, and the content."""
        return f"{version}-{self.digest}"


@dataclass(frozen=True, kw_only=True)
class Staged:
    """Paths of one laid-out build, relative to the project, so that they are the same on every machine."""

    context: str
    dockerfile: str


def read_content(build: ImageBuild, *, base: str, root: Path = Path()) -> Content:
    """Of the project at ``root``. Raises ConfigError for templates that are too many or too large."""
    return Content(
        base=base,
        packages=tuple(build.packages),
        dockerfile=(root / (build.dockerfile or DOCKERFILE)).read_bytes(),
        templates=tuple(_templates(root, build.chat_templates)) if build.chat_templates else (),
    )


def stage(content: Content, *, root: Path = Path()) -> Staged:
    """Lays the build out below ``root``, again when it is there; the same files with the same modes everywhere."""
    folder = STAGING / content.digest
    context, dockerfile = folder / "context", folder / "Dockerfile"
    (root / context).mkdir(parents=True, exist_ok=True)
    _write(root / dockerfile, content.dockerfile)
    for name, data in content.templates:
        _write(root / context / name, data)
    return Staged(context=context.as_posix(), dockerfile=dockerfile.as_posix())


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o644)


def _templates(root: Path, given: str) -> Iterator[tuple[str, bytes]]:
    """Every file but hidden ones, in the order of their paths; a link's target is read."""
    folder = root / given
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _hidden(path.relative_to(folder))]
    size = sum(path.stat().st_size for path in files[: FILES_MAX + 1])
    if len(files) > FILES_MAX or size > BYTES_MAX:
        raise ConfigError([_too_much(given, files=len(files), size=size)])
    for path in files:
        yield path.relative_to(folder).as_posix(), path.read_bytes()


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _too_much(given: str, *, files: int, size: int) -> Problem:
    return Problem(
        path="vllm:image.build.chatTemplates",
        given=f"{given}, a folder of {files} files" + (f" and {size / 2**20:.0f} MiB" if files <= FILES_MAX else ""),
        allowed=f"a folder of at most {FILES_MAX} files and {BYTES_MAX // 2**20} MiB, all of them chat templates",
        example="chatTemplates: templates",
        message="Everything in the folder goes into the image. Put the templates into a folder of their own.",
    )
