"""What the group launched, and on which machine."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.host.faults import Faults

DRIVER = "580.82.07"
NO_FAULTS = Faults()


@dataclass(frozen=True, kw_only=True)
class HostSpec:
    """``image`` is the reference that the host pulls; ``hf_token`` the one that the hub accepts (None: the model is not
    gated); ``gpus`` and ``driver`` what nvidia-smi says; ``kernel_log`` lines that the kernel wrote before the boot."""

    user_data: str
    instance_id: str
    zone: str
    region: str
    endpoint: str  # of the emulated AWS, on loopback
    instance_type: str = "g6.2xlarge"
    gpus: int = 1
    driver: str = DRIVER
    kernel_log: tuple[str, ...] = ()
    image: str = "vllm/vllm-openai:v0.32.0"
    hf_token: str | None = None
    faults: Faults = NO_FAULTS
