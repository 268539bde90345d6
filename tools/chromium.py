"""Chromium without a window, told by its DevTools protocol over two pipes what to look at."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ALONE = ("--disable-background-networking", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND")
"""It asks nobody: an address that a page names is not found."""
LONGEST_S = 60.0
CONSOLE = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening")


class ChromiumError(Exception):
    """It ended, refused a command or said nothing for too long."""


@dataclass(kw_only=True)
class Chromium:
    """One browser, as a context. Its profile is a folder that goes with it."""

    _profile: tempfile.TemporaryDirectory[str] = field(init=False)
    _process: subprocess.Popen[bytes] = field(init=False)
    _to: int = field(init=False)
    _from: int = field(init=False)
    _buffer: bytes = b""
    _number: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        its_from, self._to = os.pipe()
        self._from, its_to = os.pipe()
        root = ("--no-sandbox",) if os.geteuid() == 0 else ()
        options = (
            "--headless",
            "--disable-gpu",
            "--hide-scrollbars",
            "--remote-debugging-pipe",
            f"--user-data-dir={self._profile.name}",
        )
        # The protocol wants exactly the descriptors 3 and 4.
        redirected = ["bash", "-c", f'exec "$@" 3<&{its_from} 4>&{its_to}', "bash"]
        self._process = subprocess.Popen(
            [*redirected, "chromium", *options, *root, *ALONE],
            pass_fds=(its_from, its_to),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(its_from)
        os.close(its_to)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._to)
        os.close(self._from)
        self._process.terminate()
        try:
            self._process.wait(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._profile.cleanup()

    def send(self, method: str, *, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The result of a command."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        document = json.dumps({**message, **({"sessionId": session} if session else {})})
        os.write(self._to, document.encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise ChromiumError(f"{method}: {answer['error'].get('message')}")
                return dict(answer["result"])

    def wait_for(self, event: str, *, session: str) -> None:
        """Until it has happened in the session."""
        while not any(seen["method"] == event and seen.get("sessionId") == session for seen in self.events):
            self._next()

    def _next(self) -> dict[str, Any]:
        """The next message; an event is kept as well."""
        deadline = time.monotonic() + LONGEST_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))
            read = os.read(self._from, 1 << 20) if ready else b""
            if not read:
                raise ChromiumError("it said nothing for too long" if not ready else "it ended")
            self._buffer += read
        message, _, self._buffer = self._buffer.partition(b"\0")
        document: dict[str, Any] = json.loads(message)
        if "method" in document:
            self.events.append(document)
        return document


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A page that has been loaded."""

    browser: Chromium
    session: str

    @property
    def console(self) -> list[str]:
        """What the page said there, what it threw, and its dialogs."""
        return [json.dumps(event["params"]) for event in self._events() if event["method"] in CONSOLE]

    @property
    def requests(self) -> list[str]:
        """Addresses that it asked for, itself among them."""
        asked = [event["params"] for event in self._events() if event["method"] == "Network.requestWillBeSent"]
        return [str(each["request"]["url"]) for each in asked]

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, as plain data."""
        done = self.browser.send(
            "Runtime.evaluate", session=self.session, expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in done:
            raise ChromiumError(str(done["exceptionDetails"]))
        return done["result"].get("value")

    def picture(self) -> bytes:
        """PNG of the window."""
        done = self.browser.send("Page.captureScreenshot", session=self.session, format="png")
        return base64.b64decode(done["data"])

    def _events(self) -> list[dict[str, Any]]:
        return [event for event in self.browser.events if event.get("sessionId") == self.session]


@contextmanager
def opened(page: Path, *, width: int, height: int, dark: bool = False) -> Iterator[Tab]:
    """The page in a window of that size; ``dark``: as where people prefer that."""
    with Chromium() as browser:
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser.send(f"{domain}.enable", session=session)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.send("Emulation.setDeviceMetricsOverride", session=session, **size)
        preferred = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        browser.send("Emulation.setEmulatedMedia", session=session, features=preferred)
        browser.send("Page.navigate", session=session, url=page.absolute().as_uri())
        browser.wait_for("Page.loadEventFired", session=session)
        yield Tab(browser=browser, session=session)
