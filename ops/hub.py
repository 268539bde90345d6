"""Which commit of a model the HuggingFace hub means by a branch or a tag; public, also for a gated model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from ops.errors import failure
from ops.http_call import Answer, UnreachableError, call

DEFAULT_HUB = "https://huggingface.co"
DEFAULT_BRANCH = "main"
TIMEOUT_S = 20.0
COMMIT = re.compile(r"[0-9a-f]{40}")


def commit_of(model: str, *, revision: str, environment: Mapping[str, str]) -> str:
    """The commit (40 hexadecimal digits) that ``revision`` names now.

    ``environment``: HF_ENDPOINT and HF_TOKEN, as huggingface_hub reads them. OpsError when the hub gives no answer.
    """
    hub = (environment.get("HF_ENDPOINT") or DEFAULT_HUB).rstrip("/")
    if urlsplit(hub).scheme not in ("http", "https"):
        raise failure(
            path="HF_ENDPOINT", given=hub, example=DEFAULT_HUB, message="this is not the address of a model hub"
        )
    url = f"{hub}/api/models/{quote(model)}/revision/{quote(revision, safe='')}"
    try:
        answer = call(url, key=environment.get("HF_TOKEN") or None, timeout_s=TIMEOUT_S)
    except UnreachableError as error:
        raise failure(
            path="model hub",
            given=f"{hub}: {error}",
            message=f"the commit of {model} could not be asked for: is the hub reachable (HF_ENDPOINT, proxy)?",
        ) from None
    commit = answer.body.get("sha") if isinstance(answer.body, dict) else None
    if answer.status == 200 and isinstance(commit, str) and COMMIT.fullmatch(commit):
        return commit
    raise failure(
        path="model hub",
        given=f"{hub}: HTTP {answer.status}{_said(answer)}",
        message=_advice(answer, model=model, revision=revision),
    )


def _said(answer: Answer) -> str:
    text = answer.body.get("error") if isinstance(answer.body, dict) else None
    return f": {text}" if text else ""


def _advice(answer: Answer, *, model: str, revision: str) -> str:
    if answer.status in (301, 302, 307, 308):
        return f"{model} has moved to {answer.headers.get('location', 'another name')}: put its new id into vllm:model"
    if answer.status == 404 and answer.headers.get("x-error-code") == "RevisionNotFound":
        return f"{model} has no branch, tag or commit {revision}"
    if answer.status in (401, 403, 404):
        return f"the hub shows no model {model}: check the id, or export HF_TOKEN for a private one"
    return f"the commit of {model} could not be read"
