"""Series of a language model: tokens, answers, time to the first token and between tokens.

A model has them from its first generation on, all reasons and kinds at 0; other models never have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from driftgauge import names
from driftgauge.expose.block import KEPT, Block, Scope
from driftgauge.expose.family import histogram_prefixes, histogram_values
from driftgauge.generations import FINISH_REASONS, GENERATION_KINDS, TOKEN_KINDS
from driftgauge.model import FIRST_TOKEN_BUCKETS, OUTPUT_TOKEN_BUCKETS, Durations, GenerationCounts, ModelView
from driftgauge.names import Metric

__all__ = ["generation_blocks"]


def generation_blocks(scope: Scope) -> Iterator[Block]:
    """Yield the blocks of a model that generates."""
    yield _counted(scope, names.TOKENS, TOKEN_KINDS, lambda counts: counts.tokens)
    yield _counted(scope, names.GENERATIONS, GENERATION_KINDS, lambda counts: counts.kinds)
    yield _counted(scope, names.FINISH_REASONS, FINISH_REASONS, lambda counts: counts.finish_reasons)
    yield _histogram(scope, names.TIME_TO_FIRST_TOKEN, FIRST_TOKEN_BUCKETS, lambda counts: counts.first_token)
    yield _histogram(scope, names.TIME_PER_OUTPUT_TOKEN, OUTPUT_TOKEN_BUCKETS, lambda counts: counts.output_token)


def _counted(
    scope: Scope, metric: Metric, labels: Sequence[str], of: Callable[[GenerationCounts], Mapping[str, int]]
) -> Block:
    def read(view: ModelView) -> list[int]:
        counts = of(_counts(view))
        return [counts.get(label, 0) for label in labels]

    return scope.block(metric, [(label,) for label in labels], read)


def _histogram(
    scope: Scope, metric: Metric, bounds: tuple[float, ...], of: Callable[[GenerationCounts], Durations]
) -> Block:
    prefixes = histogram_prefixes(metric, scope.pairs, bounds)
    return Block(
        metric, KEPT, prefixes, lambda view: histogram_values(of(_counts(view)).counts, of(_counts(view)).total)
    )


def _counts(view: ModelView) -> GenerationCounts:
    """Return the counts of a view whose shape says that it has some."""
    assert view.counters.generations is not None
    return view.counters.generations
