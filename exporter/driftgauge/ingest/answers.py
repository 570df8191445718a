"""Answers: the choices of a completion, gathered from one JSON body or from the pieces of a stream, as numbers.

A `Choice` adds up what its parts say and keeps their text only until its batch is made. Streams and whole bodies give the same numbers. Memory: about 1 KB a choice and its
text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from driftgauge.generations import finish_reason_of
from driftgauge.ingest.refusal import HEAD_CHARS, declines
from driftgauge.ingest.token_scores import TokenScores

__all__ = ["Answer", "Choice"]

#: fields of a message that are generated text beside its content: what reasoning models think
_REASONING = ("reasoning_content", "reasoning")


@dataclass(slots=True)
class Choice:
    """One answer of a model.

    Attributes:
        chars: characters of its text.
        pieces: parts with something generated in them; of a stream that sends one token a part, its tokens.
        tools: tools that it calls.
        scores: of its tokens.
        finish: why it ended, in the server's word; None while it has not.
        said_no: whether the server calls it a refusal.
        first: when its first part arrived, seconds since the request; None where that is not known.
        last: when its last part arrived.
    """

    chars: int = 0
    pieces: int = 0
    tools: set[Any] = field(default_factory=set)
    scores: TokenScores = field(default_factory=TokenScores)
    finish: Any = None
    said_no: bool = False
    first: float | None = None
    last: float | None = None
    _blank: bool = True
    _said: list[str] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(self._said)

    @property
    def finish_reason(self) -> str:
        """Why it ended, one of `FINISH_REASONS`."""
        return finish_reason_of(self.finish)

    @property
    def kind(self) -> str:
        """What it is, one of `GENERATION_KINDS`."""
        if self.said_no or self.finish_reason == "content_filter":
            return "refusal"
        if self.tools:
            return "tool_calls"
        if self._blank:
            return "empty"
        return "refusal" if declines(self._head) else "text"

    @property
    def _head(self) -> str:
        head = ""
        for part in self._said:
            if len(head) >= HEAD_CHARS:
                break
            head += part[:HEAD_CHARS]
        return head

    def add(self, part: Mapping[str, Any], moment: float | None) -> None:
        """Take in a choice of a body, or its part in an event that arrived at *moment*."""
        message = part.get("delta") or part.get("message")
        message = message if isinstance(message, dict) else {"content": part.get("text")}
        self.scores.add(part.get("logprobs"))
        if part.get("finish_reason") is not None:
            self.finish = part["finish_reason"]
        generated = self._text(message.get("content"))
        generated |= any(bool(message.get(name)) for name in _REASONING)
        generated |= self._refusal(message.get("refusal"))
        generated |= self._calls(message)
        if generated:
            self.pieces += 1
            self.last = moment
            self.first = moment if self.first is None else self.first

    def _text(self, content: Any) -> bool:
        text = content if isinstance(content, str) else ""
        self.chars += len(text)
        self._blank = self._blank and not text.strip()
        if text:
            self._said.append(text)
        return bool(text)

    def _refusal(self, refusal: Any) -> bool:
        if not isinstance(refusal, str) or not refusal:
            return False
        self.said_no = True
        self.chars += len(refusal)
        self._said.append(refusal)
        return True

    def _calls(self, message: Mapping[str, Any]) -> bool:
        calls = message.get("tool_calls")
        calls = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
        for place, call in enumerate(calls):
            index = call.get("index", place)  # in a stream the parts of one call share their index
            self.tools.add(index if isinstance(index, int) else place)
        if isinstance(message.get("function_call"), dict):
            self.tools.add("function_call")
            return True
        return bool(calls)


@dataclass(slots=True)
class Answer:
    """All that a response says.

    Attributes:
        choices: by index.
        usage: tokens as the server counted them, the latest that it said.
        metrics: the server's own durations (vLLM), the latest that it said.
        model: the model's name.
        error: what went wrong in the middle of a stream; None for nothing.
        done: whether a stream said that it is at its end.
    """

    choices: dict[int, Choice] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    error: Any = None
    done: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing is missing: a stream may leave `[DONE]` out when every choice has ended."""
        ended = bool(self.choices) and all(choice.finish is not None for choice in self.choices.values())
        return self.error is None and (self.done or ended)

    def add(self, body: Mapping[str, Any], moment: float | None, most_choices: int) -> None:
        """Take in a body, or an event that arrived at *moment*."""
        if isinstance(body.get("model"), str):
            self.model = self.model or body["model"]
        for name in ("usage", "metrics"):
            if isinstance(body.get(name), dict):
                setattr(self, name, body[name])
        if body.get("error") is not None:
            self.error = body["error"]
        choices = body.get("choices")
        for place, part in enumerate(choices if isinstance(choices, list) else ()):
            if isinstance(part, dict):
                index = part.get("index", place)
                index = index if isinstance(index, int) else place
                if index in self.choices or len(self.choices) < most_choices:
                    self.choices.setdefault(index, Choice()).add(part, moment)
