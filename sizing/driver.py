"""The NVIDIA driver that an image of vLLM needs, by the CUDA that it is built with.

CUDA Compatibility, "Minor Version Compatibility" (NVIDIA): CUDA 13 runs on drivers of R580 and newer, CUDA 12 on those
of R525 and newer. vLLM's images are of CUDA 13 since 0.20 (docker/Dockerfile CUDA_VERSION); those of CUDA 12 say so in
their tag, such as ``v0.32.0-cu129``.
"""

from __future__ import annotations

import re

CUDA_13_DRIVER = 580
CUDA_12_DRIVER = 525


def driver_needed(image_tag: str) -> int:
    """The lowest major version of the driver."""
    return CUDA_12_DRIVER if re.search(r"cu(?:da)?12", image_tag) else CUDA_13_DRIVER
