"""What an answer of the OpenAI API holds, and what it must not lack. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.http_call import Answer, Stream

END = "[DONE]"


class CheckFailedError(Exception):
    """A check did not hold; the text says what came instead."""


class SkippedError(Exception):
    """A check says nothing here; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """``pieces`` and ``first_s`` of a stream: events with words, and when the first of them came."""

    tokens: int
    pieces: int = 1
    first_s: float = 0.0


def expect(answer: Answer, *, status: int) -> Answer:
    """The answer. CheckFailedError, with the server's reason, when its status is another one."""
    if answer.status != status:
        reason = reason_of(answer)
        raise CheckFailedError(f"HTTP {answer.status} instead of {status}" + (f": {reason}" if reason else ""))
    return answer


def reason_of(answer: Answer) -> str:
    text = said(answer, "error", {})
    return str(text.get("message", "")) if isinstance(text, dict) else str(text)


def said(answer: Answer, name: str, default: Any) -> Any:
    value = answer.body.get(name, default) if isinstance(answer.body, dict) else default
    return default if value is None else value


def text_of_chat(choice: Mapping[str, Any]) -> object:
    """Of a choice, streamed or not; None where there is no message."""
    return choice.get("message", choice.get("delta"))


def text_of_completion(choice: Mapping[str, Any]) -> object:
    return choice.get("text")


def words_of(answer: Answer, text_of: Callable[[Mapping[str, Any]], object]) -> Words:
    """CheckFailedError for what is no completion."""
    expect(answer, status=200)
    tokens = said(answer, "usage", {}).get("completion_tokens", 0)
    choices = said(answer, "choices", [])
    if not choices or text_of(choices[0]) is None or not tokens:
        raise CheckFailedError("the answer holds no completion")
    return Words(tokens=tokens)


def words_of_stream(stream: Stream) -> Words:
    """CheckFailedError for what is no stream, has no words, does not say how many tokens it took, or breaks off."""
    if stream.refused is not None:
        expect(stream.refused, status=200)
    if not stream.events:
        raise CheckFailedError("the answer holds no event: it is not streamed")
    if stream.events[-1][1] != END:
        raise CheckFailedError(f"the stream breaks off: {END} does not come")
    events = [(at_s, _event(text)) for at_s, text in stream.events[:-1]]
    for _, event in events:
        if "error" in event:
            raise CheckFailedError(f"an error in the stream: {event['error']}")
    pieces = [at_s for at_s, event in events if event.get("choices")]
    usage = next((event["usage"] for _, event in reversed(events) if event.get("usage")), None)
    if not pieces:
        raise CheckFailedError("the stream holds no completion")
    if not usage or not usage.get("completion_tokens"):
        raise CheckFailedError("the stream does not end with its usage")
    return Words(tokens=usage["completion_tokens"], pieces=len(pieces), first_s=pieces[0])


def _event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise CheckFailedError("an event of the stream is no JSON object")
    return event
