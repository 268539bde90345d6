"""``python -m tests.e2e.endless_boot``: boots a host that gets no key, so waits, until somebody ends it."""

from __future__ import annotations

import sys
from threading import Event

from config.sources import load_stack_file
from rehearsal.aws.server import EmulatedAws
from rehearsal.host.boot import BootedHost, HostSpec
from rehearsal.host.engine import ContainerEngine
from rehearsal.host.image import ensure_images
from rehearsal.host.volumes import VolumeStore
from rehearsal.interrupt import InterruptedRehearsal, interruptible
from sizing.prepare import prepare
from tests.e2e.stage import ROOT, Stage
from userdata.options import host_options
from userdata.render import cloud_config


def boot() -> None:
    """Does not return; InterruptedRehearsal when a signal comes, after everything is cleaned up."""
    config, plan = prepare(load_stack_file(stack="dev", root=ROOT))
    with (
        interruptible(),
        ContainerEngine.open() as engine,
        VolumeStore() as volumes,
        EmulatedAws(play_host=False) as aws,
    ):
        images = ensure_images(engine=engine)
        stage = Stage.build(aws)
        options = host_options(config=config, plan=plan, names=stage.names())
        spec = HostSpec(
            user_data=cloud_config(options),
            instance_id=stage.launch(options=options),
            zone=stage.zone,
            region=aws.region,
            endpoint=aws.endpoint,
            image=plan.image,
        )
        with BootedHost(engine=engine, images=images, volumes=volumes, spec=spec, on_line=_say):
            Event().wait()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        boot()
    except InterruptedRehearsal as interrupt:
        _say(f"interrupted by {interrupt}")
        sys.exit(130)
