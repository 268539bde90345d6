"""The images that a stack on this machine pulls, as a registry of ours has them: made here, and kept in the cache."""

from __future__ import annotations

import hashlib
import http
from collections.abc import Mapping
from dataclasses import dataclass

from components.local.alertmanager import IMAGE as ALERTMANAGER_IMAGE
from components.local.grafana import IMAGE as GRAFANA_IMAGE
from rehearsal.host import root, stored
from rehearsal.host.cpu_vllm import CpuVllm
from rehearsal.host.image import vllm_image
from rehearsal.host.paths import cache_folder
from rehearsal.host.registry import Registry, StoredImage
from rehearsal.host.web import Answer, Request
from tests.e2e.local.watching_images import STAND_INS
from tests.e2e.local.watching_images import image as stand_in
from userdata.options import PROMETHEUS_IMAGE

NGINX_PACKAGES = ("nginx-light",)
NGINX_USER = "nginx"  # of the official image; Debian has another one


@dataclass(frozen=True, kw_only=True)
class Images:
    """``nginx``: Debian's, which stands for the official one. ``vllm``: stands for both of vLLM's, see image.py.
    ``others``: by the references that containers are made of."""

    vllm: StoredImage
    nginx: StoredImage
    cpu: CpuVllm
    others: Mapping[str, StoredImage]


def ensure_images() -> Images:
    """From the cache, or made now (about a minute)."""
    cpu = CpuVllm.ensure()
    others = {
        PROMETHEUS_IMAGE: stand_in(STAND_INS["prometheus"]),
        ALERTMANAGER_IMAGE: stand_in(STAND_INS["alertmanager"]),
        GRAFANA_IMAGE: stand_in(STAND_INS["grafana"]),
    }
    return Images(vllm=vllm_image(cpu=cpu), nginx=_nginx(), cpu=cpu, others=others)


def _nginx() -> StoredImage:
    key = hashlib.sha256(" ".join((root.SUITE, *NGINX_PACKAGES, NGINX_USER)).encode()).hexdigest()[:12]
    folder = cache_folder() / f"nginx-image-{key}"
    if found := stored.find(folder):
        return found
    with root.debian_root(packages=NGINX_PACKAGES) as base:
        root.run("chroot", str(base), "useradd", "--system", "--no-create-home", NGINX_USER)
        config = {"Env": [f"PATH={stored.PATH}"], "Cmd": ["nginx", "-g", "daemon off;"]}
        return stored.store(root=base, folder=folder, config=config)


@dataclass(frozen=True)
class Registries:
    """Docker Hub with nothing but these: image references, as ``docker pull`` takes them, and what they stand for."""

    images: Mapping[str, StoredImage]

    def respond(self, request: Request) -> Answer:
        answer = Answer(status=http.HTTPStatus.NOT_FOUND)
        for reference, image in self.images.items():
            name, _, tag = reference.rpartition(":")
            repository = name if "/" in name else f"library/{name}"
            answer = Registry(image=image, repository=repository, tag=tag).respond(request)
            if answer.status == http.HTTPStatus.OK:
                break
        return answer
