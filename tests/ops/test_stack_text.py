"""Setting values in stack files of many layouts: what is added, and that nothing else changes."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
import yaml

from ops.errors import OpsError
from ops.stack_text import CannotEditError, with_value
from ops.stack_write import Changes, write

ROOT = Path(__file__).resolve().parents[2]
AMI = "ami-0123456789abcdef0"
COMMIT = "0e9e39f249a16976918f6564b8830bc894c89659"
DIGEST = "sha256:" + "0123456789abcdef" * 4
ALL: Changes = {
    ("compute", "amiId"): AMI,
    ("network", "zones"): ("us-east-1b", "us-east-1a"),
    ("model", "revision"): COMMIT,
    ("image", "digest"): DIGEST,
}


def changed(text: str, changes: Changes = ALL) -> str:
    for (section, key), value in changes.items():
        text = with_value(text, section=section, key=key, value=value)
    return text


def diff(old: str, new: str) -> list[str]:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return [line for line in lines if line.startswith(("+ ", "- "))]  # not the heads of the diff


def test_the_dev_file_gets_lines_and_loses_none_but_the_models() -> None:
    old = (ROOT / "Pulumi.dev.yaml").read_text()
    assert diff(old, changed(old)) == [
        "-  vllm:model: meta-llama/Llama-3.1-8B-Instruct",
        "+  vllm:model:",
        "+    id: meta-llama/Llama-3.1-8B-Instruct",
        f"+    revision: {COMMIT}",
        "+  vllm:compute:",
        f"+    amiId: {AMI}",
        "+  vllm:network:",
        "+    zones: [us-east-1b, us-east-1a]",
        "+  vllm:image:",
        f"+    digest: {DIGEST}",
    ]


def test_the_prod_files_sections_are_filled_and_its_comments_stay() -> None:
    old = (ROOT / "Pulumi.prod.yaml").read_text()
    new = changed(old)
    assert [line for line in diff(old, new) if line.startswith("-")] == [
        "-  vllm:model: meta-llama/Llama-3.1-70B-Instruct"
    ]
    assert f"    tensorParallel: 4\n    amiId: {AMI}\n" in new
    assert "one along\n    zones: [us-east-1b, us-east-1a]\n" in new


@pytest.mark.parametrize(
    ("old", "changes", "new"),
    [
        # A text becomes a mapping; the comment stays with the id, the quotes too, and the file's own indent is kept.
        (
            "config:\n    aws:region: us-east-1\n    vllm:model:   'a/b'   # why\n",
            {("model", "revision"): "main"},
            "config:\n    aws:region: us-east-1\n    vllm:model:\n        id: 'a/b'   # why\n        revision: main\n",
        ),
        (
            "config:\n  vllm:model: a/b\n  vllm:tags:\n      a: b\n",
            {("model", "revision"): "main"},
            "config:\n  vllm:model:\n      id: a/b\n      revision: main\n  vllm:tags:\n      a: b\n",
        ),
        # Flow mappings, with and without entries, over several lines, and all the way up.
        (
            "config:\n  vllm:compute: { gpu: L4 , } # c\n",
            {("compute", "amiId"): AMI},
            f"config:\n  vllm:compute: {{ gpu: L4, amiId: {AMI} , }} # c\n",
        ),
        (
            "config:\n  vllm:compute: {}\n",
            {("compute", "amiId"): AMI},
            f"config:\n  vllm:compute: {{amiId: {AMI}}}\n",
        ),
        (
            "config:\n  vllm:compute: {\n    gpu: L4 # c\n  }\n",
            {("compute", "amiId"): AMI},
            f"config:\n  vllm:compute: {{\n    gpu: L4, amiId: {AMI} # c\n  }}\n",
        ),
        (
            "# top\nconfig: {aws:region: us-east-1, vllm:model: a/b}\n",
            {("model", "revision"): "main", ("compute", "amiId"): AMI},
            "# top\nconfig: {aws:region: us-east-1, vllm:model: {id: a/b, revision: main}, "
            f"vllm:compute: {{amiId: {AMI}}}}}\n",
        ),
        # What is there is replaced where it stands, in its own quotes.
        (
            "config:\n  vllm:compute:\n    amiId: 'ami-00000000' # old\n    gpu: L4\n",
            {("compute", "amiId"): AMI},
            f"config:\n  vllm:compute:\n    amiId: '{AMI}' # old\n    gpu: L4\n",
        ),
        (
            "config:\n  vllm:compute:\n    amiId: # none yet\n    gpu: L4\n",
            {("compute", "amiId"): AMI},
            f"config:\n  vllm:compute:\n    amiId: {AMI} # none yet\n    gpu: L4\n",
        ),
        # A section as `pulumi config set` without --path stores it, and one that says nothing.
        (
            """config:\n  vllm:compute: '{"gpu": "L4"}' # json\n""",
            {("compute", "amiId"): AMI},
            f"""config:\n  vllm:compute: '{{"gpu": "L4", "amiId": "{AMI}"}}' # json\n""",
        ),
        (
            "config:\n  vllm:compute:\n  vllm:model: a/b\n",
            {("compute", "amiId"): AMI},
            f"config:\n  vllm:compute: {{amiId: {AMI}}}\n  vllm:model: a/b\n",
        ),
        # Keys after config:, comments, no newline at the end, and line ends of another system.
        (
            "config:\n  vllm:model: a/b\n  # the end\nencryptionsalt: v1:x=\n",
            {("compute", "amiId"): AMI},
            f"config:\n  vllm:model: a/b\n  vllm:compute:\n    amiId: {AMI}\n  # the end\nencryptionsalt: v1:x=\n",
        ),
        (
            "config:\n  vllm:model: a/b",
            {("compute", "amiId"): AMI},
            f"config:\n  vllm:model: a/b\n  vllm:compute:\n    amiId: {AMI}",
        ),
        (
            "config:\r\n  vllm:model: a/b # c\r\n",
            {("model", "revision"): "main"},
            "config:\r\n  vllm:model:\r\n    id: a/b # c\r\n    revision: main\r\n",
        ),
        # Below lists, block texts and nested sections.
        (
            "config:\n  vllm:network:\n    nat: single\n  vllm:monitoring:\n    notify:\n    - a@b.cd # first\n\n",
            {("image", "digest"): DIGEST},
            "config:\n  vllm:network:\n    nat: single\n  vllm:monitoring:\n    notify:\n    - a@b.cd # first\n"
            f"  vllm:image:\n    digest: {DIGEST}\n\n",
        ),
        (
            "config:\n  vllm:tags:\n    a: |-\n      text\n      more\n",
            {("image", "digest"): DIGEST},
            f"config:\n  vllm:tags:\n    a: |-\n      text\n      more\n  vllm:image:\n    digest: {DIGEST}\n",
        ),
    ],
)
def test_one_layout_each(old: str, changes: Changes, new: str) -> None:
    assert changed(old, changes) == new


