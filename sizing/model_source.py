"""A model that hosts copy from S3: the folder in which vLLM finds it."""

from __future__ import annotations

from config.models import Model

FOLDER = "/models"
"""In the container; hosts mount the copy there, read only (userdata/files/run-vllm.sh)."""


def model_argument(model: Model) -> str:
    """What vLLM gets as the model: its id on HuggingFace, or a folder of the container. That is the same for every
    revision, since vLLM keys what it compiles by it."""
    return model.id if model.source is None else f"{FOLDER}/{model.id}"
