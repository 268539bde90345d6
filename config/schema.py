"""The JSON schema of a stack file, for editors: ``python -m config.schema > config/schema.json``.

A stack file points to it with ``# yaml-language-server: $schema=config/schema.json``. It holds what a schema can say;
rules between keys, and what needs the catalogue, are told by ``python -m ops plan``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic.json_schema import JsonSchemaValue

from config.models import StackConfig
from config.namespaces import FROM_OUTSIDE, NAMESPACE
from config.section import Section
from config.stack_file import TOP_LEVEL_KEYS
from config.wording import says, section_of

TARGET = f"{NAMESPACE}:target"


def stack_file_schema() -> JsonSchemaValue:
    """Schema of ``Pulumi.<stack>.yaml``; keys of other namespaces (``aws:``, ``pulumi:``) are left to Pulumi."""
    models = StackConfig.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = models["$defs"]
    sections: dict[str, Any] = {k: v for k, v in models["properties"].items() if k not in FROM_OUTSIDE}
    for section in sections.values():
        section.pop("default", None)  # an editor would fill in every key
    _describe(StackConfig, properties=sections, definitions=definitions)
    sections["model"] = {
        "anyOf": [definitions["Model"]["properties"]["id"], sections["model"]],
        "description": definitions["Model"]["description"],
    }
    known = "|".join(sections)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Pulumi stack file of the vllm project",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {
                    "aws:region": {"type": "string", "examples": ["us-east-1"]},
                    **{f"{NAMESPACE}:{name}": schema for name, schema in sections.items()},
                },
                "patternProperties": {f"^(?!.*:)|^{NAMESPACE}:(?!({known})$)": False},
                "required": [f"{NAMESPACE}:model"],
                "anyOf": [
                    {"required": ["aws:region"]},
                    {"required": [TARGET], "properties": {TARGET: {"const": "local"}}},
                ],
            },
            **{key: {} for key in TOP_LEVEL_KEYS if key != "config"},
        },
        "additionalProperties": False,
        "$defs": definitions,
    }


def _describe(section: type[Section], *, properties: dict[str, Any], definitions: dict[str, Any]) -> None:
    """What a key is for, and what it allows: of two descriptions an editor shows the outer one."""
    for name, field in section.model_fields.items():
        inner = section_of(field)
        if inner is not None:
            _describe(inner, properties=definitions[inner.__name__]["properties"], definitions=definitions)
        if (inner is None or section is not StackConfig) and name not in FROM_OUTSIDE:
            properties[field.alias or name]["description"] = (
                f"{' '.join((field.description or '').split())} Allowed: {says(field).allowed}."
            )


def render() -> str:
    return json.dumps(stack_file_schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
