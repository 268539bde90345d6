"""A bucket with a model's files, as `hf download` and `aws s3 sync` leave them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.model_source import S3Prefix


def make_model(s3: Any, *, at: S3Prefix, files: Mapping[str, bytes | Path]) -> None:
    """``s3``: a client. The bucket is made when it is not there."""
    if at.bucket not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=at.bucket)
    for name, content in files.items():
        body = content.read_bytes() if isinstance(content, Path) else content
        s3.put_object(Bucket=at.bucket, Key=f"{at.prefix}/{name}", Body=body)
