"""What a host finds around it: metadata, AWS, Docker Hub and the model hub, each a socket in one folder."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from rehearsal.host.aws_door import AwsDoor
from rehearsal.host.cloud import InstanceInCloud
from rehearsal.host.faults import Meter, busy_hub, flaky_registry, refused_tokens
from rehearsal.host.hub import Hub, tiny_model_files
from rehearsal.host.image import Images
from rehearsal.host.imds import Identity, MetadataService
from rehearsal.host.registry import Registry
from rehearsal.host.relay import Port, relay
from rehearsal.host.spec import HostSpec
from rehearsal.host.web import serve

_TIME = "%Y-%m-%dT%H:%M:%SZ"


class World:
    """A context manager; ``folder`` is mounted into the container. The meters count what was downloaded."""

    def __init__(self, *, folder: Path, spec: HostSpec, images: Images, cloud: InstanceInCloud) -> None:
        self._folder = folder
        self._spec = spec
        self._images = images
        self._cloud = cloud
        self._stack = ExitStack()
        self._notices: dict[str, Mapping[str, str]] = {}
        self.port = 0  # of the host's API on loopback
        repository, _, tag = spec.image.partition(":")
        registry = Registry(image=images.vllm, repository=repository, tag=tag)
        hub = Hub(files=tiny_model_files(images.cpu.model), token=spec.hf_token)
        self.registry = Meter(respond=flaky_registry(registry.respond, spec.faults))
        self.hub = Meter(respond=busy_hub(hub.respond, spec.faults))
        self.aws = AwsDoor(endpoint=spec.endpoint, refusals=spec.faults.aws)

    def __enter__(self) -> Self:
        self._write_seed()
        self._write_settings()
        enter, folder = self._stack.enter_context, self._folder
        metadata = refused_tokens(self._metadata().respond, self._spec.faults)
        enter(serve(respond=metadata, socket=folder / "imds.sock"))
        enter(serve(respond=self.registry, socket=folder / "registry.sock"))
        enter(serve(respond=self.hub, socket=folder / "hub.sock"))
        if self.aws.refusals:
            enter(serve(respond=self.aws.respond, socket=folder / "aws.sock"))
        else:
            port = urlsplit(self._spec.endpoint).port or 80
            enter(relay(listen=folder / "aws.sock", connect=Port(number=port)))
        self.port = enter(relay(listen=Port(), connect=folder / "service.sock"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def give_spot_notice(self, *, in_s: float = 120.0) -> None:
        """EC2 takes the instance away then; it says so two minutes before."""
        at = datetime.now(UTC) + timedelta(seconds=in_s)
        self._notices["spot"] = {"action": "terminate", "time": at.strftime(_TIME)}

    def recommend_rebalance(self) -> None:
        self._notices["rebalance"] = {"noticeTime": datetime.now(UTC).strftime(_TIME)}

    def set_gpus(self, *, count: int) -> None:
        """What nvidia-smi lists from now on."""
        (self._folder / "settings" / "gpus").write_text(f"{count}\n")

    def log_kernel(self, line: str) -> None:
        """The kernel says this now."""
        with (self._folder / "settings" / "kernel-log").open("a") as file:
            file.write(f"{line}\n")

    def _metadata(self) -> MetadataService:
        return MetadataService(
            identity=Identity(
                instance_id=self._spec.instance_id,
                instance_type=self._spec.instance_type,
                zone=self._spec.zone,
                region=self._spec.region,
                user_data=self._spec.user_data,
                interfaces=self._cloud.interfaces(),
            ),
            target_lifecycle_state=self._cloud.target_lifecycle_state,
            spot_action=partial(self._notices.get, "spot"),
            rebalance=partial(self._notices.get, "rebalance"),
            tags=self._cloud.tags,
        )

    def _write_seed(self) -> None:
        seed = self._folder / "seed"
        seed.mkdir()
        (seed / "user-data").write_text(self._spec.user_data)
        (seed / "meta-data").write_text(f"instance-id: {self._spec.instance_id}\n")

    def _write_settings(self) -> None:
        settings = self._folder / "settings"
        settings.mkdir()
        cpu = self._images.cpu
        (settings / "driver").write_text(f"{self._spec.driver}\n")
        (settings / "inject").write_text(f"{cpu.folder}\n{cpu.python}\n")
        (settings / "kernel-log").write_text("".join(f"{line}\n" for line in self._spec.kernel_log))
        self.set_gpus(count=self._spec.gpus)
