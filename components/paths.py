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

_HELPER = "a helper for disaggregated serving"
_STATEFUL = "kept in the memory of the one replica that answered"
_OPERATES = "operates the engine: pauses it, puts it to sleep, or empties its caches, and asks for no API key"
_WEIGHTS = "changes the weights that all are served with, and asks for no API key"
_TELLS = "tells how the server is made and how it is, and asks for no API key"
_TWIN = "the same without the /v1 that makes vLLM ask for the API key"
_DOCS = "FastAPI's own pages on every path that there is, for which it asks no API key"

NOT_FORWARDED: Mapping[str, str] = {
    # below /v1, behind the API key
    "/v1/chat/completions/batch": "one request that holds a host for as long as a hundred",
    "/v1/chat/completions/derender": _HELPER,
    "/v1/chat/completions/render": _HELPER,
    "/v1/completions/derender": _HELPER,
    "/v1/completions/render": _HELPER,
    "/v1/load_lora_adapter": "loads files from the host",
    "/v1/messages/render": _HELPER,
    "/v1/realtime": "a connection that no drain outlasts",
    "/v1/responses/render": _HELPER,
    "/v1/responses/{response_id}": _STATEFUL,
    "/v1/responses/{response_id}/cancel": _STATEFUL,
    "/v1/systemone": "an API of vLLM's own that no OpenAI client calls",
    "/v1/unload_lora_adapter": "takes a model away from everyone",
    # behind the API key, too, of other makers' APIs
    "/cohere/v2/chat": "Cohere's API, which the OpenAI one covers",
    "/cohere/v2/chat/render": _HELPER,
    "/inference/v1/abort_requests": "ends the requests of others",
    "/inference/v1/generate": "tokens in, tokens out: past the chat template",
    "/v2/embed": "Cohere's API, which /v1/embeddings covers",
    "/v2/rerank": "Cohere's API, which /v1/rerank covers",
    # without the API key
    "/abort_requests": "ends the requests of others, and asks for no API key",
    "/classify": _TWIN,
    "/collective_rpc": "calls any method of every worker, and asks for no API key",
    "/detokenize": _TWIN,
    "/docs": _DOCS,
    "/docs/oauth2-redirect": _DOCS,
    "/fault_tolerance/apply": _OPERATES,
    "/fault_tolerance/status": _TELLS,
    "/finish_weight_update": _WEIGHTS,
    "/generative_scoring": _TWIN,
    "/get_world_size": _TELLS,
    "/health": "of the load balancer's own checks, which go to hosts directly",
    "/init_weight_transfer_engine": _WEIGHTS,
    "/invocations": "SageMaker's way to every API at once, and asks for no API key",
    "/is_paused": _TELLS,
    "/is_scaling_elastic_ep": _TELLS,
    "/is_sleeping": _TELLS,
    "/kv_event_sources": _TELLS,
    "/load": _TELLS,
    "/metrics": "for who watches inside the network; it names models and traffic",
    "/openapi.json": _DOCS,
    "/pause": _OPERATES,
    "/ping": _TELLS,
    "/pooling": _TWIN,
    "/redoc": _DOCS,
    "/release_kv_cache_memory": _OPERATES,
    "/rerank": _TWIN,
    "/reset_encoder_cache": _OPERATES,
    "/reset_mm_cache": _OPERATES,
    "/reset_prefix_cache": _OPERATES,
    "/resume": _OPERATES,
    "/scale_elastic_ep": _OPERATES,
    "/score": _TWIN,
    "/server_info": _TELLS,
    "/shutdown_weight_transfer_engine": _WEIGHTS,
    "/sleep": _OPERATES,
    "/start_draft_weight_update": _WEIGHTS,
    "/start_profile": _OPERATES,
    "/start_weight_update": _WEIGHTS,
    "/stop_profile": _OPERATES,
    "/tokenize": _TWIN,
    "/tokenizer_info": _TELLS,
    "/update_weight_version": _WEIGHTS,
    "/update_weights": _WEIGHTS,
    "/version": _TELLS,
    "/wake_up": _OPERATES,
    "/weight_checker": _WEIGHTS,
    "/weight_info": _TELLS,
}
"""Every other path of vLLM and why it is left out: a running server has those that its model and its flags switch on,
some 35. A test holds both lists against the pinned vLLM, so that a new release asks for a decision."""

NOT_FOUND = json.dumps(
    {"error": {"message": "Not found", "type": "invalid_request_error", "param": None, "code": "not_found"}}
)
"""The body of that 404, in the shape that OpenAI clients expect of an error."""
