"""What AWS would answer, well enough for a program to go on: ids, ARNs, DNS names and data sources.

The table is ``data/answers.json``: for each type the outputs in order, each a format string over ``inputs``,
``name`` (the physical one), ``region``, ``account``, ``partition``, ``hex`` (32 digits that depend on the URN
only), ``built`` (what a container image with these inputs would be called) and the outputs before it. Data sources
likewise, over ``args``; of a subnet also over ``given``, since only the stack file knows which subnets belong
together. Nothing here is random.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_lowercase
from typing import Any

ACCOUNT = "123456789012"  # AWS's own documentation account
PARTITION = "aws"
AUTONAME_DIGITS = 7  # as pulumi-aws does

_SUBNET = "aws:ec2/getSubnet:getSubnet"
_TABLE = Path(__file__).parent / "data" / "answers.json"


class UnansweredError(Exception):
    """The program read a data source that the table does not know; add it to data/answers.json."""


class NotThereError(Exception):
    """What the program looks up does not exist; AWS would say so."""


@dataclass(frozen=True)
class Answers:
    """The table, the region it answers for, and ``vllm:network``, which may name a network that is there."""

    region: str
    resources: Mapping[str, Mapping[str, Any]]
    invokes: Mapping[str, Mapping[str, Any]]
    network: Mapping[str, Any] = field(default_factory=dict)

    def resource(self, *, urn: str, type_: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id and the computed outputs of a created resource; a type without an entry gets an id only."""
        digits = hashlib.sha256(urn.encode()).hexdigest()
        context: dict[str, Any] = (
            self._common()
            | {
                "built": _built(inputs),
                "hex": digits[:32],
                "inputs": inputs,
                "internal": "internal-"
                if inputs.get("internal")
                else "",  # how AWS begins such a load balancer's DNS name
                "name": inputs.get("name") or f"{name}-{digits[:AUTONAME_DIGITS]}",
            }
        )
        outputs: dict[str, Any] = {}
        for key, template in self.resources.get(type_, {}).items():
            outputs[key] = context[key] = _fill(template, context)
        return outputs.pop("id", context["name"]), outputs

    def invoke(self, *, token: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a data source. Raises UnansweredError and NotThereError."""
        if token not in self.invokes:
            raise UnansweredError(f"no answer for the data source {token}; add it to {_TABLE.name}")
        context = self._common() | {"args": args}
        if token == _SUBNET:
            context["given"] = self._given_subnet(args["id"])
        filled = _fill(self.invokes[token], context)
        assert isinstance(filled, dict)
        return filled

    def _given_subnet(self, id_: str) -> Mapping[str, str]:
        given = given_subnets(region=self.region, network=self.network)
        if id_ not in given:
            raise NotThereError(f"no matching EC2 Subnet found: {id_}")
        return given[id_]

    def _common(self) -> dict[str, Any]:
        return {"region": self.region, "account": ACCOUNT, "partition": PARTITION}


def _built(inputs: Mapping[str, Any]) -> str:
    """As pulumi-docker has it: name and manifest digest of a pushed image, the id of a local one. Both are made of the
    name here, which follows from the content."""
    name = str(inputs.get("imageName", ""))
    digest = f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
    return digest if inputs.get("skipPush") else f"{name.rpartition(':')[0]}@{digest}"


def load_answers(*, region: str, network: Mapping[str, Any] | None = None) -> Answers:
    """The committed table, for one region and one ``vllm:network``."""
    table = json.loads(_TABLE.read_text())
    return Answers(region=region, resources=table["resources"], invokes=table["invokes"], network=network or {})


def given_subnets(*, region: str, network: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The subnets that a stack file names, as one would have them: of its VPC, the first of each list in zone a, the
    second in zone b, and so on; each with a range of its own."""
    lists = [network.get(key) or [] for key in ("privateSubnetIds", "publicSubnetIds")]
    return {
        id_: {
            "vpcId": str(network.get("vpcId")),
            "availabilityZone": f"{region}{ascii_lowercase[index]}",
            "cidrBlock": f"172.31.{16 * index + 128 * half}.0/20",
        }
        for half, ids in enumerate(lists)
        for index, id_ in enumerate(ids)
    }


def _fill(template: Any, context: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        return template.format_map(context)
    if isinstance(template, list):
        return [_fill(item, context) for item in template]
    if isinstance(template, dict):
        return {key: _fill(item, context) for key, item in template.items()}
    return template
