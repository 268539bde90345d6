"""A fake ``aws ec2`` for volumes: ``volumes_cli.py STATE_FILE ec2 VERB OPTIONS...``.

Filters and ``--query`` are really applied, to what STATE_FILE holds: volumes and snapshots as AWS describes them, and
``refuse`` (verb -> volume id, or "" for any -> what AWS would say against it). A volume with ``free_at_s`` is let go
by its holder at that second of uptime.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import jmespath  # type: ignore[import-untyped]

State = dict[str, Any]


def main() -> None:
    file = Path(sys.argv[1])
    verb, options = sys.argv[3], _options(sys.argv[4:])
    state: State = json.loads(file.read_text(encoding="utf-8"))
    _let_go(state)
    refusals = state["refuse"].get(verb, {})
    refusal = refusals.get(_one(options, "volume-id"), refusals.get("", ""))
    if refusal:
        sys.exit(f"An error occurred {refusal}")
    answer = VERBS[verb](state, options)
    file.write_text(json.dumps(state), encoding="utf-8")
    found = jmespath.search(_one(options, "query"), answer) if "query" in options else answer
    text = _text(found) if _one(options, "output") == "text" else json.dumps(found, indent=4)
    sys.stdout.write(f"{text}\n")


def _let_go(state: State) -> None:
    now_s = float(Path(os.environ["UPTIME_FILE"]).read_text(encoding="utf-8").split()[0])
    for volume in state["volumes"]:
        if volume.get("free_at_s", now_s + 1) <= now_s:
            del volume["free_at_s"]
            volume.update(State="available", Attachments=[])


def _options(arguments: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for argument in arguments:
        if argument.startswith("--"):
            found[argument[2:]] = []
        else:
            found[next(reversed(found))].append(argument)
    return found


def _one(options: dict[str, list[str]], name: str) -> str:
    return " ".join(options.get(name, []))


def _text(found: Any) -> str:
    """As the CLI shows it: a line for each list in a list."""
    if not isinstance(found, list):
        return str(found)
    rows = found if any(isinstance(item, list) for item in found) else [found]
    return "\n".join("\t".join(map(str, row)) for row in rows if row)


def _matches(thing: dict[str, Any], text: str) -> bool:
    """``Name=...,Values=...`` of a filter that the scripts use."""
    name, values = text.removeprefix("Name=").split(",Values=")
    has = {"status": thing["State"], "availability-zone": thing.get("AvailabilityZone")}
    tags = {tag["Key"]: tag["Value"] for tag in thing["Tags"]}
    if name == "tag-key":
        return not tags.keys().isdisjoint(values.split(","))
    value = tags.get(name.removeprefix("tag:")) if name.startswith("tag:") else has[name]
    return value in values.split(",")


def describe_volumes(state: State, options: dict[str, list[str]]) -> Any:
    ids, filters = options.get("volume-ids"), options.get("filters", [])
    chosen = [volume for volume in state["volumes"] if ids is None or volume["VolumeId"] in ids]
    return {"Volumes": [volume for volume in chosen if all(_matches(volume, text) for text in filters)]}


def describe_snapshots(state: State, options: dict[str, list[str]]) -> Any:
    assert options["owner-ids"] == ["self"]
    return {"Snapshots": [item for item in state["snapshots"] if all(_matches(item, t) for t in options["filters"])]}


def attach_volume(state: State, options: dict[str, list[str]]) -> Any:
    volume = _volume(state, options)
    if volume["Attachments"]:
        sys.exit(f"An error occurred (VolumeInUse): {volume['VolumeId']} is already attached to an instance")
    devices = [item["Device"] for other in state["volumes"] for item in other["Attachments"]]
    if _one(options, "device") in devices:
        sys.exit("(InvalidParameterValue) Attachment point is already in use")
    attachment = {"InstanceId": _one(options, "instance-id"), "Device": _one(options, "device"), "State": "attached"}
    volume.update(State="in-use", Attachments=[attachment])
    return attachment


def detach_volume(state: State, options: dict[str, list[str]]) -> Any:
    _volume(state, options).update(State="available", Attachments=[])
    return {}


def create_volume(state: State, options: dict[str, list[str]]) -> Any:
    made = {"VolumeId": "vol-new", "State": "available", "Attachments": [], "Size": int(_one(options, "size"))}
    state["volumes"].append(made | {"AvailabilityZone": _one(options, "availability-zone"), "Tags": []})
    return made


def modify_instance_attribute(state: State, options: dict[str, list[str]]) -> Any:
    (mapping,) = json.loads(_one(options, "block-device-mappings"))
    for volume in state["volumes"]:
        for attachment in volume["Attachments"]:
            if attachment["Device"] == mapping["DeviceName"]:
                attachment["DeleteOnTermination"] = mapping["Ebs"]["DeleteOnTermination"]
    return {}


def _volume(state: State, options: dict[str, list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = next(v for v in state["volumes"] if v["VolumeId"] == _one(options, "volume-id"))
    return found


VERBS = {
    "describe-volumes": describe_volumes,
    "describe-snapshots": describe_snapshots,
    "attach-volume": attach_volume,
    "detach-volume": detach_volume,
    "create-volume": create_volume,
    "modify-instance-attribute": modify_instance_attribute,
}

if __name__ == "__main__":
    main()
