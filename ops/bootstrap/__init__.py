"""``ops bootstrap``: what CI needs in an account before it deploys. Again: says what is as wanted, mends the rest."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from config.errors import ConfigError, Problem
from ops.bootstrap.policies import preview_role, up_role
from ops.bootstrap.scope import NAME, Repository, Scope

if TYPE_CHECKING:
    from ops.bootstrap.parts import Part

HELP = "Make what CI deploys with: a bucket for the state, a key for its secrets, two roles for GitHub. Safe to repeat."
EPILOG = """examples:
  python -m ops bootstrap --repository acme/llm --plan
  python -m ops bootstrap --repository acme/llm --environments dev prod

docs/delivery.md says what it makes and what its roles may do."""
REPOSITORY = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}"
IDS = r"[0-9]+/[0-9]+"
BUCKET = r"(?!vllm-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
BRANCH = r"[A-Za-z0-9._/-]{1,200}"
ENVIRONMENT = r"[A-Za-z0-9._-]{1,100}"
REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
PLACEHOLDER = "(the new key)"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The command line and the stack files; ``bucket`` None: named after account and region."""

    repository: Repository
    branch: str
    environments: tuple[str, ...]
    region: str
    regions: tuple[str, ...]
    bucket: str | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument(
        "--repository", required=True, metavar="OWNER/NAME", help="whose workflows deploy, on github.com"
    )
    parser.add_argument(
        "--repository-ids",
        metavar="ID/ID",
        help="of owner and repository, for one made or renamed since 15 July 2026: its tokens carry them",
    )
    parser.add_argument("--branch", default="main", metavar="NAME", help="whose nightly run compares (default: main)")
    parser.add_argument(
        "--environments", nargs="+", metavar="NAME", help="of GitHub, that deploy (default: each stack file's for AWS)"
    )
    parser.add_argument("--region", metavar="R", help="of the state (default: the stack files', where they agree)")
    parser.add_argument("--bucket", metavar="NAME", help=f"for the state (default: {NAME}-ACCOUNT-REGION)")
    parser.add_argument("--plan", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """0 when all is as wanted, or was made so, or was only asked for; 1 when the person said no."""
    asked = parsed(args, root=Path.cwd())
    if not (args.plan or args.yes or sys.stdin.isatty()):
        raise _wrong("--yes", "nothing", "nobody can be asked here: look at --plan first, then say --yes", "--yes")
    from ops.bootstrap.account import Account
    from ops.clients import aws_errors

    with aws_errors("see what the account has"):
        account = Account.of(asked.region)
        scope = scope_of(asked, partition=account.partition, account=account.number, key_arn=account.key_arn())
        parts = account.look(scope)
    wanting = [part for part in parts if part.steps]
    if args.plan or not wanting:
        report(parts, scope, done=False, as_json=args.json)
        return 0
    if not args.yes and not confirmed(parts, answers=sys.stdin):
        print("nothing was changed", file=sys.stderr)
        return 1
    with aws_errors("make what CI needs"):
        account.mend(scope)
    report(parts, scope, done=True, as_json=args.json)
    return 0


def parsed(args: argparse.Namespace, *, root: Path) -> Asked:
    """ConfigError with all that is wrong."""
    from ops.bootstrap.stacks import regions_of_stacks

    stacks = regions_of_stacks(root)
    regions = set(stacks.values())
    region = args.region or (next(iter(regions)) if len(regions) == 1 else "")
    environments = tuple(dict.fromkeys(args.environments or sorted(stacks)))
    problems = [
        *_checked("--repository", args.repository, REPOSITORY, "acme/llm"),
        *_checked("--repository-ids", args.repository_ids, IDS, "123456/456789"),
        *_checked("--branch", args.branch, BRANCH, "main"),
        *_checked("--bucket", args.bucket, BUCKET, f"{NAME}-state-of-acme"),
        *_checked("--region", region, REGION, "us-east-1"),
        *(problem for name in environments for problem in _checked("--environments", name, ENVIRONMENT, "dev prod")),
    ]
    if not environments:
        problems.append(_problem("--environments", "nothing", "no stack file here is for AWS: name them", "dev prod"))
    if problems:
        raise ConfigError(problems)
    owner, _, name = args.repository.partition("/")
    owner_id, _, repository_id = (args.repository_ids or "").partition("/")
    return Asked(
        repository=Repository(owner=owner, name=name, owner_id=owner_id or None, id=repository_id or None),
        branch=args.branch,
        environments=environments,
        region=region,
        regions=tuple(sorted({region, *regions})),
        bucket=args.bucket,
    )


def scope_of(asked: Asked, *, partition: str, account: str, key_arn: str | None) -> Scope:
    return Scope(
        partition=partition,
        account=account,
        region=asked.region,
        regions=asked.regions,
        repository=asked.repository,
        branch=asked.branch,
        environments=asked.environments,
        bucket=asked.bucket or f"{NAME}-{account}-{asked.region}",
        key_arn=key_arn or PLACEHOLDER,
    )


def backend(scope: Scope) -> str:
    return f"s3://{scope.bucket}?region={scope.region}"


def secrets_provider(scope: Scope) -> str:
    return f"awskms://alias/{NAME}?region={scope.region}"


def variables(scope: Scope) -> dict[str, str]:
    """Of the repository; the workflows read them."""
    return {
        "AWS_REGION": scope.region,
        "AWS_ROLE_PREVIEW": scope.role_arn(preview_role(scope).name),
        "AWS_ROLE_UP": scope.role_arn(up_role(scope).name),
        "PULUMI_BACKEND_URL": backend(scope),
        "DEPLOY_STACKS": json.dumps(list(scope.environments), separators=(",", ":")),
    }


def confirmed(parts: Sequence[Part], *, answers: TextIO) -> bool:
    for part in parts:
        print(part.line(done=False), file=sys.stderr)
    print("Do it? [y/N] ", end="", file=sys.stderr, flush=True)
    return answers.readline().strip().lower() in ("y", "yes")


def report(parts: Sequence[Part], scope: Scope, *, done: bool, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = {
            "parts": [part.as_dict(done=done) for part in parts],
            "backend": backend(scope),
            "secrets_provider": secrets_provider(scope),
            "variables": variables(scope),
        }
        print(json.dumps(document))
        return
    for part in parts:
        print(part.line(done=done))
    print(steps(scope))


def steps(scope: Scope) -> str:
    """What is left to the person."""
    repository = f"{scope.repository.owner}/{scope.repository.name}"
    init = f"--secrets-provider '{secrets_provider(scope)}'"
    lines = [
        "",
        "The state is there; commit what the second command writes into the stack file:",
        f"  pulumi login '{backend(scope)}'",
        *(f"  pulumi stack init {name} {init}" for name in scope.environments),
        "The workflows read these:",
        *(f"  gh variable set {name} --repo {repository} --body '{value}'" for name, value in variables(scope).items()),
        "Who may deploy is a rule of GitHub's environments: let each take the branch "
        f"{scope.branch} alone, and ask somebody for production (docs/delivery.md).",
    ]
    if scope.repository.id is None:
        ids = f"gh api repos/{repository} --jq '\"\\(.owner.id)/\\(.id)\"'"
        lines += [
            f"The roles trust {scope.repository.subject}. A repository made or renamed since 15 July 2026 says its",
            f'numbers as well: python -m ops bootstrap --repository {repository} --repository-ids "$({ids})"',
        ]
    return "\n".join(lines)


def _checked(path: str, value: str | None, pattern: str, example: str) -> list[Problem]:
    if value is None or re.fullmatch(pattern, value):
        return []
    messages = {
        "--bucket": "3 to 63 lower-case letters, digits and hyphens; not vllm-..., which CI may change",
        "--region": "name one: the stack files here are in several, or in none" if not value else "this is no region",
    }
    return [_problem(path, value or "nothing", messages.get(path, "it does not look like one"), f"{path} {example}")]


def _problem(path: str, given: str, message: str, example: str) -> Problem:
    return Problem(path=path, given=given, allowed="", example=example, message=message)


def _wrong(path: str, given: str, message: str, example: str) -> ConfigError:
    return ConfigError([_problem(path, given, message, example)])
