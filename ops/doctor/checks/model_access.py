"""The model's files: whether the hub, or the bucket, gives them out."""

from __future__ import annotations

from collections.abc import Iterator

from config.model_source import s3_prefix
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, error, ok, skipped
from ops.hub import DEFAULT_BRANCH, Access, access_to, commit_of

FEW = 10
TOKENS = "https://huggingface.co/settings/tokens"


def _look(case: Case) -> Iterator[Finding]:
    model = case.config.model
    revision = model.revision or DEFAULT_BRANCH
    access = access_to(model.id, revision=revision, environment=case.environment)
    if access == "bad-token":
        yield error("the hub does not know the token in HF_TOKEN", fix=f"export HF_TOKEN=... with a new one: {TOKENS}")
        return
    commit = commit_of(model.id, revision=revision, environment=case.environment)
    yield _judged(case, access, seen=f"{model.id} at {commit[:12]} ({revision})")


def _judged(case: Case, access: Access, *, seen: str) -> Finding:
    stack, has_token = case.config.stack, bool(case.environment.get("HF_TOKEN"))
    page = f"https://huggingface.co/{case.config.model.id}"
    if access == "given":
        return ok(f"{seen}: {'its files can be read with HF_TOKEN' if has_token else 'public'}")
    if has_token:
        return error(f"{seen}: it is gated, and the account of HF_TOKEN may not read it", fix=f"ask for access: {page}")
    return skipped(
        f"{seen}: it is gated; whether a token opens it is not known without one",
        fix=f"export HF_TOKEN=..., then python -m ops doctor --stack {stack}; access is asked for at {page}",
    )


def _look_in_bucket(case: Case) -> Iterator[Finding]:
    source = case.config.model.source or ""
    where = s3_prefix(source)
    prefix = f"{where.prefix}/"
    found = case.client("s3").list_objects_v2(Bucket=where.bucket, Prefix=f"{prefix}config.json", MaxKeys=FEW)
    if any(entry["Key"] == f"{prefix}config.json" for entry in found.get("Contents", ())):
        yield ok(f"{source} has a config.json")
    else:
        yield error(
            f"{source} has no config.json: a model's files are not there",
            fix=f"hf download {case.config.model.id} --local-dir model && aws s3 sync model {source}",
        )


CHECK = Check(
    id="model-access",
    asks="Does the hub have the model and its revision, and does the token in HF_TOKEN open it, where it is gated?",
    look=_look,
    targets=("aws", "local"),
    applies=lambda case: case.config.model.source is None,
)
BUCKET = Check(
    id="model-source",
    asks="With `model.source`: are the model's files in the bucket?",
    look=_look_in_bucket,
    needs="aws",
    calls=("s3:ListBucket",),
    applies=lambda case: case.config.model.source is not None,
)
