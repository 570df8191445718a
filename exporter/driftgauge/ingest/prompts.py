"""Prompts: what a request to a language model asks, as numbers; its text is measured and dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from driftgauge.errors import DecodeError
from driftgauge.ingest.excerpt import excerpt
from driftgauge.ingest.facts import name_of
from driftgauge.ingest.parse import parse

__all__ = ["Prompt", "read_prompt"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request.

    Attributes:
        model: the model's name; None where the request names none.
        chars: characters of each prompt; None where prompts are token ids.
        messages: of a chat; None for others.
        tools: that the model may call; None where calls are no matter.
        answers: wanted for each prompt.
    """

    model: str | None
    chars: tuple[int | None, ...]
    messages: int | None = None
    tools: int | None = None
    answers: int = 1

    def chars_of(self, answer: int) -> int | None:
        """Return the characters of the prompt that an answer is about; answers come prompt by prompt."""
        place = answer // self.answers
        return self.chars[place] if 0 <= place < len(self.chars) else None


def read_prompt(body: bytes) -> Prompt:
    """Read a request's body; raise `DecodeError` when it is no JSON object."""
    value = parse(body)
    if not isinstance(value, dict):
        raise DecodeError("structure", f"expected a request (an object), got {excerpt(value)}")
    model = name_of(value.get("model"), "model")
    wanted = value.get("n")
    answers = wanted if isinstance(wanted, int) and not isinstance(wanted, bool) and wanted > 0 else 1
    messages = value.get("messages")
    if isinstance(messages, list):
        tools = value.get("tools") or value.get("functions")
        chars = sum(_chars_of_message(message) for message in messages)
        return Prompt(model, (chars,), len(messages), len(tools) if isinstance(tools, list) else 0, answers)
    return Prompt(model, _chars_of_prompts(value), answers=answers)


def _chars_of_message(message: Any) -> int:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return len(content)
    texts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return sum(len(text) for text in texts if isinstance(text, str))


def _chars_of_prompts(value: Mapping[str, Any]) -> tuple[int | None, ...]:
    """Return the length of each prompt or input: a text, a list of texts, token ids, or a list of lists of those."""
    prompts = value.get("prompt", value.get("input"))
    if not isinstance(prompts, list):
        prompts = [prompts]
    elif prompts and all(isinstance(token, int) for token in prompts):
        return (None,)
    return tuple(len(text) if isinstance(text, str) else None for text in prompts)
