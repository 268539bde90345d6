from __future__ import annotations

import json

from tests.userdata.publisher.series import text
from userdata.files.publisher.derived import NAMES
from userdata.files.publisher.exposition import read
from userdata.files.publisher.status import status_line


def test_a_status_is_one_line_that_a_program_can_read() -> None:
    seen = read(text(running=3, waiting=1, cache=0.31234), NAMES)
    line = status_line(seen=seen, up=True, tokens_per_s=41.23, facts={"version": "0.32.0"})
    begin, _, document = line.partition(" {")
    assert begin == "vllm: status"
    assert "\n" not in line
    assert json.loads("{" + document) == {
        "running": 3,
        "waiting": 1,
        "tokens_per_s": 41.2,
        "kv_cache_used": 0.312,
        "up": True,
        "version": "0.32.0",
        "launch_template_version": None,
    }


def test_what_is_unknown_is_null() -> None:
    line = status_line(seen=None, up=None, tokens_per_s=None, facts={})
    values = json.loads(line.removeprefix("vllm: status "))
    assert values.pop("version") == ""
    assert set(values.values()) == {None}
