"""Told: what senders of the native API say of generations (`tokens_in`, `tokens_out`, `ttft_s`, `finish_reason`).

They become the same columns and counts as an observed call's (`generated`). The mean time between tokens follows from the
latency, the time to the first token and the number of tokens. Values that cannot be are counted as `wrong_type` and missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Column, column_of
from driftgauge.generations import Generations, finish_reason_of
from driftgauge.ingest.facts import TOLD, Violations, numbers_of

__all__ = ["Told", "told"]

_SPENT = {"prompt": "tokens_in", "completion": "tokens_out"}


@dataclass(frozen=True, slots=True)
class Told:
    """Columns and counts; nothing at all when the sender says nothing."""

    inputs: Mapping[str, Column] = field(default_factory=dict)
    outputs: Mapping[str, Column] = field(default_factory=dict)
    generations: Generations | None = None


def told(facts: Mapping[str, Any], violations: Violations) -> Told:
    """Return what *facts*, one value a row, say of generations."""
    if not any(name in facts for name in TOLD):
        return Told()
    numbers = {name: _numbers(name, facts[name], violations) for name in TOLD[:3] if name in facts}
    gaps = _gaps(numbers, facts.get("latency_s", ()))
    reasons = [finish_reason_of(value) for value in facts.get("finish_reason", ()) if value is not None]
    spent = {kind: int(np.nansum(numbers[name])) for kind, name in _SPENT.items() if name in numbers}
    columns: dict[str, Column | None] = {
        "llm.finish_reason": _words(facts["finish_reason"]) if reasons else None,
        "llm.completion_tokens": numbers.get("tokens_out"),
        "llm.time_to_first_token_seconds": numbers.get("ttft_s"),
        "llm.time_per_output_token_seconds": gaps,
    }
    outputs = {name: column for name, column in columns.items() if column is not None and _holds_something(column)}
    first = numbers.get("ttft_s", np.empty(0))
    generations = Generations(
        tokens=spent,
        finish_reasons=Counter(reasons),
        first_token_seconds=first[~np.isnan(first)],
        output_token_seconds=np.empty(0) if gaps is None else gaps[~np.isnan(gaps)],
    )
    inputs = {"llm.prompt_tokens": numbers["tokens_in"]} if "tokens_in" in numbers else {}
    return Told(inputs, outputs, generations)


def _words(values: Sequence[Any]) -> Column:
    return column_of([None if value is None else finish_reason_of(value) for value in values])[0]


def _holds_something(column: Column) -> bool:
    return not (isinstance(column, np.ndarray) and np.isnan(column).all())


def _numbers(name: str, values: Sequence[Any], violations: Violations) -> NDArray[np.float64]:
    """Return numbers of zero or more, NaN where there is none."""
    numbers, wrong = numbers_of(values)
    numbers = numbers.astype(np.float64)
    usable = np.isfinite(numbers) & (numbers >= 0) & (numbers < 2**53)
    violations[(name, "wrong_type")] += wrong + int(np.count_nonzero(~usable & ~np.isnan(numbers)))
    return np.where(usable, numbers, np.nan)


def _gaps(numbers: Mapping[str, NDArray[np.float64]], latency: Sequence[Any]) -> NDArray[np.float64] | None:
    """Return the mean time between tokens of each row; None where it follows for none."""
    if "tokens_out" not in numbers or "ttft_s" not in numbers or len(latency) != len(numbers["ttft_s"]):
        return None
    seconds = numbers_of(latency)[0].astype(np.float64)
    tokens, rest = numbers["tokens_out"], seconds - numbers["ttft_s"]
    known = (tokens >= 2) & (rest > 0) & np.isfinite(rest)
    gaps = np.full(len(tokens), np.nan)
    gaps[known] = rest[known] / (tokens[known] - 1)
    return gaps
