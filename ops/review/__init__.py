"""``ops review``: what a change does to each stack, as Markdown, as a page, as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from config.errors import ConfigError, Problem
from ops.errors import failure
from review.model import Review, Risk

if TYPE_CHECKING:
    from ops.review.git import Checkout

HELP = (
    "What a change does to each stack: resources, cost per month, consequences for hosts and requests, policies, files "
    "on the hosts. Runs both revisions on this machine; needs no account and no network."
)
EPILOG = """examples:
  python -m ops review                                # this branch and what is not committed, against main
  python -m ops review v1.4 v1.5 --stack prod
  python -m ops review --html review.html --fail-on high
  pulumi preview --stack prod --json > preview.json && python -m ops review --preview preview.json

docs/review.md explains what it says. Exit status 1: the risk of --fail-on is reached."""
RISKS = tuple(str(risk) for risk in Risk if risk is not Risk.NONE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument(
        "base", nargs="?", metavar="BASE", help="what the change is compared with; default: where main was left"
    )
    parser.add_argument("head", nargs="?", metavar="HEAD", help="the change; default: the files as they are here")
    parser.add_argument(
        "--stack", action="append", dest="stacks", metavar="NAME", help="only this one; again for each further one"
    )
    parser.add_argument(
        "--preview",
        type=Path,
        metavar="FILE",
        help="review what `pulumi preview --json` printed, in place of revisions",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page of its own")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the Markdown, for a comment")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout in place of Markdown")
    parser.add_argument("--fail-on", choices=RISKS, metavar="RISK", help="status 1 from this risk: low, medium, high")


def run(args: argparse.Namespace) -> int:
    """Prints the review; 0, or 1 where its risk reaches that of ``--fail-on``. Raises ConfigError and OpsError."""
    from review.markdown import markdown
    from review.page import page

    _refuse_both(args)
    review = _of_preview(args) if args.preview else _of_revisions(args)
    text = markdown(review)
    if args.html:
        _write(args.html, page(review), option="--html")
    if args.markdown:
        _write(args.markdown, text, option="--markdown")
    sys.stdout.write(json.dumps(document(review), indent=2, default=str) + "\n" if args.json else text)
    reached = bool(args.fail_on) and _rank(review.risk) >= _rank(Risk(args.fail_on))
    return 1 if reached else 0


def document(review: Review) -> dict[str, object]:
    """The review as plain data; ``risk`` is the highest of its stacks."""
    return {"risk": str(review.risk), **asdict(review)}


def _of_revisions(args: argparse.Namespace) -> Review:
    from ops.progress import progress
    from ops.review.compared import compared
    from ops.review.git import checkouts
    from review.replacement import load_table

    with checkouts(base=args.base, head=args.head, here=Path.cwd()) as (base, head):
        stacks = _stacks(args.stacks, base=base, head=head)
        with progress("computing both revisions") as line:
            return compared(base, head, stacks=stacks, table=load_table(), say=line.update)


def _of_preview(args: argparse.Namespace) -> Review:
    from ops.review.preview import read_preview, review_of

    return review_of(read_preview(args.preview), name=str(args.preview))


def _refuse_both(args: argparse.Namespace) -> None:
    if args.preview is None or not (args.base or args.stacks):
        return
    given = " ".join([args.base or "", *(f"--stack {name}" for name in args.stacks or ())]).strip()
    raise ConfigError(
        [
            Problem(
                path="--preview",
                given=f"--preview {args.preview} {given}",
                allowed="a preview, or revisions and stacks",
                example="python -m ops review --preview preview.json",
                message="a preview is of one change of one stack: it takes no revision and no --stack",
            )
        ]
    )


def _stacks(asked: list[str] | None, *, base: Checkout, head: Checkout) -> tuple[str, ...]:
    """Those of either revision, or those that were asked for."""
    known = sorted({*base.stacks, *head.stacks})
    if not asked:
        return tuple(known)
    missing = [name for name in asked if name not in known]
    if missing:
        raise ConfigError(
            Problem(
                path="--stack",
                given=name,
                allowed=", ".join(known) or "neither revision has a stack file",
                example=f"--stack {known[0] if known else 'dev'}",
                message=f"there is no Pulumi.{name}.yaml in {base.label} nor in {head.label}",
            )
            for name in missing
        )
    return tuple(dict.fromkeys(asked))


def _write(file: Path, text: str, *, option: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise failure(
            path=option,
            given=str(file),
            allowed="a file in a folder that is there",
            example=f"{option} review{'.html' if option == '--html' else '.md'}",
            message=f"it cannot be written: {error.strerror}",
        ) from error


def _rank(risk: Risk) -> int:
    return list(Risk).index(risk)
