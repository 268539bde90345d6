"""Models that take images, video or sound: what a request may make the host fetch."""

from __future__ import annotations

import re
from functools import lru_cache

from sizing.catalog import load_catalog
from sizing.model_spec import ModelSpec

NO_DOMAIN = "media-by-url.invalid"
"""A name that never exists (RFC 2606). vLLM fetches from everywhere when the list of domains is empty."""
NAMES = re.compile(
    r"-vl-|-vl$|vl-|llava|internvl|gemma-3-(4|12|27)b|gemma-4|mistral-small-3|pixtral|llama-4|omni", re.IGNORECASE
)


@lru_cache(maxsize=1024)
def is_multimodal(model: ModelSpec) -> bool:
    """By the shape's encoder, or by the name where the shape has none."""
    return model.vision is not None or NAMES.search(model.id) is not None


def may_fetch(model: ModelSpec) -> bool:
    """Whether a request could make the host fetch. Of a model that is not in the catalogue nobody knows; one of text
    alone refuses what has media before it fetches anything."""
    return is_multimodal(model) or load_catalog().model(model.id) is None
