"""OpenAI-compatible calls: a request and its response, JSON or a stream of events, to a batch of numbers.

Chat and completions: a row an answer (`n` > 1: several), with the columns of `generated`. Embeddings: a row an embedding,
with its norm and its number of dimensions. Text becomes lengths and flags; as it is it goes only to what counts its words.
Guarantee: any bytes give a `Decoded` or a `DecodeError`, in time linear in the bytes. Cost: about 5 us an event of a
stream and 0.3 us a log-probability.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from driftgauge.errors import DecodeError
from driftgauge.failures import failure_of
from driftgauge.ingest.answers import Answer
from driftgauge.ingest.embedded import embedded
from driftgauge.ingest.event_stream import events_of
from driftgauge.ingest.excerpt import excerpt
from driftgauge.ingest.generated import Call, generated, unanswered
from driftgauge.ingest.parse import parse
from driftgauge.ingest.prompts import read_prompt
from driftgauge.ingest.result import Decoded, Limits

__all__ = ["OPENAI_CALLS", "Arrivals", "OpenAICall", "decode_openai"]

_DEFAULTS = Limits()
_DONE = b"[DONE]"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When a response's bytes arrived: `ends[i]` bytes of its body had come `seconds[i]` after the request began.

    >>> Arrivals((100, 250), (0.2, 0.3)).at(101)
    0.3
    """

    ends: Sequence[int] = ()
    seconds: Sequence[float] = ()

    def at(self, end: int) -> float | None:
        """Return when the first *end* bytes were there; None where that is not known."""
        place = bisect_left(self.ends, end)
        return self.seconds[place] if place < len(self.seconds) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAICall:
    """One request with its response, as an observer saw them.

    Attributes:
        request: its body, decompressed.
        response: its body, decompressed.
        content_type: of the response.
        status: of the response: an HTTP status, or a word of `failure_of`.
        seconds: from the request to the end of the response; None where that is not known.
        arrivals: when the pieces of the response came; None where that is not known.
        whole: whether the response came to its end.
    """

    request: bytes
    response: bytes
    content_type: str = "application/json"
    status: Any = 200
    seconds: float | None = None
    arrivals: Arrivals | None = None
    whole: bool = True


def decode_openai(kind: str, call: OpenAICall, limits: Limits = _DEFAULTS) -> Decoded:
    """Decode one call.

    Args:
        kind: one of `OPENAI_CALLS`.
        call: the request and its response.
        limits: bounds; `rows` bounds the answers of a call.

    >>> call = OpenAICall(
    ...     request=b'{"model": "m", "prompt": "Hi"}',
    ...     response=b'{"choices": [{"text": "Hello!", "finish_reason": "stop"}], "usage": {"completion_tokens": 2}}',
    ... )
    >>> decode_openai("completions", call).batch.requests.generations.tokens
    {'completion': 2}
    """
    prompt = read_prompt(call.request)
    reason = failure_of(call.status)
    if reason is not None:
        return unanswered(Call(prompt, call.seconds), reason)
    return OPENAI_CALLS[kind](call, Call(prompt, call.seconds), limits)


def _decode_answers(call: OpenAICall, about: Call, limits: Limits) -> Decoded:
    answer = Answer()
    streamed = _is_stream(call)
    if streamed:
        _read_stream(call, answer, limits)
    else:
        answer.add(_object_of(call.response), None, limits.rows)
    if not answer.choices and not answer.usage and answer.error is None:
        raise DecodeError("structure", "the response has neither choices nor usage")
    if answer.error is not None:
        return unanswered(about, failure_of(_code_of(answer.error)) or "error", answer)
    if not call.whole and not answer.complete:
        return unanswered(about, "cancelled", answer)
    return generated(about, answer, streamed=streamed)


def _is_stream(call: OpenAICall) -> bool:
    kind = call.content_type.partition(";")[0].strip().lower()
    return kind == "text/event-stream" or call.response[:64].lstrip().startswith((b"data:", b":", b"event:"))


def _read_stream(call: OpenAICall, answer: Answer, limits: Limits) -> None:
    for event in events_of(call.response):
        if event.data.strip() == _DONE:
            answer.done = True
            continue
        try:
            body = parse(event.data)
        except DecodeError:
            if call.whole:
                raise
            continue  # the end of a stream that was cut off
        if isinstance(body, dict):
            answer.add(body, call.arrivals.at(event.end) if call.arrivals else None, limits.rows)


def _code_of(error: Any) -> Any:
    """Return the HTTP status that an error object tells of; servers write it as a number or as text, if at all."""
    code = error.get("code") if isinstance(error, dict) else error
    return code if isinstance(code, int) or (isinstance(code, str) and code.isdigit()) else "error"


def _decode_embeddings(call: OpenAICall, about: Call, limits: Limits) -> Decoded:
    return embedded(about, _object_of(call.response), limits)


def _object_of(body: bytes) -> Mapping[str, Any]:
    value = parse(body)
    if not isinstance(value, dict):
        raise DecodeError("structure", f"expected a response (an object), got {excerpt(value)}")
    return value


#: last part of a call's path -> what reads its response
OPENAI_CALLS: Mapping[str, Callable[[OpenAICall, Call, Limits], Decoded]] = MappingProxyType(
    {"chat": _decode_answers, "completions": _decode_answers, "embeddings": _decode_embeddings}
)
