"""The front's configuration as text. What nginx makes of it: test_nginx_real.py."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from components.local.nginx import nginx_conf
from components.paths import FORWARDED_PATHS, NOT_FOUND
from tests.userdata.builders import TIMERS

CONF = nginx_conf(upstream="vllm:8000", resolver="127.0.0.11", timers=TIMERS)
LOCATION = re.compile(r"location (?P<match>[^{]+?) \{ (?P<body>.*) \}$", re.MULTILINE)


def locations() -> dict[str, str]:
    return {found["match"]: found["body"] for found in LOCATION.finditer(CONF)}


def test_exactly_the_forwarded_paths_are_matched_exactly() -> None:
    forwarded = {match for match, body in locations().items() if "proxy_pass" in body}
    assert forwarded == {f"= {path}" for path in FORWARDED_PATHS}
    assert CONF.count("proxy_pass") == len(FORWARDED_PATHS)


def test_what_is_passed_on_is_the_path_of_the_list_and_not_the_clients() -> None:
    for path in FORWARDED_PATHS:
        assert locations()[f"= {path}"] == f"proxy_pass http://$vllm{path}$is_args$args;"


def test_the_rest_is_the_404_of_the_load_balancer() -> None:
    assert locations()["/"] == f"return 404 '{NOT_FOUND}';"
    assert "'" not in NOT_FOUND


def test_it_says_in_the_shape_of_an_error_that_vllm_is_away() -> None:
    body = locations()["@unavailable"].removeprefix("return 503 '").removesuffix("';")
    assert set(json.loads(body)["error"]) == set(json.loads(NOT_FOUND)["error"])


def test_it_waits_as_long_as_the_load_balancer() -> None:
    conf = nginx_conf(upstream="vllm:8000", resolver="127.0.0.11", timers=replace(TIMERS, idle_timeout_s=1234))
    waits = re.findall(r"(\w+) 1234s;", conf)
    assert set(waits) == {
        "proxy_read_timeout",
        "proxy_send_timeout",
        "send_timeout",
        "client_body_timeout",
        "keepalive_timeout",
    }
