from __future__ import annotations

import json

from components.aws.load_balancer import HEALTH_TIMEOUT_S
from components.aws.path_rules import PATHS_PER_RULE, path_rules
from components.paths import FORWARDED_PATHS, NOT_FOUND
from tests.program.cases import load_case

FIXED_RESPONSE_MAX_BYTES = 1024  # CreateListener
VALUES_PER_RULE = 5  # over all conditions of a rule


def test_every_path_is_in_exactly_one_rule() -> None:
    assert [path for _, paths in path_rules() for path in paths] == list(FORWARDED_PATHS)
    assert len(set(FORWARDED_PATHS)) == len(FORWARDED_PATHS)


def test_rules_leave_room_for_another_condition() -> None:
    assert all(1 <= len(paths) <= PATHS_PER_RULE < VALUES_PER_RULE for _, paths in path_rules())


def test_a_path_added_at_the_end_renumbers_no_rule() -> None:
    priorities = [priority for priority, _ in path_rules()]
    assert priorities == sorted(set(priorities))
    assert priorities[0] > 1, "room in front"


def test_paths_are_exact_and_guarded_by_the_api_key() -> None:
    for path in FORWARDED_PATHS:
        assert path.startswith("/v1/")
        assert not set("*?{}") & set(path)
        assert "lora" not in path


def test_openai_clients_understand_the_404() -> None:
    assert set(json.loads(NOT_FOUND)["error"]) == {"message", "type", "param", "code"}
    assert len(NOT_FOUND.encode()) <= FIXED_RESPONSE_MAX_BYTES


def test_a_health_check_ends_before_the_next_one_starts() -> None:
    assert load_case("dev").plan.timers.health_interval_s > HEALTH_TIMEOUT_S
