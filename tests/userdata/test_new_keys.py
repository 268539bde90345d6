"""new-keys.sh: the stack's keys as they are now, and vLLM restarted with them through its drain."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.userdata.host import INSTANCE, Host, Result, make_host
from tests.userdata.test_secrets_step import NO_VALUE, refuse, say, secret_of

OLD, NEW = "sk-old-0123456789", "sk-new-0123456789"
WANTED = "version-2"
LONG_SLEEP = 'read -r now _ <"$UPTIME_FILE"; echo "$((${now%.*} + 300)).00 0" >"$UPTIME_FILE"'
SYSTEMCTL = """case "$*" in
  "try-restart vllm.service") {restart} ;;
  "show vllm.service --property ActiveState --value") {state} ;;
esac"""


def serve(host: Host, keys: str) -> None:
    """``keys`` is bash: what get-secret-value does."""
    host.fake("aws", f'case "$*" in *get-secret-value*) {keys} ;; esac')


def play_server(host: Host, *, restart: str = ":", state: str = "echo active", answers: str = "true") -> None:
    """Each is bash: the restart, what systemd says, whether /health answers."""
    host.fake("systemctl", SYSTEMCTL.format(restart=restart, state=state))
    host.fake(
        "curl",
        f"""case "$*" in
  *api/token*) echo token ;;
  *instance-id*) echo {INSTANCE} ;;
  *availability-zone*) echo us-east-1a ;;
  *health*) {answers} ;;
esac""",
    )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """It serves with the old keys; the secret has new ones."""
    host = make_host(tmp_path / "host")
    (host.path("run") / "secrets").mkdir()
    config(host).write_text(f'api-key:\n- "{OLD}"\n')
    host.path("run/keys-loaded").write_text("version-1\n")
    serve(host, say(secret_of(OLD, NEW), version=WANTED))
    play_server(host)
    return host


def config(host: Host) -> Path:
    return host.path("run/secrets/config.yaml")


def keys(host: Host) -> list[str]:
    found: list[str] = yaml.safe_load(config(host).read_text())["api-key"]
    return found


def run(host: Host) -> Result:
    return host.run("new-keys.sh", WANTED)


def told(host: Host) -> tuple[str, str]:
    """Status and reason of the one event."""
    (event,) = host.events()
    assert event["step"] == "keys"
    return event["status"], event["reason"]


def restarts(host: Host) -> int:
    return len(host.calls("systemctl try-restart vllm.service"))


def test_vllm_is_restarted_with_the_new_keys_and_the_version_is_told(host: Host) -> None:
    result = run(host)
    assert result.status == 0, result.output
    assert keys(host) == [OLD, NEW]
    assert restarts(host) == 1
    assert told(host) == ("ok", f"keys of version {WANTED}")


def test_no_key_is_in_an_argument_an_event_or_the_log(host: Host) -> None:
    seen = run(host).output + "\n".join(host.calls()) + str(host.events())
    assert OLD not in seen
    assert NEW not in seen


def test_it_is_told_only_once_the_server_answers(host: Host) -> None:
    asked = host.path("asked")
    play_server(host, answers=f"echo x >>{asked}; (($(wc -l <{asked}) > 5))")
    assert run(host).status == 0
    assert len(asked.read_text().split()) == 6
    assert told(host)[0] == "ok"


def test_keys_that_the_server_has_already_restart_nothing(host: Host) -> None:
    """As after a reboot, when the tag is still there."""
    host.path("run/keys-loaded").write_text(f"{WANTED}\n")
    assert run(host).status == 0
    assert restarts(host) == 0
    assert told(host) == ("ok", f"keys of version {WANTED}")


def test_newer_keys_than_those_that_were_asked_for_are_taken(host: Host) -> None:
    serve(host, say(secret_of(NEW), version="version-3"))
    assert run(host).status == 0
    assert keys(host) == [NEW]
    assert told(host) == ("ok", "keys of version version-3")


def test_a_version_that_is_not_everywhere_yet_is_waited_for(host: Host) -> None:
    asked = host.path("asked")
    early = say(secret_of(OLD), version="version-1")
    late = say(secret_of(NEW), version=WANTED)
    serve(host, f"echo x >>{asked}; if (($(wc -l <{asked}) < 3)); then {early}; else {late}; fi")
    assert run(host).status == 0
    assert keys(host) == [NEW]
    assert restarts(host) == 1


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (say("not json"), "not of the form that `ops keys add` writes"),
        (say('{"keys": {"a": {"key": ""}}}'), "a key that is empty"),
        (say('{"keys": {}}'), "the secret holds no key"),
        (refuse(NO_VALUE), "the secret holds no key"),
        (refuse("(AccessDeniedException) not authorized"), "(AccessDeniedException) not authorized"),
    ],
)
def test_keys_that_cannot_be_read_leave_the_server_as_it_is(host: Host, secret: str, reason: str) -> None:
    serve(host, secret)
    assert run(host).status != 0
    assert keys(host) == [OLD]
    assert restarts(host) == 0
    status, said = told(host)
    assert status == "failed"
    assert said.startswith("vLLM runs on with its former keys: ")
    assert reason in said


def test_a_server_that_a_person_stopped_stays_stopped(host: Host) -> None:
    play_server(host, state="echo inactive", answers="false")
    assert run(host).status == 0
    assert told(host) == ("ok", f"keys of version {WANTED}, for the next start of vLLM: it is stopped")


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ({"restart": "exit 1"}, "vLLM could not be restarted with keys of version"),
        ({"state": "echo failed", "answers": "false"}, "vLLM does not serve with keys of version"),
        ({"answers": "false"}, "vLLM does not serve with keys of version"),
    ],
)
def test_a_server_that_does_not_come_back_is_told_of(host: Host, server: dict[str, str], reason: str) -> None:
    host.fake("sleep", LONG_SLEEP)
    play_server(host, **server)
    assert run(host).status != 0
    assert told(host) == ("failed", f"{reason} {WANTED}")


def test_a_start_of_ours_does_not_count_towards_those_after_which_systemd_gives_up(host: Host) -> None:
    run(host)
    calls = host.calls("systemctl")
    assert calls.index("systemctl reset-failed vllm.service") < calls.index("systemctl try-restart vllm.service")


def test_the_server_notes_the_keys_with_which_it_starts(host: Host) -> None:
    host.path("run/keys-fetched").write_text(f"{WANTED}\n")
    host.fake("docker", ":")
    assert host.run("run-vllm.sh").status == 0
    assert host.path("run/keys-loaded").read_text() == f"{WANTED}\n"
