"""Generated: answers of a language model as rows, and as the counts of `Generations`.

Inputs: `llm.prompt_tokens`, `llm.prompt_chars`, of a chat `llm.messages`, `llm.tools`. Outputs: `llm.finish_reason`,
`llm.refusal`, `llm.empty`, `llm.completion_tokens`, `llm.completion_chars`, `llm.tool_calls`; with log-probabilities
`llm.mean_logprob`, `llm.min_logprob`, `llm.perplexity`, and with alternatives `llm.entropy_bits`; where it was measured
`llm.time_to_first_token_seconds`, `llm.time_per_output_token_seconds`. What a call does not tell is missing, never guessed.

The texts `llm.prompt` and `llm.completion` go with the rows, for a reference that counts their words; others let them go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftgauge.batch import Batch, Column, Requests, column_of
from driftgauge.generations import Generations
from driftgauge.ingest.answers import Answer, Choice
from driftgauge.ingest.prompts import Prompt
from driftgauge.ingest.result import Decoded

__all__ = ["Call", "columns_of", "durations", "generated", "tokens_of", "unanswered"]

#: more tokens than any model can take or give in one call
_MOST_TOKENS = 2**31


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call beside its response: its prompt, and how long it took in seconds."""

    prompt: Prompt
    seconds: float | None


def generated(call: Call, answer: Answer, *, streamed: bool) -> Decoded:
    """Return the rows of a response that came to its end."""
    choices = sorted(answer.choices.items()) or [(0, Choice())]
    tokens = _tokens(answer, [choice for _, choice in choices])
    first = _first_token(answer, [choice for _, choice in choices], streamed=streamed)
    rows = [_row(answer, choice, alone=len(choices) == 1, streamed=streamed) for _, choice in choices]
    gaps = [row["llm.time_per_output_token_seconds"] for row in rows]
    for row in rows:
        row["llm.time_to_first_token_seconds"] = first
    generations = Generations(
        tokens,
        Counter(choice.finish_reason for _, choice in choices),
        Counter(choice.kind for _, choice in choices),
        durations([first]),
        durations(gaps),
    )
    batch = Batch(
        len(rows),
        inputs=_inputs(call.prompt, [index for index, _ in choices], tokens),
        outputs=columns_of(rows),
        texts={
            "llm.prompt": tuple(call.prompt.text_of(index) for index, _ in choices),
            "llm.completion": tuple(choice.text for _, choice in choices),
        },
        requests=Requests(1, durations([call.seconds]), generations=generations),
    )
    return Decoded(batch, accepted=batch.rows, model=call.prompt.model or answer.model)


def unanswered(call: Call, reason: str, answer: Answer | None = None) -> Decoded:
    """Return the row of a call that failed: what was asked, no outputs, and the tokens that were spent on it."""
    answer = answer or Answer()
    tokens = _tokens(answer, list(answer.choices.values()))
    batch = Batch(
        1,
        inputs=_inputs(call.prompt, [0], tokens),
        texts={"llm.prompt": (call.prompt.text_of(0),)},
        failed=np.array([True]),
        requests=Requests(
            1, durations([call.seconds]), {reason: 1}, generations=Generations(tokens) if tokens else None
        ),
    )
    return Decoded(batch, accepted=1, model=call.prompt.model or answer.model)


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """Return a column for each name that some row has a value for."""
    names = dict.fromkeys(name for row in rows for name, value in row.items() if value is not None)
    return {name: column_of([row.get(name) for row in rows])[0] for name in names}


def durations(seconds: Sequence[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the known durations."""
    return np.array([value for value in seconds if value is not None], dtype=np.float64)


def tokens_of(usage: Mapping[str, Any], name: str) -> int | None:
    """Return a count of tokens; None where there is none, or none that can be."""
    value = usage.get(name)
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
    return value if known else None


def _tokens(answer: Answer, choices: Sequence[Choice]) -> dict[str, int]:
    """Return the tokens of the call: the server's count, else that of the log-probabilities."""
    completion = tokens_of(answer.usage, "completion_tokens")
    scored = sum(choice.scores.tokens for choice in choices)
    counts = {
        "prompt": tokens_of(answer.usage, "prompt_tokens"),
        "completion": completion if completion is not None else scored or None,
    }
    return {kind: count for kind, count in counts.items() if count is not None}


def _row(answer: Answer, choice: Choice, *, alone: bool, streamed: bool) -> dict[str, Any]:
    completion = tokens_of(answer.usage, "completion_tokens") if alone else None  # usage adds all answers up
    tokens = completion if completion is not None else choice.scores.tokens or None
    return {
        "llm.finish_reason": choice.finish_reason,
        "llm.refusal": choice.kind == "refusal",
        "llm.empty": choice.kind == "empty",
        "llm.completion_tokens": tokens,
        "llm.completion_chars": choice.chars,
        "llm.tool_calls": len(choice.tools),
        "llm.mean_logprob": choice.scores.mean,
        "llm.min_logprob": choice.scores.least,
        "llm.perplexity": choice.scores.perplexity,
        "llm.entropy_bits": choice.scores.entropy,
        "llm.time_per_output_token_seconds": _gap(choice, tokens) if streamed else _milliseconds(answer, "mean_itl_ms"),
    }


def _gap(choice: Choice, tokens: int | None) -> float | None:
    """Return the mean time between an answer's tokens; a stream that does not count them sends one a part, as a rule."""
    count = tokens or choice.pieces
    if count < 2 or choice.first is None or choice.last is None or choice.last <= choice.first:
        return None  # what arrives at once has no time between its tokens
    return (choice.last - choice.first) / (count - 1)


def _first_token(answer: Answer, choices: Sequence[Choice], *, streamed: bool) -> float | None:
    """Return when the first token arrived; the server's word where the whole answer arrived at once."""
    moments = [choice.first for choice in choices if choice.first is not None]
    if streamed and moments:
        return min(moments)
    return _milliseconds(answer, "time_to_first_token_ms")


def _milliseconds(answer: Answer, name: str) -> float | None:
    """Return one of the server's own durations in seconds."""
    value = answer.metrics.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        return None
    return value / 1000


def _inputs(prompt: Prompt, answers: Sequence[int], tokens: Mapping[str, int]) -> dict[str, Column]:
    """Return the inputs of each answer's prompt; the server's count is of all prompts together."""
    rows = [
        {
            "llm.prompt_tokens": tokens.get("prompt") if len(prompt.chars) == 1 else None,
            "llm.prompt_chars": prompt.chars_of(answer),
            "llm.messages": prompt.messages,
            "llm.tools": prompt.tools,
        }
        for answer in answers
    ]
    return columns_of(rows)
