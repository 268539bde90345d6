"""One place for all booted hosts: a container engine, its images, the disks and an emulated AWS, opened once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from config.models import StackConfig
from config.sources import load_stack_file
from rehearsal.aws.server import EmulatedAws
from rehearsal.host.boot import BootedHost
from rehearsal.host.engine import ContainerEngine
from rehearsal.host.faults import Faults
from rehearsal.host.image import Images, ensure_images
from rehearsal.host.spec import DRIVER, NO_FAULTS, HostSpec
from rehearsal.host.volumes import VolumeStore
from sizing.plan import Plan
from sizing.prepare import prepare
from tests.e2e.stage import ROOT, Stage
from userdata.options import HostOptions, boot_loop_alarm, host_options
from userdata.render import cloud_config

STACK = "dev"
KEY = "sk-" + "plantedkey" * 4
TOKEN = "hf_" + "plantedtoken" * 3
SLOT_GIB = 100
Say = Callable[[str], None]


class Ground:
    """A context manager. ``folder`` gets the console of each host."""

    def __init__(self, *, folder: Path, say: Say = lambda _: None) -> None:
        self.folder = folder
        self._say = say
        self._stack = ExitStack()
        self._open: set[BootedHost] = set()
        self._lock = Lock()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _start(self) -> None:
        enter = self._stack.enter_context
        self.config: StackConfig
        self.plan: Plan
        self.config, self.plan = prepare(load_stack_file(stack=STACK, root=ROOT))
        self.engine = enter(ContainerEngine.open())
        self.images: Images = ensure_images(engine=self.engine, say=self._say)
        self.volumes = enter(VolumeStore())
        self.aws = enter(EmulatedAws(play_host=False))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the hosts that still run, so that whoever waits for one gives up."""
        with self._lock:
            left = list(self._open)
        for host in left:
            host.close()
        self._stack.close()

    def scene(self, name: str, *, slots: int = 2, secrets: bool = True, **changes: Any) -> Scene:
        """A stack of its own, called ``name``; ``changes`` are to the plan or, where it has no such field, its timers.

        The deadlines are short: whoever waits for a boot that fails waits for the whole of one.
        """
        timers = {key: changes.pop(key) for key in list(changes) if hasattr(self.plan.timers, key)}
        plan = replace(self.plan, timers=replace(self.plan.timers, **timers), **changes)
        stage = Stage.build(self.aws, name=name, slots=slots, size_gib=SLOT_GIB)
        options = replace(
            host_options(config=self.config, plan=plan, names=stage.names()),
            cache_pool=name,
            stack=name,
            boot_loop_alarm=boot_loop_alarm(name),
        )
        if secrets:
            stage.put_secrets(key=KEY, token=TOKEN)
        return Scene(ground=self, stage=stage, options=options)

    @contextmanager
    def booted(self, spec: HostSpec, *, log: str) -> Iterator[BootedHost]:
        with (self.folder / f"{log}.log").open("a", buffering=1) as file:

            def on_line(line: str) -> None:
                file.write(f"{line}\n")
                self._say(f"{log}: {line}")

            host = BootedHost(engine=self.engine, images=self.images, volumes=self.volumes, spec=spec, on_line=on_line)
            with self._lock:
                self._open.add(host)
            try:
                with host:
                    yield host
            finally:
                with self._lock:
                    self._open.discard(host)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One stack on the ground, and the hosts that it launches."""

    ground: Ground
    stage: Stage
    options: HostOptions

    @property
    def model(self) -> str:
        return self.options.plan.served_name

    def launch(self) -> str:
        """The group, which launches one instance; its id."""
        return self.stage.launch(options=self.options)

    @contextmanager
    def boot(
        self,
        instance_id: str,
        *,
        faults: Faults = NO_FAULTS,
        gpus: int = 1,
        driver: str = DRIVER,
        kernel_log: Sequence[str] = (),
        instance_type: str | None = None,
    ) -> Iterator[BootedHost]:
        """``instance_type``: the plan's first one otherwise."""
        spec = HostSpec(
            user_data=cloud_config(self.options),
            instance_id=instance_id,
            instance_type=instance_type or self.options.plan.instance_type,
            zone=self.stage.zone,
            region=self.ground.aws.region,
            endpoint=self.ground.aws.endpoint,
            image=self.options.plan.image,
            hf_token=TOKEN,
            gpus=gpus,
            driver=driver,
            kernel_log=tuple(kernel_log),
            faults=faults,
        )
        with self.ground.booted(spec, log=f"{self.stage.name}-{instance_id}") as host:
            yield host

    def volume(self, number: int) -> Path:
        """The raw contents of a slot, in the order in which hosts try them."""
        return self.ground.volumes.file(volume_id=self.stage.volume_ids[number], size_gib=SLOT_GIB)

    def said(self, instance_id: str, *, step: str, status: str) -> str:
        """The reason of the last such event in the log group; empty when there is none."""
        events = self.stage.boot_events(instance_id)
        found = [event["reason"] for event in events if (event["step"], event["status"]) == (step, status)]
        return str(found[-1]) if found else ""

    def said_once(self, instance_id: str, *, host: BootedHost, status: str) -> str:
        """The reason of the last event of that status, once the log group has one."""

        def reasons() -> list[str]:
            events = self.stage.boot_events(instance_id)
            return [event["reason"] for event in events if event["status"] == status]

        host.wait_until(lambda: bool(reasons()), what=f"a {status} in the log group", timeout_s=300)
        return reasons()[-1]

    def close(self) -> None:
        """The group launches nothing more."""
        self.stage.set_capacity(0)
