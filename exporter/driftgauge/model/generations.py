"""Totals of a language model: tokens, answers by finish reason and kind, and histograms of its two durations.

The bucket edges are vLLM's own (`vllm:time_to_first_token_seconds`, `vllm:time_per_output_token_seconds`), so that one
panel can hold what the server says and what its callers saw. Memory: 43 buckets and 14 counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Floats
from driftgauge.generations import Generations

__all__ = ["FIRST_TOKEN_BUCKETS", "OUTPUT_TOKEN_BUCKETS", "Durations", "GenerationCounts", "GenerationTally"]

#: upper bounds in seconds; vLLM, vllm/v1/metrics/loggers.py
FIRST_TOKEN_BUCKETS = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75),
    *(1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0),
)
#: upper bounds in seconds; the same
OUTPUT_TOKEN_BUCKETS = (
    *(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75),
    *(1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0),
)


@dataclass(frozen=True, slots=True)
class Durations:
    """Durations per bucket and beyond, not cumulative, and their sum in seconds."""

    counts: NDArray[np.int64]
    total: float


@dataclass(frozen=True, slots=True)
class GenerationCounts:
    """What a language model has generated since it was registered; see `Generations`."""

    tokens: Mapping[str, int]
    finish_reasons: Mapping[str, int]
    kinds: Mapping[str, int]
    first_token: Durations
    output_token: Durations


class GenerationTally:
    """Counts that only grow."""

    def __init__(self) -> None:
        self._tokens: Counter[str] = Counter()
        self._finish_reasons: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._first = _Buckets(FIRST_TOKEN_BUCKETS)
        self._output = _Buckets(OUTPUT_TOKEN_BUCKETS)

    def observe(self, generations: Generations) -> None:
        """Count the generations of a batch."""
        self._tokens.update(generations.tokens)
        self._finish_reasons.update(generations.finish_reasons)
        self._kinds.update(generations.kinds)
        self._first.observe(generations.first_token_seconds)
        self._output.observe(generations.output_token_seconds)

    @property
    def counts(self) -> GenerationCounts:
        """A copy of the counts."""
        return GenerationCounts(
            dict(self._tokens),
            dict(self._finish_reasons),
            dict(self._kinds),
            self._first.durations,
            self._output.durations,
        )


class _Buckets:
    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = np.zeros(len(bounds) + 1, dtype=np.int64)
        self._total = 0.0

    def observe(self, seconds: Floats) -> None:
        known = seconds[np.isfinite(seconds)]
        place = np.searchsorted(self._bounds, known, side="left")  # `le` bounds are inclusive
        self._counts += np.bincount(place, minlength=len(self._counts))
        self._total += float(known.sum(dtype=np.float64))

    @property
    def durations(self) -> Durations:
        return Durations(self._counts.copy(), self._total)
