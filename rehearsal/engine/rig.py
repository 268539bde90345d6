"""What the real engine needs on this machine: the Pulumi CLI, a package's plugin, and for the ``aws`` bridge of
``../shared/rehearsal`` a Terraform AWS provider. Only looks; installs nothing."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

REPOSITORY = Path(__file__).resolve().parents[2]

Package = Literal["aws", "docker"]


@dataclass(frozen=True, kw_only=True)
class Rig:
    """The tools found. ``plugin_dir`` goes on PATH; None when the engine finds an installed plugin itself.
    ``terraform_provider`` is set when the plugin is the bridge to it (``aws`` alone)."""

    pulumi: Path
    plugin_dir: Path | None
    terraform_provider: Path | None

    def describe(self) -> str:
        """One line for people: which provider serves the ``aws`` package."""
        if self.terraform_provider is None:
            return "the Pulumi engine with the pulumi-aws plugin"
        found = re.search(r"_v(\d+\.\d+\.\d+)", self.terraform_provider.name)
        return f"the Pulumi engine with the Terraform AWS provider {found[1] if found else ''}".rstrip()


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A tool that is not here, and the command or place that brings it."""

    what: str
    how: str


def find_rig(
    *, package: Package = "aws", root: Path = REPOSITORY, environ: Mapping[str, str] = os.environ
) -> Rig | None:
    """The rig, or None when anything is missing (``missing_tools`` says what)."""
    found = _look(package, root=root, environ=environ)
    return found if isinstance(found, Rig) else None


def missing_tools(
    *, package: Package = "aws", root: Path = REPOSITORY, environ: Mapping[str, str] = os.environ
) -> tuple[Missing, ...]:
    """Everything that keeps the engine from running here; empty when there is a rig."""
    found = _look(package, root=root, environ=environ)
    return () if isinstance(found, Rig) else found


def _look(package: Package, *, root: Path, environ: Mapping[str, str]) -> Rig | tuple[Missing, ...]:
    missing = []
    pulumi = find_pulumi(environ=environ)
    if pulumi is None:
        missing.append(Missing(what="the Pulumi CLI", how="make tools, or https://www.pulumi.com/docs/install/"))
    plugin_dir = plugin_folder(package, root=root, environ=environ)
    provider = None
    if plugin_dir is None and not plugin_installed(package, environ=environ):
        how = f"pulumi plugin install resource {package} {_sdk_version(package)}"
        missing.append(Missing(what=f"the plugin {plugin_of(package)}", how=how))
    if plugin_dir is not None and _is_of_the_rig(package, plugin_dir):
        provider = terraform_provider_of(environ=environ) if package == "aws" else None
        if package == "aws" and provider is None:
            how = "set TF_PLUGIN_DIR to a folder that holds terraform-provider-aws_v5.100.0"
            missing.append(Missing(what="the Terraform AWS provider", how=how))
        if find_spec("msgpack") is None:
            missing.append(Missing(what="the Python package msgpack", how="make setup"))
    if missing or pulumi is None:
        return tuple(missing)
    return Rig(pulumi=pulumi, plugin_dir=plugin_dir, terraform_provider=provider)


def find_pulumi(*, environ: Mapping[str, str] = os.environ) -> Path | None:
    """``pulumi`` from PATH, else the one that ``make tools`` built."""
    on_path = shutil.which("pulumi", path=environ.get("PATH", os.defpath))
    if on_path:
        return Path(on_path)
    cache = Path(environ.get("XDG_CACHE_HOME") or _home(environ) / ".cache")
    built = cache / "vllm-pulumi" / "bin" / "pulumi"
    return built if os.access(built, os.X_OK) else None


def plugin_of(package: Package) -> str:
    """The name of its program."""
    return f"pulumi-resource-{package}"


def plugin_folder(package: Package, *, root: Path, environ: Mapping[str, str]) -> Path | None:
    """Where a plugin lies that goes on PATH, the rig's own in the end."""
    on_path = shutil.which(plugin_of(package), path=environ.get("PATH", os.defpath))
    if on_path:
        return Path(on_path).parent
    beside = (root / ".." / "shared" / "rehearsal").resolve()
    return beside if os.access(beside / plugin_of(package), os.X_OK) else None


def _is_of_the_rig(package: Package, plugin_dir: Path) -> bool:
    return ((plugin_dir / plugin_of(package)).resolve().parent / "tfbridge").is_dir()


def plugin_installed(package: Package, *, environ: Mapping[str, str]) -> Path | None:
    """The engine takes the plugin of exactly the SDK's version from its plugin folder."""
    pulumi_home = Path(environ.get("PULUMI_HOME") or _home(environ) / ".pulumi")
    plugin = pulumi_home / "plugins" / f"resource-{package}-v{_sdk_version(package)}" / plugin_of(package)
    return plugin if os.access(plugin, os.X_OK) else None


def _sdk_version(package: Package) -> str:
    try:
        return version(f"pulumi-{package}")
    except PackageNotFoundError:
        return ""


def terraform_provider_of(*, environ: Mapping[str, str]) -> Path | None:
    """The newest provider of the first folder that has one, in the order that the bridge itself looks."""
    explicit = environ.get("TFBRIDGE_AWS_PROVIDER")
    if explicit:
        return Path(explicit) if os.access(explicit, os.X_OK) else None
    for place in _provider_places(environ):
        found = [
            ([int(part) for part in name[1].split(".")], path)
            for path in place.glob("**/terraform-provider-aws_v*")
            if (name := re.search(r"_v(\d+(?:\.\d+)*)", path.name)) and path.is_file() and os.access(path, os.X_OK)
        ]
        if found:
            return max(found)[1]
    return None


def _provider_places(environ: Mapping[str, str]) -> Iterator[Path]:
    for name in ("TF_PLUGIN_DIR", "TF_PLUGIN_CACHE_DIR"):
        if environ.get(name):
            yield Path(environ[name])
    yield _home(environ) / ".terraform.d" / "plugins"
    yield Path("/usr/local/share/terraform/plugins")
    yield Path("/usr/share/terraform/plugins")
    yield Path("/opt")


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home())
