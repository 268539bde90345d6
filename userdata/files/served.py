"""What has served before, and whether it is still there: then vLLM needs no HuggingFace to start.

``served.py record HF_HOME ARGS_FILE IMAGE`` after a completion; ``served.py check ...`` before the next start, status 0
when every file of then is there in its size; ``served.py alone ...``: 0 when the arguments name no second repository.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

COMMIT = re.compile(r"[0-9a-f]{40}")
# org/name, and neither a part of a path nor of an address.
REPOSITORY = re.compile(r"(?<![\w./:-])[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(?![\w/])")


def marker(*, hf_home: Path, args_file: Path, image: str) -> Path:
    """One for each image and arguments: another vLLM may read other files."""
    text = f"{image}\n{args_file.read_text(encoding='utf-8')}"
    return hf_home / ".served" / hashlib.sha256(text.encode()).hexdigest()


def named_repositories(arguments: list[str]) -> set[str]:
    """What may be a repository in the arguments; the served name is the user's word for the model."""
    before = ["", *arguments[:-1]]
    values = [value for flag, value in zip(before, arguments, strict=True) if flag != "--served-model-name"]
    return {arguments[0], *(name for value in values for name in REPOSITORY.findall(value))}


def snapshot_files(*, hf_home: Path, arguments: list[str]) -> dict[str, int]:
    """Sizes, by path below ``hf_home``, of the snapshots in use of every repository that the arguments name."""
    sizes: dict[str, int] = {}
    for name in named_repositories(arguments):
        repository = hf_home / "hub" / f"models--{name.replace('/', '--')}"
        commits = {ref.read_text().strip() for ref in repository.glob("refs/**/*") if ref.is_file()} | {*arguments}
        for commit in filter(COMMIT.fullmatch, commits):  # no path, whoever wrote it
            files = (path for path in (repository / "snapshots" / commit).rglob("*") if path.is_file())
            sizes |= {path.relative_to(hf_home).as_posix(): path.stat().st_size for path in files}
    return sizes


def record(*, hf_home: Path, args_file: Path, image: str) -> None:
    """Nothing is recorded of a model that is not in the cache: a local folder, or one in S3."""
    arguments = args_file.read_text(encoding="utf-8").splitlines()
    files = snapshot_files(hf_home=hf_home, arguments=arguments)
    if not files:
        return
    path = marker(hf_home=hf_home, args_file=args_file, image=image)
    path.parent.mkdir(exist_ok=True)
    document = {"model": arguments[0], "image": image, "files": dict(sorted(files.items()))}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    partial.rename(path)


def is_complete(*, hf_home: Path, args_file: Path, image: str) -> bool:
    try:
        path = marker(hf_home=hf_home, args_file=args_file, image=image)
        files: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))["files"]
        return all((hf_home / name).stat().st_size == size for name, size in files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def main() -> int:
    verb, hf_home, args_file, image = sys.argv[1:]
    if verb == "record":
        record(hf_home=Path(hf_home), args_file=Path(args_file), image=image)
        return 0
    if verb == "check":
        return 0 if is_complete(hf_home=Path(hf_home), args_file=Path(args_file), image=image) else 1
    return 0 if len(named_repositories(Path(args_file).read_text(encoding="utf-8").splitlines())) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
