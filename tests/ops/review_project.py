"""A project under git whose tools say what a file beside them says: what a review asks, without running the program."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STAND_IN = '''
"""Answers as answers.json says: by verb; graph and plan of each stack, else status 2 and a report."""
import json, os, pathlib, sys
verb, stack = sys.argv[1], sys.argv[sys.argv.index("--stack") + 1]
assert not [name for name in os.environ if "TOKEN" in name or name.startswith("AWS_")], "credentials came along"
answers = json.loads(pathlib.Path("answers.json").read_text())[stack]
said = answers.get("policies" if "--policies" in sys.argv else verb)
if said is None:
    errors = [{"path": "python -m ops", "given": verb, "allowed": "", "example": "", "message": "no such verb"}]
    print(json.dumps({"errors": errors}) if "--json" in sys.argv else "", end="")
    print("no such verb", file=sys.stderr)
    sys.exit(2)
print(said if verb == "render" else json.dumps(said))
sys.exit(2 if "errors" in said else 0)
'''
PREFIX = "urn:pulumi:dev::vllm::"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
RENDERED = """\
##### user data #####
#cloud-config
write_files:
- path: /etc/vllm/args
  permissions: '0644'
  content: |2+
    --max-model-len
    {length}
runcmd: [/opt/vllm/boot.sh]

##### /opt/vllm/boot.sh #####
#!/bin/sh
true
"""


def resource(type_: str, name: str, **inputs: Any) -> dict[str, Any]:
    return {
        "urn": f"{PREFIX}{type_}::{name}",
        "type": type_,
        "name": name,
        "parent": f"{PREFIX}pulumi:pulumi:Stack::vllm-dev",
        "custom": True,
        "inputs": inputs,
        "outputs": {},
        "dependencies": [],
        "propertyDependencies": {},
        "protect": False,
        "ignoreChanges": [],
        "replaceOnChanges": [],
        "aliases": [],
        "deleteBeforeReplace": False,
        "retainOnDelete": False,
        "provider": None,
    }


def answers(*, length: int = 8192, usd: float = 800.0, violations: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """Of one stack: one launch template."""
    return {
        "graph": [resource(TEMPLATE, "host", userData=f"length {length}")],
        "plan": {"stack": "dev", "vllm_args": ["--max-model-len", str(length)], "cost": {"monthly_usd": usd}},
        "policies": {"rules": [], "violations": list(violations), "passes": True},
        "render": RENDERED.format(length=length),
    }


@dataclass(frozen=True, kw_only=True)
class Project:
    """``root`` is the folder of the project; what is written there is committed when a test says so."""

    root: Path

    def write(self, **stacks: Mapping[str, Any]) -> None:
        """Exactly these stacks are there."""
        for file in self.root.glob("Pulumi.*.yaml"):
            file.unlink()
        for stack in stacks:
            (self.root / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
        (self.root / "answers.json").write_text(json.dumps(stacks))

    def commit(self, message: str = "a change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *command: str) -> str:
        who = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *who, *command], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()


def project(folder: Path, *, inside: str = "") -> Project:
    """One stack, dev, committed on main. ``inside``: the folder of the project within the repository."""
    made = Project(root=folder / inside)
    (made.root / "ops").mkdir(parents=True)
    (made.root / "ops" / "__init__.py").touch()
    (made.root / "ops" / "__main__.py").write_text(STAND_IN)
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=folder, check=True)
    made.write(dev=answers())
    made.commit("first")
    return made
