"""Series that every model has: traffic, freshness, schema violations, and where its reference comes from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from driftgauge import names
from driftgauge.expose.block import KEPT, Block, Reader, Scope, evaluation, reference
from driftgauge.expose.family import histogram_prefixes, histogram_values
from driftgauge.expose.shape import Shape
from driftgauge.model import LATENCY_BUCKETS, QUANTILES, ModelView

__all__ = ["traffic_blocks"]


def traffic_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of what is known without an evaluation, and of the latency quantiles."""
    yield scope.single(names.REQUESTS, lambda view: view.counters.requests)
    yield scope.single(names.PREDICTIONS, lambda view: view.counters.predictions)
    yield scope.block(names.REQUEST_FAILURES, [(reason,) for reason in shape.failures], _failures(shape.failures))
    yield scope.block(names.LATE_OBSERVATIONS, [(reason,) for reason in shape.late], _late(shape.late))
    yield _duration(scope)
    yield scope.single(names.LAST_OBSERVATION, lambda view: _or_nan(view.counters.last_observation))
    violations = shape.violations
    yield scope.block(
        names.SCHEMA_VIOLATIONS,
        violations,
        lambda view: [view.counters.violations.get(key, 0) for key in violations],
        "quality",
    )
    quantiles = [(window, str(level)) for window in shape.windows for level in QUANTILES]
    if quantiles:
        yield scope.block(names.LATENCY_QUANTILE, quantiles, lambda view: evaluation(view).latency)
    yield scope.block(names.LATENCY_THRESHOLD, [("warning",), ("critical",)], _latency_thresholds)
    yield from _reference_blocks(scope, shape)


def _reference_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    if shape.learning:
        yield scope.single(names.LEARNING_ROWS, lambda view: view.learned_rows[0])
        yield scope.single(names.LEARNING_WANTED_ROWS, lambda view: view.learned_rows[1])
    if shape.digest:
        yield scope.single(names.REFERENCE_INFO, lambda _: 1, (shape.digest, shape.mode))
        yield scope.single(names.REFERENCE_SAMPLES, lambda view: reference(view).rows)
        yield scope.single(names.REFERENCE_CREATED, lambda view: reference(view).provenance.created)
        yield scope.single(names.REFERENCE_MISMATCH, _mismatch)


def _mismatch(view: ModelView) -> int:
    about = reference(view).provenance
    given = ((about.model, view.name), (about.version, view.version))
    return int(any(wanted and wanted != own for wanted, own in given))


def _duration(scope: Scope) -> Block:
    return Block(
        names.REQUEST_DURATION,
        KEPT,
        histogram_prefixes(names.REQUEST_DURATION, scope.pairs, LATENCY_BUCKETS),
        lambda view: histogram_values(view.counters.latency_counts, view.counters.latency_sum),
    )


def _failures(reasons: tuple[str, ...]) -> Reader:
    return lambda view: [view.counters.failures.get(reason, 0) for reason in reasons]


def _late(reasons: tuple[str, ...]) -> Reader:
    return lambda view: [view.counters.late.get(reason, 0) for reason in reasons]


def _latency_thresholds(view: ModelView) -> list[float]:
    latency = view.settings.latency
    return [_or_nan(latency.warn_seconds), _or_nan(latency.alert_seconds)]


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
