"""docs/getting-started.md, typed as it stands, as far as it needs no account."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.commands import ROOT, blocks

PAGE = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## \d\. (.*?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
ALONE = ("See what it takes", "See what would be made")


def typed(block: str, *, folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """In a shell in which ``.venv`` is activated, with no account and a home of its own."""
    variables = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(home)}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_the_sections_are_in_order() -> None:
    assert [*SECTIONS][:5] == ["Set up", *ALONE, "Rehearse it", "Review a change"]


@pytest.mark.parametrize("block", [block for name in ALONE for block in blocks(SECTIONS[name], "sh")])
def test_what_needs_no_account_works_as_written(block: str, tmp_path: Path) -> None:
    done = typed(block, folder=ROOT, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_setting_up_and_rehearsing_are_targets_that_ci_runs_too() -> None:
    assert blocks(SECTIONS["Set up"], "sh") == ["make setup\nsource .venv/bin/activate\n"]
    assert blocks(SECTIONS["Rehearse it"], "sh") == ["make rehearse STACK=dev\n"]


@pytest.mark.e2e
def test_the_change_that_it_suggests_is_reviewed_as_written(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    subprocess.run(["git", "-C", str(clone), "checkout", "--quiet", "-B", "main"], check=True)
    (suggested,) = re.findall(r"for instance `(.*?)`", SECTIONS["Review a change"])
    file = clone / "Pulumi.dev.yaml"
    text, changed = re.subn(r"maxModelLen: \d+", suggested, file.read_text(encoding="utf-8"))
    assert changed == 1
    file.write_text(text, encoding="utf-8")
    (block,) = blocks(SECTIONS["Review a change"], "sh")
    done = typed(block, folder=clone, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "max-model-len" in done.stdout
    assert "16384" in done.stdout
