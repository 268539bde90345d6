"""What tests of verbs share: an emulated AWS with a fleet's surroundings, and a folder whose stack is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import Folder, make_folder
from tests.rehearsal.aws.cloud import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with EmulatedAws() as aws:
        yield Cloud(aws)


@pytest.fixture
def folder(cloud: Cloud, tmp_path: Path) -> Folder:
    """The stack dev is gone: only its file is left."""
    return make_folder(tmp_path, outputs=None, environment=cloud.aws.environment())
