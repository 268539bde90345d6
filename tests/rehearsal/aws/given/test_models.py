from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.model_source import s3_prefix
from rehearsal.aws.given.models import given_model
from rehearsal.aws.server import EmulatedAws


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_model_is_in_its_bucket_for_as_long_as_it_is_needed(region: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    files: dict[str, bytes | Path] = {"config.json": tmp_path / "config.json", "a/b.bin": b"weights"}
    with EmulatedAws(region=region) as aws:
        s3: Any = aws.client("s3")
        with given_model(s3, at=s3_prefix("s3://team-models/llama/1"), files=files):
            listed = s3.list_objects_v2(Bucket="team-models", Prefix="llama/1/")["Contents"]
            assert {item["Key"]: item["Size"] for item in listed} == {"llama/1/a/b.bin": 7, "llama/1/config.json": 2}
        assert s3.list_buckets()["Buckets"] == []
