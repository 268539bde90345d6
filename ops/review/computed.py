"""What one revision says of one stack, asked of its own tools in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from review.model import Revision

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
"""Variables that a revision gets. Its code is that of a pull request: no credentials, no token, no passphrase."""
LONGEST_S = 300
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
HEADING = re.compile(r"^##### (?P<path>.+) #####$")
USER_DATA = "user data"


@dataclass(frozen=True, kw_only=True)
class Computed:
    """``revision`` is None where ``problems`` say why. ``notes``: what its tools do not tell, and what that means."""

    revision: Revision | None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``text``: what a verb printed; None where it failed, and ``problems`` say why."""

    text: str | None
    problems: tuple[str, ...] = ()

    @property
    def document(self) -> Any:
        return None if self.text is None else json.loads(self.text)


def compute(stack: str, *, root: Path) -> Computed:
    """Graph, plan, policies and files. Without its graph there is nothing to compare; the rest may be missing."""
    graph = _ask("graph", stack=stack, root=root, as_json=True)
    if graph.text is None:
        return Computed(revision=None, problems=graph.problems)
    resources = tuple(graph.document)
    notes: list[str] = []
    plan = _ask("plan", stack=stack, root=root, as_json=True)
    if plan.text is None:
        notes.append(_note("there is no plan, so that cost and flags are not compared", plan))
    policies = _ask("graph", "--policies", stack=stack, root=root, as_json=True)
    if policies.text is None:
        notes.append(_note("the policies could not be asked: what they find elsewhere shows as new or gone", policies))
    files: Mapping[str, str] = {}
    if any(resource.get("type") == LAUNCH_TEMPLATE for resource in resources):
        rendered = _ask("render", stack=stack, root=root, as_json=False)
        files = files_of(rendered.text or "")
        if rendered.text is None:
            notes.append(_note("the files of the hosts are not compared", rendered))
    return Computed(
        revision=Revision(
            graph=resources,
            plan=plan.document or {},
            files=files,
            violations=tuple((policies.document or {}).get("violations", ())),
        ),
        notes=tuple(notes),
    )


def _note(text: str, answer: Answer) -> str:
    return f"{text} ({'; '.join(answer.problems)})"


def files_of(rendered: str) -> dict[str, str]:
    """By path, from what ``ops render`` prints; the files in the user data by theirs."""
    files: dict[str, list[str]] = {}
    path = ""
    for line in rendered.splitlines():
        if heading := HEADING.match(line):
            path = heading["path"]
            files[path] = []
        elif path:
            files[path].append(line)
    texts = {path: "\n".join(lines).rstrip("\n") + "\n" for path, lines in files.items()}
    return {**written_by(texts.pop(USER_DATA, "")), **texts}


def written_by(cloud_config: str) -> dict[str, str]:
    """Each file that it writes, and the rest."""
    try:
        document = yaml.safe_load(cloud_config)
        written = document.pop("write_files")
        texts = {str(file["path"]): str(file.pop("content")) for file in written}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        return {USER_DATA: cloud_config} if cloud_config else {}
    rest = yaml.safe_dump({**document, "write_files": written}, sort_keys=False)
    return {USER_DATA: rest, **texts}


def _ask(verb: str, *options: str, stack: str, root: Path, as_json: bool) -> Answer:
    command = [sys.executable, "-m", "ops", verb, "--stack", stack, *options, *(["--json"] if as_json else [])]
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST_S,
        )
    except subprocess.TimeoutExpired:
        return Answer(text=None, problems=(f"`ops {verb}` was not done after {LONGEST_S} seconds",))
    if as_json:
        return _from_json(verb, done)
    return Answer(text=done.stdout) if done.returncode == 0 else Answer(text=None, problems=(_last_line(verb, done),))


def _from_json(verb: str, done: subprocess.CompletedProcess[str]) -> Answer:
    """Status 1 with a document is an answer, too: a policy is broken."""
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return Answer(text=None, problems=(_last_line(verb, done),))
    errors = document.get("errors") if isinstance(document, dict) else None
    if errors:
        return Answer(text=None, problems=tuple(map(_sentence, errors)))
    return Answer(text=done.stdout)


def _sentence(error: Mapping[str, str]) -> str:
    given = f" (given: {error['given']})" if error.get("given") else ""
    return f"{error.get('path', '')}: {error.get('message', '')}{given}"


def _last_line(verb: str, done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    return f"`ops {verb}` failed: {lines[-1] if lines else f'status {done.returncode}'}"
