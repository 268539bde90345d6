"""What a play on a machine of its own has: the stack on the real engine, `ops`, and a client of the service."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from pulumi.automation.errors import CommandError

from machine.names import Names
from machine.secret_files import secrets_folder
from rehearsal.engine.events import Run
from rehearsal.engine.providers import container_engine
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import EngineStack, open_stack
from tests.e2e.local.machine import Machine

ROOT = Path(__file__).resolve().parents[3]
STACK = "local"
PORT = 8000
RUNS_ONE = re.compile(r"^vllm:num_requests_running\{.*\} 1(?:\.0)?$", re.MULTILINE)
ASKED_FOR_METRICS = 50
Said = subprocess.CompletedProcess[str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``meanwhile``: what was looked at when the first line of the body had come."""

    status: int
    headers: Mapping[str, str]
    body: str
    meanwhile: str = ""

    @property
    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is on the machine: what Docker lists, without its own networks, and the ids of what the state holds."""

    containers: frozenset[str]
    networks: frozenset[str]
    volumes: frozenset[str]
    state: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An `up` that failed with these words, and what is on the machine after it."""

    said: str
    left: Left


@dataclass(frozen=True, kw_only=True)
class Stand:
    """``person``: the number of the user whom the program takes for the one that started it, and who has the secrets;
    root otherwise, which a play always is."""

    machine: Machine
    engine: EngineStack
    person: int = 0
    own: frozenset[str] = field(default=frozenset({"bridge", "host", "none"}))  # networks of Docker's own

    def ops(self, *arguments: str, given: str = "") -> Said:
        """A verb on the stack, as a person would call it; ``given`` is typed into it."""
        done = subprocess.run(
            [sys.executable, "-m", "ops", *arguments, "--stack", STACK],
            cwd=self.engine.folder,
            env={**self.engine.environment, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        secrets = secrets_folder(STACK)
        for path in (secrets, *secrets.glob("*")):
            if path.exists():
                os.chown(path, self.person, -1)
        return done

    def new_key(self, name: str) -> str:
        """The key that `ops keys add` prints."""
        added = self.ops("keys", "add", name)
        assert added.returncode == 0, added.stderr
        return added.stdout.split()[-1]

    def refusal(self) -> Refusal:
        """Of `pulumi up`."""
        return self._refused(self.engine.up)

    def refusal_of_preview(self) -> Refusal:
        return self._refused(self.engine.preview)

    def _refused(self, operation: Any) -> Refusal:
        try:
            run: Run = operation()
        except CommandError as error:
            return Refusal(said=" ".join(str(error).split()), left=self.left())
        raise AssertionError(f"nothing was refused: {run.text}")

    def left(self) -> Left:
        return Left(
            containers=self.machine.names("container"),
            networks=self.machine.names("network") - self.own,
            volumes=self.machine.names("volume"),
            state=frozenset(held.id for held in self.engine.resources()),
        )

    def inspected(self, container: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.machine.docker("container", "inspect", container))
        return found[0]

    def state_text(self) -> str:
        """All that the engine has written down."""
        files = (path for path in (self.engine.folder / "state").rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)

    def ask(
        self,
        path: str,
        *,
        key: str = "",
        body: Mapping[str, Any] | None = None,
        meanwhile: Callable[[], str] = str,
    ) -> Answer:
        """Of the service, as a client on this machine, which looks at ``meanwhile`` after the first line.

        OSError when nobody answers.
        """
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        try:
            connection.request(
                "POST" if body else "GET", path, body=json.dumps(body) if body else None, headers=headers
            )
            response = connection.getresponse()
            first = response.readline()
            seen = meanwhile()
            return Answer(
                status=response.status,
                headers={name.lower(): value for name, value in response.getheaders()},
                body=(first + response.read()).decode(),
                meanwhile=seen,
            )
        finally:
            connection.close()

    def chat(self, *, key: str, tokens: int = 8) -> Answer:
        return self.ask("/v1/chat/completions", key=key, body=self._conversation(tokens))

    def streamed(self, *, key: str, tokens: int) -> Answer:
        """Meanwhile vLLM was asked for its metrics, until they say that it runs a request."""
        body = self._conversation(tokens) | {"stream": True}
        networks = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        address = self.machine.docker("inspect", "--format", networks, Names(STACK).server).strip()

        def metrics() -> str:
            text = ""
            for _ in range(ASKED_FOR_METRICS):  # vLLM counts a moment after it answers
                with urllib.request.urlopen(f"http://{address}:8000/metrics", timeout=60) as answer:
                    text = answer.read().decode()
                if RUNS_ONE.search(text):
                    break
            return text

        return self.ask("/v1/chat/completions", key=key, body=body, meanwhile=metrics)

    def metrics(self) -> str:
        """As vLLM tells them inside its container."""
        inside = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/metrics').read().decode())"
        return self.machine.docker("exec", Names(STACK).server, "python3", "-c", inside)

    def _conversation(self, tokens: int) -> dict[str, Any]:
        messages = [{"role": "user", "content": "Hello"}]
        model = self.engine.outputs()["model"]
        return {"model": model, "messages": messages, "max_tokens": tokens, "ignore_eos": True}


@contextmanager
def stand(machine: Machine, *, rig: Rig, person: int = 0) -> Iterator[Stand]:
    """The committed stack for one machine, not yet deployed. The project's folder is where the play works."""
    with open_stack(
        stack=STACK, root=ROOT, rig=rig, providers=container_engine(machine.host), environ=os.environ
    ) as engine:
        before = Path.cwd()
        (engine.folder / "userdata").symlink_to(
            ROOT / "userdata"
        )  # whose Dockerfile is named from the project's folder
        os.chdir(engine.folder)
        try:
            with mock.patch("os.getuid", return_value=person):
                yield Stand(machine=machine, engine=engine, person=person)
        finally:
            os.chdir(before)
