"""The plugin of the ``aws`` package, spoken to as the engine does: what would a change of a resource do?

Only planning is asked for, which the provider does by itself. Its endpoint is a port of this machine that nobody
listens on, so whatever would need AWS fails.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc  # type: ignore[import-untyped] # comes with the SDK, without types
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from rehearsal.engine.providers import SERVICES
from tools.captures.process import Program, running

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""In place of a value that a preview does not know, as Pulumi's protocol has it."""
REGION = "us-east-1"
SECONDS = 60.0
_LARGEST = 400 << 20  # bytes of a message
Properties = Mapping[str, Any]


class ProviderError(Exception):
    """The provider refuses, in its own words."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One that the program makes. ``inputs``: as the program sets them."""

    type: str
    name: str
    inputs: Properties

    @property
    def urn(self) -> str:
        return f"urn:pulumi:capture::vllm::{self.type}::{self.name}"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """``changed``: paths, as the engine gets them; ``replacing``: the properties at whose change the resource is
    replaced; none of either: the change is none to the provider."""

    changed: tuple[str, ...]
    replacing: tuple[str, ...]
    delete_first: bool


class Plugin:
    """Asks one running plugin. Every method raises ProviderError."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = provider_pb2_grpc.ResourceProviderStub(channel)

    def configure(self, settings: Properties) -> None:
        texts = {name: _text(value) for name, value in settings.items()}
        self._call("Configure", pb.ConfigureRequest(args=_struct(texts), acceptSecrets=False, acceptResources=False))

    def checked(self, resource: Resource) -> dict[str, Any]:
        """Its inputs as the engine keeps them: with the names and defaults that the provider adds."""
        response = self._call(
            "Check", pb.CheckRequest(urn=resource.urn, news=_struct(resource.inputs), randomSeed=b"x")
        )
        if response.failures:
            raise ProviderError("; ".join(f"{failure.property}: {failure.reason}" for failure in response.failures))
        return _plain(response.inputs)

    def created(self, resource: Resource, *, inputs: Properties) -> dict[str, Any]:
        """What a preview knows of the outputs before it is made."""
        request = pb.CreateRequest(urn=resource.urn, properties=_struct(inputs), preview=True, timeout=SECONDS)
        return _plain(self._call("Create", request).properties)

    def difference(self, resource: Resource, *, state: Properties, before: Properties, after: Properties) -> Difference:
        response = self._call(
            "Diff",
            pb.DiffRequest(
                id=str(state["id"]),
                urn=resource.urn,
                olds=_struct(state),
                news=_struct(after),
                old_inputs=_struct(before),
            ),
        )
        return Difference(
            changed=tuple(sorted(response.detailedDiff or response.diffs)),
            replacing=tuple(sorted(set(response.replaces))),
            delete_first=response.deleteBeforeReplace,
        )

    def updated(
        self, resource: Resource, *, state: Properties, before: Properties, after: Properties
    ) -> dict[str, Any]:
        """What a preview knows of the outputs after the update."""
        request = pb.UpdateRequest(
            id=str(state["id"]),
            urn=resource.urn,
            olds=_struct(state),
            news=_struct(after),
            old_inputs=_struct(before),
            preview=True,
            timeout=SECONDS,
        )
        return _plain(self._call("Update", request).properties)

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=SECONDS)
        except grpc.RpcError as error:
            raise ProviderError(error.details()) from error


@contextlib.contextmanager
def running_plugin(program: Program) -> Iterator[Plugin]:
    """Started and configured; it has ended afterwards."""
    nobody = f"http://127.0.0.1:{_closed_port()}"
    settings = {
        "accessKey": "capture",
        "secretKey": "capture",
        "region": REGION,
        "endpoints": [dict.fromkeys(SERVICES, nobody)],
        "maxRetries": 1,
        "skipCredentialsValidation": True,
        "skipMetadataApiCheck": True,
        "skipRequestingAccountId": True,
    }
    options = [
        ("grpc.enable_http_proxy", 0),
        ("grpc.max_receive_message_length", _LARGEST),
        ("grpc.max_send_message_length", _LARGEST),
    ]
    with (
        running(program, variables={"AWS_ENDPOINT_URL": nobody}) as port,
        grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel,
    ):
        plugin = Plugin(channel)
        plugin.configure(settings)
        yield plugin


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _text(value: Any) -> str:
    """The engine hands settings over as texts, and what is no text as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _struct(values: Properties) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(dict(values))
    return struct


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(struct)
    return found
