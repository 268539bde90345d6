"""A bucket with a model's files, as `hf download` and `aws s3 sync` leave them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.model_source import S3Prefix


@contextmanager
def given_model(s3: Any, *, at: S3Prefix, files: Mapping[str, bytes | Path]) -> Iterator[None]:
    """``s3``: a client of the bucket's region. The bucket is there meanwhile, and gone afterwards."""
    region = s3.meta.region_name
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
    s3.create_bucket(Bucket=at.bucket, **elsewhere)
    keys = [f"{at.prefix}/{name}" for name in files]
    for key, content in zip(keys, files.values(), strict=True):
        s3.put_object(Bucket=at.bucket, Key=key, Body=content.read_bytes() if isinstance(content, Path) else content)
    try:
        yield
    finally:
        for key in keys:
            s3.delete_object(Bucket=at.bucket, Key=key)
        s3.delete_bucket(Bucket=at.bucket)
