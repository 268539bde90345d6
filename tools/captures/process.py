"""The program that serves the ``aws`` package to the engine on this machine, and one run of it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.engine.rig import REPOSITORY, plugin_folder, plugin_installed, plugin_of, terraform_provider_of

_PASSED = ("HOME", "LANG", "PATH", "TFBRIDGE_CACHE_DIR", "XDG_CACHE_HOME")
_GRACE_S = 10.0
_VERSION = re.compile(r"(?:-aws-v|aws_v)(\d+\.\d+\.\d+)")


class NoProgramError(Exception):
    """There is none on this machine."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """``terraform_provider``: what does the work, where the plugin is a bridge to it."""

    plugin: Path
    terraform_provider: Path | None

    @property
    def provider(self) -> str:
        """Whose answers these are, with the version."""
        where = str(self.terraform_provider or self.plugin)
        found = _VERSION.search(where)
        return f"{'terraform-provider-aws' if self.terraform_provider else 'pulumi-aws'} {found[1] if found else ''}"


def find_program(*, root: Path = REPOSITORY, environ: Mapping[str, str] = os.environ) -> Program:
    """As the engine finds it; the Pulumi CLI itself is not needed. Raises NoProgramError."""
    folder = plugin_folder("aws", root=root, environ=environ)
    if folder is None:
        installed = plugin_installed("aws", environ=environ)
        if installed is None:
            raise NoProgramError(f"no {plugin_of('aws')}: `pulumi plugin install resource aws`")
        return Program(plugin=installed, terraform_provider=None)
    provider = terraform_provider_of(environ=environ)
    if provider is None:
        raise NoProgramError("no terraform-provider-aws: set TF_PLUGIN_DIR to a folder that holds one")
    return Program(plugin=folder / plugin_of("aws"), terraform_provider=provider)


@contextlib.contextmanager
def running(
    program: Program, *, variables: Mapping[str, str], environ: Mapping[str, str] = os.environ
) -> Iterator[int]:
    """The port of 127.0.0.1 that it listens on. Nothing of this machine's AWS access reaches it."""
    with tempfile.TemporaryDirectory(prefix="vllm-capture-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [str(program.plugin)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={
                **{name: environ[name] for name in _PASSED if name in environ},
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "NO_PROXY": "127.0.0.1",
                "TFBRIDGE_PYTHON": sys.executable,
                **({"TFBRIDGE_AWS_PROVIDER": str(program.terraform_provider)} if program.terraform_provider else {}),
                "TMPDIR": folder,
                **variables,
            },
        )
        with process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()  # its sign that it is ready
                if not line.strip().isdigit():
                    raise NoProgramError(f"{program.plugin.name} does not start")
                yield int(line)
            finally:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_GRACE_S)
                process.kill()
