"""The scripts object is not what its name says: nothing of it runs, and the launch is abandoned at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.e2e.host.plays import Plays, Stand
from userdata.render import scripts_archive, scripts_key

pytestmark = pytest.mark.e2e
MARK = "/altered-scripts-ran"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    ran: bool
    units: str
    launches: list[tuple[str, str]]
    console: tuple[str, ...]


def play(stand: Stand) -> Outcome:
    scene = stand.ground.scene("altered")
    altered = scripts_archive() + f"\ntouch {MARK}\n".encode()
    scene.stage.aws.client("s3").put_object(Bucket=scene.stage.bucket, Key=scripts_key(), Body=altered)
    with scene.boot(scene.launch()) as host:
        host.wait_until(lambda: scene.stage.launches()[0][0] == "Cancelled", what="an abandoned launch", timeout_s=300)
        scene.close()
        return Outcome(
            ran=host.succeeds("test", "-e", MARK),
            units=host.run("sh", "-c", "cd /etc/systemd/system; ls -d vllm* || true"),
            launches=scene.stage.launches(),
            console=host.console(),
        )


PLAYS = (play,)


def test_an_altered_object_is_not_run_and_the_launch_is_abandoned(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(play)
    assert not outcome.ran
    assert outcome.units == ""
    (said,) = [line for line in outcome.console if "the object is not what its name says" in line]
    assert "ABANDON" in outcome.launches[0][1]
    seen(said)
