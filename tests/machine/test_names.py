"""Names on the machine: fixed, since other tools and people's commands hold them."""

from __future__ import annotations

import re

import pytest

from machine.names import Names


def test_names_of_a_stack() -> None:
    names = Names("local")
    assert names.server == "vllm-local"
    assert names.front == "vllm-local-front"
    assert names.grafana == "vllm-local-grafana"
    assert names.prometheus == "vllm-local-prometheus"
    assert names.alertmanager == "vllm-local-alertmanager"
    assert names.network == "vllm-local"
    assert names.huggingface_volume == "vllm-local-huggingface"
    assert names.compile_volume == "vllm-local-compile"
    assert names.labels == {"Project": "vllm", "Stack": "local", "ManagedBy": "pulumi"}


@pytest.mark.parametrize("stack", ["a b", "me/vllm/local", "ä", "x:y"])
def test_every_name_is_one_that_docker_takes(stack: str) -> None:
    names = Names(stack)
    containers = (names.server, names.front, names.grafana, names.prometheus, names.alertmanager)
    for name in (*containers, names.network, names.huggingface_volume, names.compile_volume):
        assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", name)
    assert "/" not in names.folder
