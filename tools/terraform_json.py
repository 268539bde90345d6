"""The graph of a stack as Terraform JSON, for scanners that read nothing else.

``python -m tools.terraform_json < GRAPH.json > main.tf.json``, where GRAPH.json is what ``ops graph --json`` prints.
Pulumi's AWS provider is made from Terraform's, so types and properties map by rule; the tables have what does not.
Components and what is not of AWS are left out. An input that comes from another resource becomes a reference to it:
scanners find by those which policy is of which bucket.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

TYPES: Mapping[str, str] = {
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:amp/alertManagerDefinition:AlertManagerDefinition": "aws_prometheus_alert_manager_definition",
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace": "aws_prometheus_rule_group_namespace",
    "aws:amp/workspace:Workspace": "aws_prometheus_workspace",
}
WITHOUT_MODULE = "ec2"
"""A module of Pulumi's that is no part of Terraform's names."""
KEPT_PLURAL = ("block_device_mappings", "network_interfaces", "tag_specifications")
"""Blocks whose name is in the plural in Terraform too."""
RENAMED = {"vpc_zone_identifiers": "vpc_zone_identifier", "aliase": "alias"}
OWN_KEYS = ("tags", "dimensions", "input_paths")
"""Mappings whose keys are the user's."""

_GIVEN = re.compile(r"arn:\S+|[a-z]+-[0-9a-f]{8,}|\S+\.amazonaws\.com")
"""What AWS makes up: only such a value inside a block came from a resource."""
Resource = Mapping[str, Any]


def terraform(graph: Iterable[Resource]) -> dict[str, Any]:
    """The document: ``{"resource": {type: {name: {...}}}}``."""
    resources = [item for item in graph if item["custom"] and item["type"].startswith("aws:")]
    names = _names(resources)
    document: dict[str, dict[str, Any]] = {}
    for item in resources:
        type_, name = names[item["urn"]]
        document.setdefault(type_, {})[name] = _body(item, names)
    return {"resource": document}


def terraform_type(token: str) -> str:
    """``aws:ec2/launchTemplate:LaunchTemplate`` -> ``aws_launch_template``."""
    module, _, type_ = token.partition(":")[2].partition(":")
    module = module.partition("/")[0]
    return TYPES.get(token) or "_".join(["aws", *([] if module == WITHOUT_MODULE else [module]), snake(type_)])


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def urns(graph: Iterable[Resource]) -> dict[str, str]:
    """The name of each resource there -> its URN here."""
    resources = [item for item in graph if item["custom"] and item["type"].startswith("aws:")]
    return {name: urn for urn, (_, name) in _names(resources).items()}


def _names(resources: Sequence[Resource]) -> dict[str, tuple[str, str]]:
    """URN -> type and a name that no other resource has, of whatever type: Checkov reports some by the name alone."""
    names: dict[str, tuple[str, str]] = {}
    for item in resources:
        type_ = terraform_type(item["type"])
        name = re.sub(r"\W", "_", f"{type_}__{item['name']}")
        while (type_, name) in names.values():
            name += "_"
        names[item["urn"]] = (type_, name)
    return names


def _body(item: Resource, names: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    depends = item.get("propertyDependencies") or {}
    body: dict[str, Any] = {}
    for key, value in item["inputs"].items():
        known = [names[urn] for urn in depends.get(key, ()) if urn in names]
        property_, converted = _property(key, value)
        body[property_] = _referring(converted, known) if known else converted
    # What Pulumi does by itself unless it is told otherwise.
    before = not item.get("deleteBeforeReplace")
    body["lifecycle"] = {"create_before_destroy": before, "prevent_destroy": bool(item.get("protect"))}
    return body


def _property(key: str, value: Any) -> tuple[str, Any]:
    name = snake(key)
    blocks = isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)
    if blocks and name not in KEPT_PLURAL:
        name = name.removesuffix("s")
    return RENAMED.get(name, name), value if name in OWN_KEYS else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(_property(key, item) for key, item in value.items())
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _referring(value: Any, known: Sequence[tuple[str, str]]) -> Any:
    """What other resources gave, as references. A text that is made of several stays as it is, and so do values inside
    blocks unless one resource gave them."""
    if isinstance(value, list) and value and all(isinstance(entry, str) for entry in value):
        return [_reference(value[0], address) for address in known]
    return value if len(known) != 1 else _with_reference(value, known[0])


def _with_reference(value: Any, address: tuple[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _with_reference(item, address) if not isinstance(item, str) or _GIVEN.fullmatch(item) else item
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_with_reference(item, address) for item in value]
    return _reference(value, address) if isinstance(value, str) and not re.search(r"[{\s]", value) else value


def _reference(value: str, address: tuple[str, str]) -> str:
    return f"${{{'.'.join(address)}.{'arn' if value.startswith('arn:') else 'id'}}}"


if __name__ == "__main__":
    json.dump(terraform(json.load(sys.stdin)), sys.stdout, indent=2)
