"""Which paths are forwarded to vLLM, by whatever stands before it. Everything else is a fixed 404.

vLLM's API key guards only what begins with ``/v1`` (and ``/v2``, ``/inference``, ``/cohere``); ``/metrics``,
``/invocations`` and ``/scale_elastic_ep`` answer anyone. So the list is of what is offered, not of what is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

FORWARDED_PATHS: Sequence[str] = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/models",
    "/v1/embeddings",
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/v1/responses",
    "/v1/rerank",
    "/v1/score",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
)
"""Exact paths, as vLLM 0.32.0 has them."""

NOT_FORWARDED: Mapping[str, str] = {
    "/v1/chat/completions/batch": "one request that holds a host for as long as a hundred",
    "/v1/chat/completions/derender": "a helper for disaggregated serving",
    "/v1/chat/completions/render": "a helper for disaggregated serving",
    "/v1/completions/derender": "a helper for disaggregated serving",
    "/v1/completions/render": "a helper for disaggregated serving",
    "/v1/load_lora_adapter": "loads files from the host",
    "/v1/messages/render": "a helper for disaggregated serving",
    "/v1/realtime": "a connection that no drain outlasts",
    "/v1/responses/render": "a helper for disaggregated serving",
    "/v1/responses/{response_id}": "kept in the memory of the one replica that answered",
    "/v1/responses/{response_id}/cancel": "kept in the memory of the one replica that answered",
    "/v1/systemone": "an API of vLLM's own that no OpenAI client calls",
    "/v1/unload_lora_adapter": "takes a model away from everyone",
}
"""The rest of vLLM's ``/v1`` paths and why each is left out. A test holds both lists against the pinned vLLM, so that a
new release asks for a decision."""

NOT_FOUND = json.dumps(
    {"error": {"message": "Not found", "type": "invalid_request_error", "param": None, "code": "not_found"}}
)
"""The body of that 404, in the shape that OpenAI clients expect of an error."""
