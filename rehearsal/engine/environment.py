"""The environment of a rehearsed engine: nothing of the machine's AWS access passes. An allow-list, because new
credential variables keep appearing."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from rehearsal.engine.providers import Providers
from rehearsal.engine.rig import Rig

_PERSON = ("HOME", "LANG", "LOGNAME", "SHELL", "TZ", "USER")
_MACHINE = ("PATH", "VIRTUAL_ENV", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "DOCKER_HOST", "CI")
_TERMINAL = ("COLUMNS", "NO_COLOR", "TERM")
_BRIDGE = ("TFBRIDGE_CACHE_DIR", "TFBRIDGE_LOG", "TFBRIDGE_TIMEOUT")
STABLE_ORDER = Path(__file__).parent / "stable_order"
KEPT = frozenset(_PERSON + _MACHINE + _TERMINAL + _BRIDGE)
# Settings of the user's `aws:` provider that a rehearsal keeps. The rest is about accounts and access.
KEPT_SETTINGS = frozenset({"aws:region", "aws:defaultTags", "aws:ignoreTags"})


def engine_environment(*, base: Mapping[str, str], rig: Rig, providers: Providers, work_dir: Path) -> dict[str, str]:
    """The whole environment of the engine, its plugins and `ops` verbs that act on the rehearsed stack.

    base: this process's variables, of which only KEPT pass.
    """
    kept = {name: value for name, value in base.items() if name in KEPT or name.startswith("LC_")}
    folders = [str(rig.plugin_dir)] if rig.plugin_dir else []
    path = os.pathsep.join([*folders, str(rig.pulumi.parent), kept.get("PATH", os.defpath)])
    environment = (
        kept
        | dict(providers.environment)
        | {
            "PATH": path,
            "AWS_CONFIG_FILE": os.devnull,  # profiles may carry credentials, roles and endpoints
            "AWS_EC2_METADATA_DISABLED": "true",
            "GOGC": "400",  # engine and provider end within a minute: less of their time for the collector
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1,localhost",
            "PULUMI_BACKEND_URL": (work_dir / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "rehearsal",  # of a state that is temporary and holds nothing real
            "PULUMI_HOME": str(work_dir / "pulumi-home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "TMPDIR": str(work_dir / "tmp"),  # an interrupted provider leaves its socket behind
        }
    )
    if rig.plugin_dir is not None:
        environment["TFBRIDGE_PYTHON"] = sys.executable  # for a plugin that is a program of the rig's own
        environment["PYTHONPATH"] = str(STABLE_ORDER)
    if rig.terraform_provider is not None:
        environment["TFBRIDGE_AWS_PROVIDER"] = str(rig.terraform_provider)
    return environment
