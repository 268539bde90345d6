"""The step that makes a model complete before vLLM starts. Docker is a fake; fetch_model.py has tests of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.userdata.host import Host
from userdata.files import served

COMMIT = "0123456789abcdef0123456789abcdef01234567"
IMAGE = "vllm/vllm-openai:v0.32.0"


def run(host: Host, body: str = ":") -> None:
    """``body`` is what the container does; no container is left over."""
    host.fake("docker", f"[[ $1 != container ]] || exit 1; [[ $1 != run ]] || {{ {body}; }}")


def is_offline(host: Host) -> bool:
    return (host.path("run") / "offline").exists()


def fill(host: Host) -> Path:
    """A model that has served from this slot; its weights."""
    home = host.path("cache/huggingface")
    repository = home / "hub/models--org--model"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs/main").write_text(COMMIT)
    weights = repository / "snapshots" / COMMIT / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_text("weights")
    served.record(hf_home=home, args_file=host.path("args"), image=IMAGE)
    return weights


def test_the_files_are_fetched_by_the_image_itself_as_vllm_would(host: Host) -> None:
    run(host)
    result = host.step("model-files", left_s=500)
    assert result.status == 0, result.output
    (call,) = host.calls("docker run")
    for part in (
        "--rm --name vllm-model-files --pull never --gpus all --log-driver none --entrypoint python3",
        f"--volume {host.path('cache')}/huggingface:/cache/huggingface",
        f"--volume {host.path('run')}/secrets:/run/secrets/vllm:ro",
        f"--volume {host.path('opt')}/fetch_model.py:/opt/fetch_model.py:ro",
        f"--env-file {host.path('container.env')}",
    ):
        assert part in call
    assert call.endswith(f"{IMAGE} /opt/fetch_model.py 500 org/model --max-model-len 8192")
    assert "--restart" not in call


def test_a_model_that_has_served_is_not_fetched_and_starts_offline(host: Host) -> None:
    run(host)
    fill(host)
    assert host.step("model-files").status == 0
    assert host.calls("docker") == []
    assert is_offline(host)


def test_a_model_that_has_lost_a_file_is_fetched_again(host: Host) -> None:
    weights = fill(host)
    weights.write_text("cut")
    run(host, f"[[ ! -e {host.path('run')}/offline ]]")
    (host.path("run") / "offline").touch()
    result = host.step("model-files")
    assert result.status == 0, result.output
    assert len(host.calls("docker run")) == 1


@pytest.mark.parametrize(
    ("arguments", "offline"), [(["--max-model-len", "8192"], True), (["--tokenizer", "org/other"], False)]
)
def test_a_first_start_is_offline_when_all_that_it_needs_was_fetched(
    host: Host, arguments: list[str], offline: bool
) -> None:
    host.path("args").write_text("\n".join(["org/model", *arguments]) + "\n")
    run(host)
    assert host.step("model-files").status == 0
    assert is_offline(host) is offline


def test_a_first_start_is_online_when_vllm_may_read_more_of_the_repository(host: Host) -> None:
    run(host, "echo 'org/model: 5 files'; exit 3")
    result = host.step("model-files")
    assert result.status == 0, result.output
    assert not is_offline(host)


@pytest.mark.parametrize(
    "arguments", [["/models/mine"], ["s3://bucket/model"], ["./mine"], ["org/model", "--download-dir", "/cache/other"]]
)
def test_what_is_not_in_the_hubs_cache_is_left_to_vllm(host: Host, arguments: list[str]) -> None:
    host.path("args").write_text("\n".join(arguments) + "\n")
    run(host)
    result = host.step("model-files")
    assert result.status == 0
    assert host.calls("docker") == []
    assert not is_offline(host)


def test_waits_are_events_and_the_last_line_is_the_reason(host: Host) -> None:
    run(host, "echo 'waiting: HuggingFace answers 429; again in 20 s'; echo 'failed: org/model is gated'; exit 1")
    result = host.step("model-files")
    assert result.status != 0
    assert host.reason() == "org/model: org/model is gated"
    assert [(event["status"], event["reason"]) for event in host.events()] == [
        ("waiting", "HuggingFace answers 429; again in 20 s")
    ]
    assert not is_offline(host)


def test_a_container_that_does_not_start_has_dockers_words_as_reason(host: Host) -> None:
    run(host, "echo 'docker: could not select device driver' >&2; exit 125")
    assert host.step("model-files").status != 0
    assert host.reason() == "org/model: docker: could not select device driver"


def test_a_container_left_over_is_removed_first(host: Host) -> None:
    host.fake("docker", ":")
    assert host.step("model-files").status == 0
    assert [call.split()[1] for call in host.calls("docker")] == ["container", "rm", "run"]
