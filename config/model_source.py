"""Where in S3 a model's files are: the type of ``model.source``, and its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

from config.types import Says

EXAMPLE = "s3://my-models/Llama-3.1-8B-Instruct/0e9e39f2"
# Of what S3 takes in a key, the characters that mean nothing to IAM, a shell or a URL.
_SOURCE = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<prefix>[A-Za-z0-9._/=@+-]{1,500})")


@dataclass(frozen=True, kw_only=True)
class S3Prefix:
    """``prefix``: without a slash at its end."""

    bucket: str
    prefix: str


def s3_prefix(source: str) -> S3Prefix:
    """The parts of a valid ``model.source``."""
    found = _SOURCE.fullmatch(source)
    if found is None:
        raise ValueError("this is not s3://, a bucket, a slash and the prefix of the model's files")
    return S3Prefix(bucket=found["bucket"], prefix=found["prefix"])


def _model_source(value: str) -> str:
    source = value.rstrip("/")
    parts = s3_prefix(source).prefix.split("/")
    if {"", ".", ".."} & set(parts):
        raise ValueError("a part of the path is empty, . or ..")
    return source


ModelSource = Annotated[
    str,
    AfterValidator(_model_source),
    Says("s3://, a bucket and the prefix below which the model's files are", EXAMPLE),
]
