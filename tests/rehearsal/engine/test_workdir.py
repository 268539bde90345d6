"""The rehearsed stack lives on copies, without what says which account is used."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from config.placeholders import PLACEHOLDERS
from rehearsal.engine.workdir import edit_stack_file, plugins_folder, without_access, work_dir

ROOT = Path(__file__).resolve().parents[3]
STACK_FILE = """\
secretsprovider: awskms://alias/production
encryptionsalt: v1:abc
config:
  aws:region: eu-west-1
  aws:profile: production
  aws:assumeRoles: [{roleArn: arn:aws:iam::111122223333:role/deploy}]
  aws:allowedAccountIds: ["111122223333"]
  aws:defaultTags: {tags: {team: ml}}
  vllm:model: {id: a/b, tokenSecretArn: {secure: v1:xyz}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "Pulumi.yaml").write_text("name: vllm\nruntime: python\n")
    (root / "Pulumi.dev.yaml").write_text(STACK_FILE)
    return root


def test_access_and_encryption_stay_behind() -> None:
    document = without_access(yaml.safe_load(STACK_FILE))
    assert document == {
        "config": {
            "aws:region": "eu-west-1",
            "aws:defaultTags": {"tags": {"team": "ml"}},
            "vllm:model": {"id": "a/b", "tokenSecretArn": "[secret]"},
        }
    }


def test_edits_reach_the_copy_only(project: Path, tmp_path: Path) -> None:
    with work_dir(stack="dev", root=project, plugins=tmp_path / "plugins") as folder:
        edit_stack_file(folder / "Pulumi.dev.yaml", lambda config: config.update({"vllm:target": "aws"}))
        assert yaml.safe_load((folder / "Pulumi.dev.yaml").read_text())["config"]["vllm:target"] == "aws"
    assert (project / "Pulumi.dev.yaml").read_text() == STACK_FILE


def test_placeholders_become_stand_ins_in_the_copy_only(tmp_path: Path) -> None:
    with work_dir(stack="prod", root=ROOT, plugins=tmp_path / "plugins") as folder:
        copy = (folder / "Pulumi.prod.yaml").read_text()
    original = (ROOT / "Pulumi.prod.yaml").read_text()
    for placeholder in PLACEHOLDERS:
        assert placeholder.text in original
        assert placeholder.text not in copy
        assert placeholder.stand_in in copy


def test_the_folder_goes_and_installed_plugins_stay(project: Path, tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    with work_dir(stack="dev", root=project, plugins=plugins) as folder:
        (folder / "pulumi-home" / "plugins" / "resource-aws-v7").mkdir()
    assert not folder.exists()
    assert (plugins / "resource-aws-v7").is_dir()


def test_the_folder_goes_also_after_a_failure(project: Path, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    seen: list[Path] = []

    def fail() -> None:
        with work_dir(stack="dev", root=project, plugins=tmp_path / "plugins") as folder:
            seen.append(folder)
            raise StoppedError

    with pytest.raises(StoppedError):
        fail()
    assert not seen[0].exists()


def test_a_stack_without_a_file_is_an_error(project: Path, tmp_path: Path) -> None:
    with (
        pytest.raises(FileNotFoundError, match=r"Pulumi\.nosuch\.yaml"),
        work_dir(stack="nosuch", root=project, plugins=tmp_path / "plugins"),
    ):
        pass


def test_plugins_are_where_the_users_pulumi_keeps_them() -> None:
    assert plugins_folder(environ={"HOME": "/home/me"}) == Path("/home/me/.pulumi/plugins")
    assert plugins_folder(environ={"HOME": "/home/me", "PULUMI_HOME": "/p"}) == Path("/p/plugins")
