"""Chats: made-up traffic of a language model, which becomes less sure and refuses more from a time on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from driftgauge.batch import Batch, Categories, Column, Requests
from driftgauge.generations import Generations

__all__ = ["Chats"]

_ENDS = ("stop", "length")
_FLAGS = ("false", "true")


@dataclass(frozen=True, slots=True)
class Chats:
    """Traffic: *rate* chats a step; worse from *worse* on (seconds since 1970)."""

    rate: int
    worse: float
    seed: int = 0

    def __call__(self, start: float, end: float) -> Batch:
        """Return the chats between two times, which lie a step apart."""
        assert start < end
        random = np.random.default_rng([self.seed, int(start)])
        rows, bad = self.rate, start >= self.worse
        prompt, completion = random.lognormal(5.0, 0.6, rows).round(), random.lognormal(4.0, 0.7, rows).round() + 1
        sure = -random.gamma(4.0, 0.15 if bad else 0.08, rows)
        cut, refused = random.random(rows) < 0.08, random.random(rows) < (0.12 if bad else 0.01)
        first, gap = random.lognormal(-1.2, 0.5, rows), random.lognormal(-3.6, 0.3, rows)
        outputs: dict[str, Column] = {
            "llm.finish_reason": Categories(cut.astype(np.int32), _ENDS),
            "llm.refusal": Categories(refused.astype(np.int32), _FLAGS),
            "llm.completion_tokens": completion,
            "llm.mean_logprob": sure,
            "llm.perplexity": np.exp(-sure),
            "llm.entropy_bits": -2.2 * sure,
        }
        generations = Generations(
            {"prompt": int(prompt.sum()), "completion": int(completion.sum())},
            {"length": int(cut.sum()), "stop": int((~cut).sum())},
            {"refusal": int(refused.sum()), "text": int((~refused).sum())},
            first,
            gap,
        )
        requests = Requests(rows, first + gap * completion, {"cancelled": 1}, generations=generations)
        return Batch(rows, inputs={"llm.prompt_tokens": prompt}, outputs=outputs, requests=requests)
