"""Whether a model calls a tool when it is given one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.endpoint import Endpoint
from ops.http_call import Answer
from ops.smoke.answers import CheckFailedError, SkippedError, expect, reason_of, said

if TYPE_CHECKING:
    from config.models import StackConfig

PARSER_FLAG = "enable-auto-tool-choice"
MAX_TOKENS = 256
TOOL = "switch_light"
REQUEST: Mapping[str, Any] = {
    "messages": [{"role": "user", "content": "Switch the light on. Use the tool."}],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": TOOL,
                "strict": True,
                "description": "Switches the light of this room on or off.",
                "parameters": {
                    "type": "object",
                    "properties": {"state": {"type": "string", "enum": ["on", "off"]}},
                    "required": ["state"],
                    "additionalProperties": False,
                },
            },
        }
    ],
    "max_tokens": MAX_TOKENS,
    "temperature": 0,
}


@dataclass(frozen=True, kw_only=True)
class Called:
    detail: str
    tokens: int


def has_tool_parser(config: StackConfig) -> bool:
    """Whether the stack file asks vLLM to look for tool calls in what the model writes."""
    return bool(config.serving.extra_args.get(PARSER_FLAG))


def call_tool(endpoint: Endpoint, *, model: str, has_parser: bool | None) -> Called:
    """First as clients ask, which leaves it to the model; then it is told to. ``has_parser`` None: not known."""
    if has_parser is False:
        raise SkippedError(f"vllm:serving.extraArgs names no tool parser ({PARSER_FLAG}, tool-call-parser)")
    body = {"model": model, **REQUEST}
    free = endpoint.post("/chat/completions", {**body, "tool_choice": "auto"})
    if has_parser is None and free.status == 400 and PARSER_FLAG in reason_of(free):
        raise SkippedError(f"the server has no tool parser ({PARSER_FLAG})")
    if state := _state(expect(free, status=200)):
        return Called(detail=f"{TOOL}({state})", tokens=_tokens(free))
    told = endpoint.post("/chat/completions", {**body, "tool_choice": {"type": "function", "function": {"name": TOOL}}})
    if state := _state(expect(told, status=200)):
        return Called(
            detail=f"{TOOL}({state}) when told to; left to itself, the model answers in words (tool-call-parser must "
            "be the one for this model)",
            tokens=_tokens(free) + _tokens(told),
        )
    raise CheckFailedError(f"no call of {TOOL}, also when told to")


def _state(answer: Answer) -> str | None:
    """The argument of the call; None when the answer is words."""
    choices = said(answer, "choices", [])
    message = choices[0].get("message") if choices and isinstance(choices[0], dict) else None
    calls = (message or {}).get("tool_calls") or []
    if not calls:
        return None
    function = calls[0].get("function", {})
    try:
        state = json.loads(function.get("arguments", ""))["state"]
    except (ValueError, KeyError, TypeError):
        raise CheckFailedError(f"the arguments of the call are no JSON of its schema: {function}") from None
    if function.get("name") != TOOL:
        raise CheckFailedError(f"the call is of {function.get('name')}, which is no tool of the request")
    return str(state)


def _tokens(answer: Answer) -> int:
    return int(said(answer, "usage", {}).get("completion_tokens", 0))
