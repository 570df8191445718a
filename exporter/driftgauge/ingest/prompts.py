"""Prompts: what a request to a language model asks, as numbers; its text is measured, and dropped unless a reference counts its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from driftgauge.batch import Texts
from driftgauge.errors import DecodeError
from driftgauge.ingest.excerpt import excerpt
from driftgauge.ingest.facts import are_token_ids, name_of
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
        texts: the prompts themselves, all messages of a chat together; token ids as such.
    """

    model: str | None
    chars: tuple[int | None, ...]
    messages: int | None = None
    tools: int | None = None
    answers: int = 1
    texts: Texts = field(default=(), repr=False)

    def text_of(self, answer: int) -> str | Sequence[int] | None:
        """Return the prompt that an answer is about."""
        place = answer // self.answers
        return self.texts[place] if 0 <= place < len(self.texts) else None

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
        parts = [text for message in messages for text in _texts_of_message(message)]
        offered = len(tools) if isinstance(tools, list) else 0
        return Prompt(model, (sum(map(len, parts)),), len(messages), offered, answers, ("\n".join(parts),))
    texts = _texts_of_prompts(value)
    chars = tuple(len(text) if isinstance(text, str) else None for text in texts)
    return Prompt(model, chars, answers=answers, texts=texts)


def _texts_of_message(message: Any) -> list[str]:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return [content]
    texts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return [text for text in texts if isinstance(text, str)]


def _texts_of_prompts(value: Mapping[str, Any]) -> Texts:
    """Return each prompt or input: a text, a list of texts, token ids, or a list of lists of those; None for what is none."""
    prompts = value.get("prompt", value.get("input"))
    if not isinstance(prompts, list) or (prompts and are_token_ids(prompts)):
        prompts = [prompts]
    return tuple(text if isinstance(text, str) or are_token_ids(text) else None for text in prompts)
