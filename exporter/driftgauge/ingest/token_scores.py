"""Token log-probabilities: their mean and least, the entropy over the alternatives, perplexity.

Both forms that servers send: `content: [{logprob, top_logprobs: [{logprob}]}]` of chat, and the parallel lists
`token_logprobs`, `top_logprobs: [{token: logprob}]` of completions. Entropies are in bits, over the alternatives that
were sent with the rest of the probability as one more outcome, so they are lower bounds of the true ones, exact to what
the rest hides. What is no number is left out. Memory: six numbers an answer. Time: about 0.3 us a log-probability.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["TokenScores"]

#: what servers send for a probability of zero, which JSON cannot say
_LEAST = -9999.0
#: e to more than this is no float64
_MOST_EXPONENT = 700.0


@dataclass(slots=True)
class TokenScores:
    """Running sums over the tokens of one answer.

    >>> scores = TokenScores()
    >>> scores.add({"content": [{"logprob": -1.0}, {"logprob": -3.0, "top_logprobs": [{"logprob": -0.5}]}]})
    >>> scores.mean, scores.least, scores.tokens
    (-2.0, -3.0, 2)
    """

    tokens: int = 0
    total: float = 0.0
    least: float | None = None
    entropies: int = 0
    entropy_total: float = 0.0

    @property
    def mean(self) -> float | None:
        """Mean log-probability of the tokens, natural; None without any."""
        return self.total / self.tokens if self.tokens else None

    @property
    def perplexity(self) -> float | None:
        """The exponential of minus the mean log-probability; None without any."""
        return None if self.mean is None else math.exp(min(-self.mean, _MOST_EXPONENT))

    @property
    def entropy(self) -> float | None:
        """Mean entropy in bits; None where no alternatives were sent."""
        return self.entropy_total / self.entropies if self.entropies else None

    def add(self, logprobs: Any) -> None:
        """Take in the `logprobs` of a choice, or of a part of it."""
        if not isinstance(logprobs, dict):
            return
        for value, alternatives in _pairs(logprobs):
            self._add(value, alternatives)

    def _add(self, value: float | None, alternatives: Iterable[Any]) -> None:
        if value is not None:
            self.tokens += 1
            self.total += value
            self.least = value if self.least is None else min(self.least, value)
        known = [number for alternative in alternatives if (number := _number(alternative)) is not None]
        if known:
            self.entropies += 1
            self.entropy_total += _entropy(known)


def _pairs(logprobs: dict[str, Any]) -> Iterator[tuple[float | None, Iterable[Any]]]:
    """Yield each token's log-probability with those of its alternatives."""
    for form in ("content", "refusal"):  # a refusal's tokens are tokens all the same
        for entry in _list(logprobs.get(form)):
            if isinstance(entry, dict):
                tops = _list(entry.get("top_logprobs"))
                yield _number(entry.get("logprob")), [top.get("logprob") for top in tops if isinstance(top, dict)]
    values, tops = _list(logprobs.get("token_logprobs")), _list(logprobs.get("top_logprobs"))
    for place, value in enumerate(values):
        top = tops[place] if place < len(tops) else None
        yield _number(value), list(top.values()) if isinstance(top, dict) else ()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    """Return a log-probability; those above zero are rounding."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(min(max(value, _LEAST), 0.0))


def _entropy(logprobs: list[float]) -> float:
    probabilities = [math.exp(value) for value in logprobs]
    rest = 1.0 - sum(probabilities)
    if rest > 0:
        probabilities.append(rest)
    return -sum(p * math.log2(p) for p in probabilities if p > 0)
