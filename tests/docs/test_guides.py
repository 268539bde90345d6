"""Getting started, guides, upgrades and questions: what can be typed is taken, what is linked or shown holds."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from config.sources import load_stack_file
from sizing.prepare import prepare
from tests.docs.commands import OPS, ROOT, blocks, check_ops, inline_commands, make_targets, shell_commands
from tests.docs.test_readme import four_gpus

DOCS = ROOT / "docs"
NAMES = ("getting-started", "scaling", "capacity", "upgrade", "faq")
PAGES = [*(DOCS / f"{name}.md" for name in NAMES), *sorted((DOCS / "guides").glob("*.md"))]
PULUMI = {
    "cancel": {"--stack"},
    "destroy": {"--stack", "--exclude-protected"},
    "login": {"--local"},
    "preview": {"--stack"},
    "refresh": {"--stack"},
    "stack": {"--stack", "--file"},
    "up": {"--stack"},
    "whoami": {"--verbose"},
}
OTHERS = {"aws", "cp", "git", "source"}  # and python -c
OURS = re.compile(r"\*\*`([^`]+)`\*\*")
THEIRS = {
    "CUDA out of memory",
    "CertificateNotFound",
    "InsufficientInstanceCapacity",
    "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    "UnsupportedCertificate",
    "VcpuLimitExceeded",
    "You have requested more vCPU capacity than your current vCPU limit",
    "error: incorrect passphrase",
    "error: the stack is currently locked by 1 lock(s)",
    "no space left on device",
    "passphrase must be set",
    "resource ... cannot be deleted because it is protected",
    "toomanyrequests: You have reached your pull rate limit",
}
"""Words of AWS, Docker, CUDA and Pulumi, which no file of ours has."""

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))


def commands(page: Path) -> list[list[str]]:
    text = page.read_text(encoding="utf-8")
    return [*shell_commands(text), *inline_commands(text), *inline_commands(text, of="pulumi")]


@each_page
def test_each_command_is_one(page: Path) -> None:
    shown = commands(page)
    assert shown
    for words in shown:
        if words[:3] == OPS:
            check_ops(words)
        elif words[0] == "make":
            assert words[1] in make_targets()
            assert all("=" in word for word in words[2:])
        elif words[0] == "pulumi":
            assert {word for word in words[2:] if word.startswith("--")} <= PULUMI[words[1]], words
        else:
            assert words[0] in OTHERS or words[:2] == ["python", "-c"], words


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).resolve().exists()] == []


@each_page
def test_files_that_are_named_are_there(page: Path) -> None:
    named = re.findall(r"`((?:Pulumi\.(?:dev|prod|local)\.yaml)|requirements\.txt)`", page.read_text(encoding="utf-8"))
    assert [file for file in named if not (ROOT / file).exists()] == []


@each_page
def test_each_stack_file_shown_is_a_plan(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(page.read_text(encoding="utf-8"), "yaml")):
        (tmp_path / f"Pulumi.shown-{number}.yaml").write_text(block)
        prepare(load_stack_file(stack=f"shown-{number}", root=tmp_path), root=tmp_path, hardware=four_gpus)


def test_every_guide_is_found_from_another_page() -> None:
    everything = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "README.md", *PAGES))
    assert [page.name for page in PAGES if page.parent.name == "guides" and f"{page.name})" not in everything] == []


@cache
def sources() -> str:
    """Python without the joints of its long texts, and scripts."""
    listed = subprocess.run(["git", "ls-files", "*.py", "*.sh"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / name for name in listed.stdout.splitlines() if not name.startswith("tests/")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files if file.exists())
    return re.sub(r'"\n\s*f?"', "", text)


def quoted() -> list[str]:
    found = OURS.findall((DOCS / "faq.md").read_text(encoding="utf-8"))
    return sorted({words for words in found if not re.fullmatch(r"\d{3}( \w+)?", words)})


def test_the_words_of_others_are_still_quoted() -> None:
    assert set(quoted()) >= THEIRS


@pytest.mark.parametrize("words", [words for words in quoted() if words not in THEIRS])
def test_a_message_of_ours_is_said_somewhere(words: str) -> None:
    """Digits and names stand for what a message fills in."""
    pieces = re.split(r"\.\.\.|\d[\d.]*|Pulumi\.NAME\.yaml|--[a-z-]+", words)
    said = sources()
    for piece in filter(None, (piece.strip(" ;") for piece in pieces)):
        assert piece in said, piece
