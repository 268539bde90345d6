"""What a firewall lets pass: how long the body of an honest request may be, and how many rules say so."""

from __future__ import annotations

import math
import re

from config.models import Endpoint
from sizing.media import is_multimodal
from sizing.model_spec import ModelSpec

LEAST_BYTES = 10_000_000  # a batch of prompts or of texts to embed is one request
TOKEN_BYTES = 64  # a token of usual text has 4, escaped in JSON 6 times as many; code and blanks have longer ones
MEDIA_BYTES = 64_000_000  # several images in base64, or a sound file; vLLM 0.32.0 takes 25 MB of sound
SOUND = re.compile(r"whisper|voxtral|audio|asr\b", re.IGNORECASE)


def longest_request_bytes(model: ModelSpec, *, max_model_len: int) -> int:
    """Generous, and rounded up to one digit and zeros, which is what a regular expression can tell."""
    text = max(LEAST_BYTES, max_model_len * TOKEN_BYTES)
    return one_digit(text + (MEDIA_BYTES if is_multimodal(model) or SOUND.search(model.id) else 0))


def one_digit(value: int) -> int:
    """The least number of one digit and zeros that is not below ``value``."""
    unit = int(f"1{'0' * (len(str(value)) - 1)}")
    return math.ceil(value / unit) * unit


def firewall_rules(endpoint: Endpoint) -> int:
    """Length and common rules, and one for each limit; none without a firewall."""
    limit = endpoint.rate_limit
    limits = 0 if limit is None else (limit.per_key is not None) + (limit.per_address is not None)
    return 2 + limits if endpoint.has_firewall else 0
