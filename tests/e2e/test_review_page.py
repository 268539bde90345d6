"""The page of a real review in real Chromium: a silent console, nothing beyond the window, everything readable."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from review.page import page
from tests.e2e.browser import look, need_chromium
from tests.review.reviews import hostile
from tools.page_picture import HEIGHT, WIDTH, picture

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (375, 1440)
SMALLEST_PX = 12
LARGEST_PICTURE = 200_000
PNG = b"\x89PNG\r\n\x1a\n"
CHANGE = (
    ("maxModelLen: 8192", "maxModelLen: 16384"),
    ("  vllm:compute:\n", "  vllm:compute:\n    instanceType: g6e.24xlarge\n"),
)
"""To Pulumi.prod.yaml: twice the context, on an instance with more memory."""


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page on that change, made by this tree in a repository of its own."""
    need_chromium()
    folder = tmp_path_factory.mktemp("project")
    listed = _git("ls-files", "--cached", "--others", "--exclude-standard", at=ROOT)
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    _git("init", "--quiet", "--initial-branch", "main", at=folder)
    _git("add", "--all", at=folder)
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    _git(*who, "commit", "--quiet", "--message", "as it is", at=folder)
    stack = folder / "Pulumi.prod.yaml"
    text = stack.read_text()
    for before, after in CHANGE:
        assert before in text
        text = text.replace(before, after)
    stack.write_text(text)
    command = [sys.executable, "-m", "ops", "review", "--html", "review.html"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "review.html"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page on which everything that others can write is an attack."""
    need_chromium()
    file = tmp_path_factory.mktemp("attacked") / "review.html"
    file.write_text(page(hostile()))
    return file


def _git(*command: str, at: Path) -> str:
    return subprocess.run(["git", *command], cwd=at, capture_output=True, text=True, check=True).stdout


def test_it_says_what_the_change_does(reviewed: Path) -> None:
    text = reviewed.read_text()
    for said in ("g6e.12xlarge", "g6e.24xlarge", "16384", "instance refresh", "/etc/vllm/args", "LaunchTemplate"):
        assert said in text, said


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("which", ["reviewed", "attacked"])
def test_it_fits_and_can_be_read(which: str, width: int, dark: bool, request: pytest.FixtureRequest) -> None:
    file: Path = request.getfixturevalue(which)
    seen = look(file, width=width, dark=dark)
    assert seen.console == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [file.as_uri()]
    assert seen.width == width
    assert seen.scrolls_to <= seen.room
    assert seen.beyond == []
    assert seen.faint == []
    assert seen.smallest_px >= SMALLEST_PX


def test_a_bad_page_is_seen(tmp_path: Path) -> None:
    """The checks themselves."""
    need_chromium()
    file = tmp_path / "bad.html"
    wide = '<p style="width: 2000px; color: #ccc; background: #fff; font-size: 8px">wide, faint and small</p>'
    file.write_text(f'{wide}<img src="http://example.com/x.png"><script>console.error("heard")</script>')
    seen = look(file, width=375)
    assert "heard" in "".join(seen.console)
    assert "http://example.com/x.png" in seen.requests
    assert seen.scrolls_to > seen.room
    assert [text for text in seen.beyond if text.startswith("<p")]
    assert [text for text in seen.faint if "<p" in text]
    assert seen.smallest_px < SMALLEST_PX


def test_the_picture_of_the_docs(reviewed: Path) -> None:
    """It can be made, and the one that is committed is of the same size."""
    for content in (picture(reviewed), (ROOT / "docs" / "review.png").read_bytes()):
        assert content.startswith(PNG)
        assert (int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")) == (WIDTH, HEIGHT)
        assert len(content) < LARGEST_PICTURE
