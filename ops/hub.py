"""Which commit of a model the HuggingFace hub means by a branch or a tag; public, also for a gated model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal
from urllib.parse import quote, urlsplit

from ops.errors import failure
from ops.http_call import Answer, UnreachableError, call

DEFAULT_HUB = "https://huggingface.co"
DEFAULT_BRANCH = "main"
TIMEOUT_S = 20.0
COMMIT = re.compile(r"[0-9a-f]{40}")
PROBE = "config.json"
Access = Literal["given", "gated", "bad-token"]


def commit_of(model: str, *, revision: str, environment: Mapping[str, str]) -> str:
    """The commit (40 hexadecimal digits) that ``revision`` names now.

    ``environment``: HF_ENDPOINT and HF_TOKEN, as huggingface_hub reads them. OpsError when the hub gives no answer.
    """
    hub = _hub(environment)
    path = f"/api/models/{quote(model)}/revision/{quote(revision, safe='')}"
    answer = _ask(hub, path, environment=environment, about=f"the commit of {model}")
    commit = answer.body.get("sha") if isinstance(answer.body, dict) else None
    if answer.status == 200 and isinstance(commit, str) and COMMIT.fullmatch(commit):
        return commit
    raise failure(
        path="model hub",
        given=f"{hub}: HTTP {answer.status}{_said(answer)}",
        message=_advice(answer, model=model, revision=revision),
    )


def access_to(model: str, *, revision: str, environment: Mapping[str, str]) -> Access:
    """Whether a download with HF_TOKEN (or without one) would get files. OpsError when the hub gives no answer.

    By HEAD of a file, since the hub tells everybody about a gated model, but gives its files only to those it knows:
    401 or 403 with ``X-Error-Code: GatedRepo``, and 401 with another code for a token that it does not know.
    """
    hub = _hub(environment)
    path = f"/{quote(model)}/resolve/{quote(revision, safe='')}/{PROBE}"
    answer = _ask(hub, path, environment=environment, about=f"access to {model}", method="HEAD")
    code = answer.headers.get("x-error-code", "")
    if answer.status in (200, 302, 303, 307, 308) or code == "EntryNotFound":
        return "given"
    if code == "GatedRepo" or answer.status == 403:
        return "gated"
    if answer.status == 401 and environment.get("HF_TOKEN"):
        return "bad-token"
    raise failure(
        path="model hub",
        given=f"{hub}: HTTP {answer.status}{_said(answer)}",
        message=_advice(answer, model=model, revision=revision),
    )


def _hub(environment: Mapping[str, str]) -> str:
    hub = (environment.get("HF_ENDPOINT") or DEFAULT_HUB).rstrip("/")
    with suppress(ValueError):  # of a bracket without its other one
        if urlsplit(hub).scheme in ("http", "https"):
            return hub
    raise failure(path="HF_ENDPOINT", given=hub, example=DEFAULT_HUB, message="this is not the address of a model hub")


def _ask(
    hub: str, path: str, *, environment: Mapping[str, str], about: str, method: Literal["HEAD"] | None = None
) -> Answer:
    try:
        return call(f"{hub}{path}", key=environment.get("HF_TOKEN") or None, timeout_s=TIMEOUT_S, method=method)
    except UnreachableError as error:
        raise failure(
            path="model hub",
            given=f"{hub}: {error}",
            message=f"{about} could not be asked for: is the hub reachable (HF_ENDPOINT, proxy)?",
        ) from None


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
