"""Property values between the wire (protobuf) and plain data.

The signatures are Pulumi's, from sdk/go/common/resource/properties.go and runtime/rpc.py of the
Python SDK.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format, struct_pb2

UNKNOWN = "[unknown]"
SECRET = "[secret]"  # noqa: S105 - what is shown in place of one

_WIRE_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a published constant
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


def plain_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A property bag as plain data, keys sorted; unknowns and secrets replaced by their markers."""
    return {key: plain(value) for key, value in sorted(json_format.MessageToDict(struct).items())}


def plain(value: Any) -> Any:
    """One decoded property value as plain data."""
    if isinstance(value, Mapping):
        if _SIGNATURE in value:
            return _plain_special(value)
        return {key: plain(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if value == _WIRE_UNKNOWN else value


def _plain_special(value: Mapping[str, Any]) -> Any:
    match value[_SIGNATURE]:
        case signature if signature == _SECRET:
            return SECRET
        case signature if signature == _OUTPUT:
            if value.get("secret"):
                return SECRET
            return plain(value["value"]) if "value" in value else UNKNOWN
        case signature if signature == _RESOURCE:
            return value["urn"]
        case signature if signature in (_ASSET, _ARCHIVE):
            return _plain_asset(value)
        case signature:
            raise ValueError(f"property value with the unknown signature {signature}")


def _plain_asset(value: Mapping[str, Any]) -> dict[str, Any]:
    """The content instead of the path: a path of this machine would differ from one checkout to the next."""
    if "assets" in value:
        return {"archive": {name: plain(item) for name, item in sorted(value["assets"].items())}}
    if "uri" in value:
        return {"asset": {"uri": value["uri"]}}
    content = value["text"].encode() if "text" in value else Path(value["path"]).read_bytes()
    described = {"sha256": hashlib.sha256(content).hexdigest()}
    try:
        return {"asset": described | {"text": content.decode()}}
    except UnicodeDecodeError:
        return {"asset": described | {"base64": base64.b64encode(content).decode()}}


def with_outputs(*, inputs: struct_pb2.Struct, outputs: Mapping[str, Any]) -> struct_pb2.Struct:
    """The state of a resource after a create: its inputs as given, and the outputs that AWS would add."""
    state = struct_pb2.Struct()
    state.update({key: value for key, value in outputs.items() if key not in inputs.fields})
    for key, value in inputs.fields.items():
        state.fields[key].CopyFrom(value)
    return state
