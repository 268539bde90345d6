"""What docs/delivery.md says about backends, with the real Pulumi CLI: the bucket and the key that ``ops bootstrap``
makes take a stack, and the commands of the page move one there."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.rig import find_pulumi
from tests.e2e.support import need
from tests.ops.deployed_stack import ROOT, Folder, make_folder

pytestmark = pytest.mark.e2e
BUCKET = "pulumi-vllm-123456789012-us-east-1"
SECRET = "what only the key opens"


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        yield running


@pytest.fixture(scope="module")
def folder(aws: EmulatedAws, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A stack prod with a secret in a file backend, and an account that is ready."""
    pulumi = find_pulumi()
    need(pulumi is not None, "no Pulumi CLI: make tools")
    assert pulumi is not None
    path = tmp_path_factory.mktemp("backends")
    (path / "state").mkdir()
    more = {
        "PULUMI_HOME": str(path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "NO_PROXY": "127.0.0.1",
    }
    made = make_folder(path, outputs=None, environment={**aws.environment(), **more})
    (path / "bin" / "pulumi").unlink()
    (path / "bin" / "pulumi").symlink_to(pulumi)
    (path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    made.stack_file("prod").write_text("config: {aws:region: us-east-1, vllm:model: a/b}\n")
    done = made.ops("bootstrap", "--repository", "acme/llm", "--environments", "prod", "--yes")
    assert done.returncode == 0, done.stderr
    pulumi_does(made, f"pulumi login {(path / 'state').as_uri()}")
    pulumi_does(made, "pulumi stack init prod")
    state = json.loads(pulumi_does(made, "pulumi stack export --stack prod --show-secrets"))
    state["deployment"]["resources"] = [a_stack_with_a_secret()]
    (path / "with-a-secret.json").write_text(json.dumps(state))
    pulumi_does(made, "pulumi stack import --stack prod --file with-a-secret.json")
    pulumi_does(made, "pulumi config set --secret --stack prod vllm:token 'a secure value'")
    return made


def a_stack_with_a_secret() -> Mapping[str, Any]:
    """As an export with --show-secrets has it."""
    return {
        "urn": "urn:pulumi:prod::vllm::pulumi:pulumi:Stack::vllm-prod",
        "custom": False,
        "type": "pulumi:pulumi:Stack",
        "outputs": {
            "kept": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": f'"{SECRET}"'}
        },
    }


def pulumi_does(folder: Folder, command: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder.path,
        env=dict(folder.environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def commands_of_the_page() -> list[str]:
    """Of "From one to the other", but for the login where the stack is now, and the preview of a whole stack."""
    text = (ROOT / "docs" / "delivery.md").read_text().partition("### From one to the other")[2]
    (block,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.partition(" #")[0].strip() for line in block.splitlines()]
    first, *rest, last = [line for line in lines if line]
    assert (first, last.split()[:2]) == ("pulumi login", ["pulumi", "preview"])
    # The emulator has no host name per bucket.
    return [line.replace("BUCKET?", f"{BUCKET}?s3ForcePathStyle=true&") for line in rest]


@pytest.fixture(scope="module")
def moved(folder: Folder) -> Folder:
    for command in commands_of_the_page():
        pulumi_does(folder, command)
        if command.startswith("pulumi stack export"):
            assert SECRET not in (folder.path / "prod.json").read_text()
    without = {name: value for name, value in folder.environment.items() if name != "PULUMI_CONFIG_PASSPHRASE"}
    return Folder(path=folder.path, environment=without)


def test_the_stack_is_in_the_bucket_and_its_secret_is_not_readable_there(aws: EmulatedAws, moved: Folder) -> None:
    state = aws.client("s3").get_object(Bucket=BUCKET, Key=".pulumi/stacks/vllm/prod.json")["Body"].read().decode()
    assert json.loads(state)["checkpoint"]["latest"]["secrets_providers"]["type"] == "cloud"
    assert SECRET not in state


def test_secrets_are_opened_by_the_key_alone(moved: Folder) -> None:
    assert "PULUMI_CONFIG_PASSPHRASE" not in moved.environment
    assert pulumi_does(moved, "pulumi stack output kept --stack prod --show-secrets").strip() == SECRET
    assert pulumi_does(moved, "pulumi config get vllm:token --stack prod").strip() == "a secure value"


def test_the_stack_file_says_with_which_key_and_is_still_one(moved: Folder) -> None:
    written = yaml.safe_load(moved.stack_file("prod").read_text())
    assert written["secretsprovider"] == "awskms://alias/pulumi-vllm?region=us-east-1"
    assert written["encryptedkey"]
    assert "given" not in moved.ops("bootstrap", "--repository", "acme/llm", "--plan").stderr


def test_older_states_are_kept(aws: EmulatedAws, moved: Folder) -> None:
    pulumi_does(moved, "pulumi stack export --stack prod --file again.json")
    pulumi_does(moved, "pulumi stack import --stack prod --file again.json")
    found = aws.client("s3").list_object_versions(Bucket=BUCKET, Prefix=".pulumi/stacks/vllm/prod.json")["Versions"]
    assert len([one for one in found if one["Key"].endswith("prod.json")]) >= 2


def test_no_lock_is_left(aws: EmulatedAws, moved: Folder) -> None:
    found = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=".pulumi/locks/")
    assert found.get("Contents", []) == []
