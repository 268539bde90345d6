"""The instance metadata service, version 2 only, as the launch template requires it (HttpTokens: required).

Follows "Instance metadata categories" and "Use IMDSv2" of the EC2 user guide; the lifecycle state follows "Retrieve the
target lifecycle state through instance metadata" of the Auto Scaling user guide, the tags "View tags for your EC2
instances using instance metadata": there only where the instance was launched with InstanceMetadataTags, and of Nitro
types up to date while it runs.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rehearsal.host.web import Answer, Request

TOKEN_PATH = "/latest/api/token"  # noqa: S105 (a path)
MAX_TOKEN_TTL_S = 21600
ROLE = "vllm-rehearsal"


@dataclass(frozen=True, kw_only=True)
class Identity:
    instance_id: str
    instance_type: str
    zone: str
    region: str
    user_data: str
    image_id: str = "ami-0123456789abcdef0"
    account: str = "123456789012"
    private_ip: str = "10.0.0.10"
    interfaces: Mapping[str, str] = field(default_factory=dict)  # MAC address -> id


@dataclass(frozen=True, kw_only=True)
class MetadataService:
    """The callables are asked on every request; None is a 404.

    ``spot_action`` and ``rebalance`` follow "Spot Instance interruption notices" and "EC2 instance rebalance
    recommendations" of the EC2 user guide: JSON documents that are not there until something is announced.
    """

    identity: Identity
    target_lifecycle_state: Callable[[], str]
    spot_action: Callable[[], Mapping[str, str] | None] = lambda: None
    rebalance: Callable[[], Mapping[str, str] | None] = lambda: None
    tags: Callable[[], Mapping[str, str] | None] = lambda: None
    _tokens: dict[str, float] = field(default_factory=dict)

    def respond(self, request: Request) -> Answer:
        if request.path == TOKEN_PATH:
            return self._token(request)
        if request.method not in ("GET", "HEAD"):
            return Answer(status=405)
        expires = self._tokens.get(request.headers.get("x-aws-ec2-metadata-token", ""), 0.0)
        if expires < time.monotonic():
            return Answer(status=401, body="Unauthorized")
        text = self._value(request.path)
        return Answer(status=404, body="Not Found") if text is None else Answer(body=text)

    def _token(self, request: Request) -> Answer:
        if request.method != "PUT":
            return Answer(status=405)
        ttl = request.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
        if not ttl.isdecimal() or not 1 <= int(ttl) <= MAX_TOKEN_TTL_S:
            return Answer(status=400, body="Bad Request")
        token = secrets.token_urlsafe(40)
        self._tokens[token] = time.monotonic() + int(ttl)
        return Answer(headers={"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": ttl}, body=token)

    def _value(self, path: str) -> str | None:
        if path.rstrip("/") == "/latest/user-data":
            return self.identity.user_data
        if path == "/latest/dynamic/instance-identity/document":
            return json.dumps(self._document())
        prefix = "/latest/meta-data/"
        return self._metadata(path.removeprefix(prefix).rstrip("/")) if path.startswith(prefix) else None

    def _metadata(self, key: str) -> str | None:
        me = self.identity
        name = f"ip-{me.private_ip.replace('.', '-')}.ec2.internal"
        fixed = {
            "ami-id": me.image_id,
            "instance-id": me.instance_id,
            "instance-type": me.instance_type,
            "placement/availability-zone": me.zone,
            "placement/region": me.region,
            "local-ipv4": me.private_ip,
            "hostname": name,
            "local-hostname": name,
            "iam/security-credentials": ROLE,
            "services/domain": "amazonaws.com",
            "services/partition": "aws",
            "network/interfaces/macs": "".join(f"{mac}/\n" for mac in me.interfaces),
        } | {f"network/interfaces/macs/{mac}/interface-id": id_ for mac, id_ in me.interfaces.items()}
        if key == f"iam/security-credentials/{ROLE}":
            return json.dumps(_credentials())
        if key == "autoscaling/target-lifecycle-state":
            return self.target_lifecycle_state()
        if key == "tags/instance" or key.startswith("tags/instance/"):
            return self._tag(key.removeprefix("tags/instance").removeprefix("/"))
        announced = {"spot/instance-action": self.spot_action, "events/recommendations/rebalance": self.rebalance}
        if key in announced:
            notice = announced[key]()
            return None if notice is None else json.dumps(dict(notice))
        return fixed.get(key)

    def _tag(self, name: str) -> str | None:
        tags = self.tags()
        if tags is None:
            return None
        return tags.get(name) if name else "\n".join(tags)

    def _document(self) -> dict[str, str]:
        me = self.identity
        return {
            "accountId": me.account,
            "availabilityZone": me.zone,
            "imageId": me.image_id,
            "instanceId": me.instance_id,
            "instanceType": me.instance_type,
            "privateIp": me.private_ip,
            "region": me.region,
        }


def _credentials() -> dict[str, str]:
    """Keys in the shape that AWS gives to a role; they open nothing."""
    now = datetime.now(UTC)
    return {
        "Code": "Success",
        "LastUpdated": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Type": "AWS-HMAC",
        "AccessKeyId": "rehearsal",
        "SecretAccessKey": "rehearsal",
        "Token": "rehearsal",
        "Expiration": (now + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
