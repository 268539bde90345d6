"""Where a pin's value comes from: the deployed stack, AWS, the model hub, the image registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from config.models import StackConfig
from ops.clients import aws_errors, client_config, code_of, session
from ops.errors import OpsError, failure
from ops.hub import COMMIT, DEFAULT_BRANCH, commit_of
from ops.outputs import Deployed, outputs_if_any
from ops.registry import digest_of
from ops.stack_text import Value
from sizing.zones import choose_zones
from userdata.options import DLAMI_PARAMETER

HELD = "what the deployed stack holds"


@dataclass(frozen=True, kw_only=True)
class Found:
    """``source``: where the value is from, for people."""

    value: Value
    source: str


@dataclass(frozen=True)
class Sources:
    """Each method asks its source, and raises OpsError when there is no answer. ``instance_type``: of the plan."""

    config: StackConfig
    instance_type: str
    environment: Mapping[str, str] = field(repr=False)

    @cached_property
    def deployment(self) -> Deployed | OpsError:
        """The stack as pulumi knows it, without outputs when it is not deployed; asked once, a failure too."""
        try:
            outputs = outputs_if_any(self.config.stack, environment=self.environment)
        except OpsError as error:
            return error
        return Deployed(config=self.config, outputs=outputs)

    def _held(self, output: str) -> Any:
        """What a deployed stack says; None when it is not deployed. A wrong guess here would replace subnets."""
        deployment = self.deployment
        if isinstance(deployment, OpsError):
            raise deployment
        return deployment.output(output) if deployment.outputs else None

    def machine_image(self, *, update: bool) -> Found:
        held = None if update else self._held("image_id")
        return Found(value=str(held), source=HELD) if held else self._newest_machine_image()

    def zones(self) -> Found:
        """In the order in which the stack has its subnets, which is what keeps them."""
        held = self._held("zones")
        return Found(value=tuple(map(str, held)), source=HELD) if held else self._zones_that_offer()

    def revision(self) -> Found:
        """The commit of the branch or tag that is set, else of main."""
        model = self.config.model
        named = model.revision
        branch = DEFAULT_BRANCH if named is None or COMMIT.fullmatch(named) else named
        commit = commit_of(model.id, revision=branch, environment=self.environment)
        return Found(value=commit, source=f"{branch} of {model.id} on the model hub")

    def digest(self) -> Found:
        image = self.config.image
        found = digest_of(image.repository, tag=image.tag)
        return Found(value=found, source=f"{image.repository}:{image.tag} in its registry")

    def _newest_machine_image(self) -> Found:
        client = session(self.config.region).client("ssm", config=client_config())
        with aws_errors("look up the newest machine image"):
            try:
                value = client.get_parameter(Name=DLAMI_PARAMETER)["Parameter"]["Value"]
            except ClientError as error:
                if code_of(error) != "ParameterNotFound":
                    raise
                raise failure(
                    path="vllm:compute.amiId",
                    given=f"no {DLAMI_PARAMETER} in {self.config.region}",
                    message="AWS publishes no Deep Learning AMI in this region: build an image there, and set its id",
                ) from None
        return Found(value=str(value), source=f"{DLAMI_PARAMETER} in {self.config.region}")

    def _zones_that_offer(self) -> Found:
        client = session(self.config.region).client("ec2", config=client_config())
        with aws_errors("look up zones"):
            pages = client.get_paginator("describe_instance_type_offerings").paginate(
                LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": [self.instance_type]}]
            )
            offered = [str(offer["Location"]) for page in pages for offer in page["InstanceTypeOfferings"]]
            # Local and wavelength zones are opt-in and take no load balancer of this kind.
            regional = client.describe_availability_zones(
                Filters=[
                    {"Name": "state", "Values": ["available"]},
                    {"Name": "opt-in-status", "Values": ["opt-in-not-required"]},
                ]
            )["AvailabilityZones"]
        zones = choose_zones(offered=offered, available=[str(zone["ZoneName"]) for zone in regional])
        if not zones:
            raise failure(
                path="vllm:compute.instanceType",
                given=f"{self.instance_type} in {self.config.region}",
                message="no zone of the region offers this type: set another one, or another aws:region",
            )
        return Found(value=zones, source=f"zones of {self.config.region} for {self.instance_type}")
