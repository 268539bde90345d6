"""Data that goes, and data that stays behind."""

from __future__ import annotations

from collections.abc import Iterator

from review.consequences.facts import Facts, named
from review.model import Consequence, Risk

LOGS = "aws:cloudwatch/logGroup:LogGroup"
HOLDING = {
    LOGS: "the hosts' logs",
    "aws:s3/bucket:Bucket": "its objects",
    "aws:s3/bucketV2:BucketV2": "its objects",
    "aws:amp/workspace:Workspace": "the metrics of Prometheus",
    "aws:ecr/repository:Repository": "its images",
    "docker:index/volume:Volume": "what the containers have downloaded",
}
"""Beyond cache, secrets and keys, which have sentences of their own."""
RETENTION = "retentionInDays"


def consequences(facts: Facts) -> Iterator[Consequence]:
    for type_, what in HOLDING.items():
        gone = [change for change in facts.anew(type_) if not change.refused]
        lost = [change for change in gone if not facts.kept(change)]
        left = [change for change in gone if facts.kept(change)]
        if lost:
            yield Consequence(id="data-lost", risk=Risk.HIGH, text=f"Data lost: {what}, with {named(lost)}.")
        if left:
            yield Consequence(
                id="data-left",
                risk=Risk.LOW,
                text=f"{named(left)} stay{'s' * (len(left) == 1)} in the account with {what}, paid for and no longer "
                "managed by the stack.",
            )
    for change, each in facts.properties(LOGS, names=(RETENTION,)):
        yield _retention(change.name, before=each.before, after=each.after)


def _retention(name: str, *, before: object, after: object) -> Consequence:
    shorter = bool(after) and (not before or int(str(after)) < int(str(before)))
    if shorter:
        so_far = f"{before} days" if before else "all"
        text = f"Data lost: AWS deletes logs in `{name}` that are older than {after} days, and kept {so_far} so far."
        return Consequence(id="logs-shortened", risk=Risk.MEDIUM, text=text)
    text = f"Logs in `{name}` are kept for {after} days in place of {before}." if after else f"`{name}` keeps all logs."
    return Consequence(id="logs-kept-longer", risk=Risk.LOW, text=text)