@pytest.mark.parametrize("commit", ["1" * 40, "12345678901234567890123456789012345678e9"])
def test_a_commit_that_looks_like_a_number_stays_a_text(commit: str) -> None:
    new = with_value("config:\n  vllm:model: a/b\n", section="model", key="revision", value=commit)
    assert f'revision: "{commit}"' in new
    assert yaml.safe_load(new)["config"]["vllm:model"]["revision"] == commit


@pytest.mark.parametrize(
    "text",
    [
        "config:\n",
        "config:\n  vllm:compute: [a]\n",
        "config:\n  vllm:compute: L4\n",
        "config:\n  vllm:compute: {amiId: {secure: v1}}\n",
        "config:\n  vllm:compute: '{gpu'\n",
        "config: {vllm:model: &m a/b, vllm:compute: {gpu: *m}}\n",
    ],
)
def test_what_is_not_understood_is_left_alone(text: str) -> None:
    with pytest.raises(CannotEditError):
        changed(text, {("compute", "amiId"): AMI})


HEAD = "config:\n  aws:region: us-east-1\n  vllm:model: a/b\n"


def stack_file(folder: Path, text: str) -> Path:
    file = folder / "Pulumi.dev.yaml"
    file.write_bytes(text.encode())
    return file


def test_the_file_keeps_its_mode_and_a_link_its_target(tmp_path: Path) -> None:
    file = stack_file(tmp_path, HEAD)
    file.chmod(0o640)
    link = tmp_path / "link"
    link.mkdir()
    (link / "Pulumi.dev.yaml").symlink_to(file)
    write({("compute", "amiId"): AMI}, stack="dev", root=link)
    assert (link / "Pulumi.dev.yaml").is_symlink()
    assert AMI in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {"Pulumi.dev.yaml", "link"}


@pytest.mark.parametrize(
    "more",
    [
        "  vllm:tags: &t {gpu: L4}\n  vllm:compute: *t\n",  # the change would also change the tags
        "  vllm:compute: L4\n",
    ],
)
def test_a_file_that_cannot_be_edited_is_not_touched_and_the_lines_are_given(tmp_path: Path, more: str) -> None:
    file = stack_file(tmp_path, HEAD + more)
    with pytest.raises(OpsError, match=rf"write into it: vllm:compute.amiId: {AMI}"):
        write({("compute", "amiId"): AMI}, stack="dev", root=tmp_path)
    assert file.read_text() == HEAD + more
    assert list(tmp_path.iterdir()) == [file]


def test_a_value_that_does_not_load_never_reaches_the_file(tmp_path: Path) -> None:
    file = stack_file(tmp_path, HEAD)
    with pytest.raises(OpsError, match=r"network\.zones"):
        write({("network", "zones"): ("eu-west-1a", "eu-west-1b")}, stack="dev", root=tmp_path)
    assert file.read_text() == HEAD
