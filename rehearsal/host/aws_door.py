"""A door in front of the emulated AWS through which one host goes: it refuses what it is told to refuse."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from rehearsal.host.faults import Refusal
from rehearsal.host.web import Answer, Request

TIMEOUT_S = 60.0
_HOP_BY_HOP = ("connection", "transfer-encoding", "keep-alive", "server", "date")


@dataclass(frozen=True, kw_only=True)
class AwsDoor:
    """``refused`` counts the refusals by action."""

    endpoint: str
    refusals: Sequence[Refusal]
    refused: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def respond(self, request: Request) -> Answer:
        action = action_of(request)
        for refusal in self.refusals:
            if refusal.action == action and self._is_due(refusal):
                return refuse(request, code=refusal.code)
        return self._forward(request)

    def _is_due(self, refusal: Refusal) -> bool:
        with self._lock:
            if self.refused[refusal.action] >= refusal.times:
                return False
            self.refused[refusal.action] += 1
            return True

    def _forward(self, request: Request) -> Answer:
        url = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=TIMEOUT_S)
        try:
            connection.request(request.method, request.target, body=request.body, headers=dict(request.headers))
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
            body = answer.read()
        finally:
            connection.close()
        headers = {"Content-Length" if name.lower() == "content-length" else name: kept[name] for name in kept}
        return Answer(status=answer.status, headers=headers, body=body)


def action_of(request: Request) -> str:
    """The API action; empty where the wire has none (S3)."""
    if target := request.headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if "/operation/" in request.path:  # RPC v2, which newer SDKs speak to CloudWatch
        return request.path.rpartition("/")[2]
    return parse_qs(request.body.decode(errors="replace")).get("Action", [""])[0]


def refuse(request: Request, *, code: str) -> Answer:
    """The error in the protocol that the request speaks: JSON, EC2's XML or the other services' XML."""
    busy = "Throttl" in code or code == "RequestLimitExceeded"
    message = "Rate exceeded" if busy else "not authorized to perform this action"
    if "x-amz-target" in request.headers:
        kind = request.headers.get("content-type", "application/x-amz-json-1.1")
        body = json.dumps({"__type": code, "message": message})
        return Answer(status=400, headers={"Content-Type": kind}, body=body)
    if "/ec2/" in request.headers.get("authorization", ""):
        error = f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        return Answer(
            status=503 if busy else 403,
            headers={"Content-Type": "text/xml"},
            body=f"{error}<RequestID>refused</RequestID></Response>",
        )
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    body = f"<ErrorResponse>{error}<RequestId>refused</RequestId></ErrorResponse>"
    return Answer(status=400, headers={"Content-Type": "text/xml"}, body=body)
