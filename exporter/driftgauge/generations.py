"""Generations: what language models generated, as numbers; their text is not here and nowhere else.

Additive like every other fact of requests: `merge` adds counts and joins durations. The values of labels are bounded:
`TOKEN_KINDS`, `GENERATION_KINDS`, `FINISH_REASONS`; what a server calls otherwise becomes one of them (`finish_reason_of`).

Memory: two numbers a request, and some twenty counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FINISH_REASONS", "GENERATION_KINDS", "TOKEN_KINDS", "Generations", "finish_reason_of", "joined"]

#: tokens of the prompt and of the answer, as `usage` names them
TOKEN_KINDS = ("prompt", "completion")

#: what an answer is; each is one of these
GENERATION_KINDS = ("text", "tool_calls", "refusal", "empty")

#: why generating ended; `unknown` where the server did not say so, `other` for reasons that are in no list
FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter", "abort", "error", "other", "unknown")

_SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "function_call": "tool_calls",  # before there were tools
        "tool_use": "tool_calls",
        "eos": "stop",
        "eos_token": "stop",
        "end_turn": "stop",
        "stop_sequence": "stop",
        "max_tokens": "length",
        "cancelled": "abort",
        "canceled": "abort",
        "safety": "content_filter",
        "refusal": "content_filter",
    }
)


def finish_reason_of(value: Any) -> str:
    """Return the finish reason that a server's word stands for.

    >>> finish_reason_of("length"), finish_reason_of("function_call"), finish_reason_of(None), finish_reason_of("bored")
    ('length', 'tool_calls', 'unknown', 'other')
    """
    if value is None or value == "":
        return "unknown"
    word = value.strip().lower()[:32] if isinstance(value, str) else "other"
    word = _SYNONYMS.get(word, word)
    return word if word in FINISH_REASONS else "other"


@dataclass(frozen=True, slots=True)
class Generations:
    """What some requests to a language model generated.

    Attributes:
        tokens: by kind, as far as they are known.
        finish_reasons: answers by the reason for which they ended.
        kinds: answers by what they are.
        first_token_seconds: from a request to its first token, of the requests where that is known.
        output_token_seconds: mean time between the tokens of an answer, of the answers where that is known.

    >>> one = Generations(tokens={"completion": 3})
    >>> one.merge(one).tokens["completion"]
    6
    """

    tokens: Mapping[str, int] = field(default_factory=dict)
    finish_reasons: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    first_token_seconds: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    output_token_seconds: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def merge(self, other: Generations) -> Generations:
        """Return the generations of both."""
        return Generations(
            _added(self.tokens, other.tokens),
            _added(self.finish_reasons, other.finish_reasons),
            _added(self.kinds, other.kinds),
            np.concatenate([self.first_token_seconds, other.first_token_seconds]),
            np.concatenate([self.output_token_seconds, other.output_token_seconds]),
        )


def joined(parts: Iterable[Generations | None]) -> Generations | None:
    """Return the generations of all *parts*; None when none has any."""
    known = [part for part in parts if part is not None]
    return reduce(Generations.merge, known) if known else None


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    total = Counter(one)
    total.update(other)
    return dict(total)
