"""An emulated AWS in this process: moto on loopback, extended where safety rests on what moto lacks."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from rehearsal.aws.answers import AnswerOnce
from rehearsal.aws.calls import Call, CallLog
from rehearsal.aws.clock import Clock, ScaledClock
from rehearsal.aws.cloudwatch.actions import Message, messages
from rehearsal.aws.cloudwatch.alarms import judge_all
from rehearsal.aws.environment import FAKE_KEY, REGION, aws_environment, clean_environment
from rehearsal.aws.install import install
from rehearsal.aws.settings import Host, Settings, healthy_host
from rehearsal.aws.shortages import Shortages
from rehearsal.aws.world import World

_POLL_S = 0.01  # how soon the server notices that it is to stop

_one_at_a_time = Lock()
_sessions = Lock()


class EmulatedAws:
    """A fresh, empty AWS on a loopback port for as long as the ``with`` block lasts.

    moto keeps its resources per process, so there is one of these at a time; a second raises RuntimeError.
    ``time_scale`` makes AWS's own waits (warm-up, deregistration delay, health thresholds) so many times
    faster, ``heartbeat_scale`` the timeouts of lifecycle hooks; ``waits`` and ``heartbeats`` are the clocks.
    CloudWatch's time is ``started`` (now) and what has passed on ``wall`` since.
    With ``play_host`` each hook is completed by ``host``; without, by whoever calls CompleteLifecycleAction.
    """

    def __init__(
        self,
        *,
        play_host: bool = True,
        host: Host = healthy_host,
        time_scale: float = 200.0,
        heartbeat_scale: float = 1.0,
        waits: Clock | None = None,
        heartbeats: Clock | None = None,
        wall: Clock | None = None,
        started: datetime | None = None,
        region: str = REGION,
        address: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._settings = Settings(
            waits=waits or ScaledClock(time_scale),
            heartbeats=heartbeats or ScaledClock(heartbeat_scale),
            host=host if play_host else None,
            wall=wall or ScaledClock(),
            started=started or datetime.now(UTC),
        )
        self.region = region
        self._address = address
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None
        self._log: CallLog | None = None

    def __enter__(self) -> Self:
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("another EmulatedAws runs in this process")
        try:
            install()
            _forget_everything()
            world = World.start(self._settings)
            backend = AnswerOnce(DomainDispatcherApplication(create_backend_app), lock=world.lock)
            self._log = CallLog(backend, before=world.step)
            self._server = make_server(
                self._address, self._port, self._log, threaded=True, request_handler=_QuietHandler
            )
        except BaseException:
            _one_at_a_time.release()
            raise
        self._thread = Thread(target=self._server.serve_forever, args=(_POLL_S,), name="emulated-aws", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server and forget its resources; again is harmless. The call log stays readable."""
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self._server = self._thread = None
        server.shutdown()
        thread.join()
        server.server_close()
        World.stop()
        _forget_everything()
        _one_at_a_time.release()

    @property
    def endpoint(self) -> str:
        if self._server is None:
            raise RuntimeError("the emulated AWS is not running; use it in a with statement")
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every request so far, oldest first."""
        return () if self._log is None else self._log.calls

    @property
    def now(self) -> datetime:
        """CloudWatch's time, in UTC."""
        return self._settings.now()

    @property
    def messages(self) -> tuple[Message, ...]:
        """What subscribers of the topics were told so far."""
        return messages()

    @property
    def shortages(self) -> Shortages:
        """What is sold out, for a test to change."""
        return self._settings.shortages

    def judge_alarms(self) -> None:
        """Judge each alarm by the metrics that were put until now; AWS does it every minute, this one when asked."""
        world = World.running()
        with world.lock:
            judge_all(self._settings)
            world.step()

    def environment(self, *, region: str | None = None) -> dict[str, str]:
        """The AWS_* variables of a client of this AWS; whoever uses them must drop all others. It has every region."""
        return aws_environment(endpoint=self.endpoint, region=region or self.region)

    def clean_environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """``base`` (default: this process's environment) without real credentials, pointed at this AWS."""
        return clean_environment(os.environ if base is None else base, endpoint=self.endpoint, region=self.region)

    def client(self, service: Any, *, region: str | None = None) -> Any:
        """A boto3 client of this AWS, whatever the environment says."""
        with _sessions:
            return _session().client(
                service,
                region_name=region or self.region,
                endpoint_url=self.endpoint,
                aws_access_key_id=FAKE_KEY,
                aws_secret_access_key=FAKE_KEY,
            )


class _QuietHandler(MotoRequestHandler):
    """moto's request handler without a line per request on stderr; the call log has them."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


@functools.cache
def _session() -> boto3.session.Session:
    """One for all clients: reading a service's model takes longer than most calls. It knows no profile and no file."""
    nowhere = (None, None, os.devnull, None)
    variables = {"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere}
    return boto3.session.Session(botocore_session=botocore.session.Session(session_vars=variables))


def _forget_everything() -> None:
    BackendDict.reset()
    reset_model_data()
