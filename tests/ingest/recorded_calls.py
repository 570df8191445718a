"""Calls as servers answer them, and the figures that follow from them by hand."""

from __future__ import annotations

import json
from typing import Any

from driftgauge.ingest.openai import Arrivals, OpenAICall, decode_openai


def stream(*events: Any, end: str = "\n", done: bool = True) -> bytes:
    """Return a stream of events; bytes stand for themselves."""
    texts = [event.decode() if isinstance(event, bytes) else f"data: {json.dumps(event)}" for event in events]
    return "".join(f"{text}{end}{end}" for text in [*texts, *(["data: [DONE]"] if done else [])]).encode()


def chunk(index: int = 0, finish: str | None = None, logprobs: Any = None, **delta: Any) -> dict[str, Any]:
    """Return an event of a chat."""
    choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "qwen", "choices": [choice]}


def scored(*tokens: tuple[float, ...]) -> dict[str, Any]:
    """Return log-probabilities in the form of chat: of each token its own, then those of the alternatives."""
    return {
        "content": [
            {"token": "x", "logprob": own, "bytes": None, "top_logprobs": [{"token": "y", "logprob": p} for p in tops]}
            for own, *tops in tokens
        ]
    }


def usage(prompt: int, completion: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


#: as vLLM streams it with `stream_options.include_usage` and `logprobs`: three tokens
CHAT = [
    chunk(role="assistant", content=""),
    chunk(content="Good", logprobs=scored((-0.5, -0.5, -1.5))),
    chunk(content=" day", logprobs=scored((-1.0, -1.0, -2.0))),
    chunk(content="!", finish="stop", logprobs=scored((-0.25, -0.25, -3.0))),
    {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "qwen", "choices": [], "usage": usage(11, 3)},
]
CHAT_REQUEST = {
    "model": "qwen",
    "stream": True,
    "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello there"}],
}


def ends(body: bytes, separator: bytes = b"\n\n") -> list[int]:
    """Return where the events of a stream end."""
    found, place = [], body.find(separator)
    while place >= 0:
        found.append(place + len(separator))
        place = body.find(separator, place + 1)
    return found


def decoded(kind: str, request: Any, response: Any, **facts: Any) -> Any:
    """Decode a call whose bodies are values, or bytes."""
    bodies = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in (request, response)]
    if isinstance(response, bytes):
        facts = {"content_type": "text/event-stream"} | facts
    return decode_openai(kind, OpenAICall(request=bodies[0], response=bodies[1], **facts))


def arriving(body: bytes, first: float, step: float) -> Arrivals:
    """Return the arrivals of a stream whose events come one by one."""
    places = ends(body)
    return Arrivals(places, [first + step * number for number in range(len(places))])
