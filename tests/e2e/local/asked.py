"""What a service on this machine answers, as JSON."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import Any

TIMEOUT_S = 30


def json_of(url: str, **parameters: str) -> Any:
    """OSError when nobody answers, or with an error."""
    query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
    with urllib.request.urlopen(f"{url}{query}", timeout=TIMEOUT_S) as answer:
        return json.load(answer)
