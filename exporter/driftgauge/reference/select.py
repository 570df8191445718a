"""A reference without some of its columns."""

from __future__ import annotations

from collections.abc import Collection
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from driftgauge.derive import ANOMALY, RESIDUAL
from driftgauge.profile import ColumnSchema, Profile, ProfileSpec, Reference, Schema, Strata
from driftgauge.profile.segments import SegmentProfiles
from driftgauge.sketch import CategoryCounts, CategorySpec, Histogram, HistogramSpec

__all__ = ["without"]


def without(reference: Reference, ignored: Collection[str]) -> Reference:
    """Return *reference* without the input columns named *ignored*; the same object when it has none of them."""

    def stays(columns: tuple[ColumnSchema, ...]) -> NDArray[np.bool_]:
        return np.array([column.role != "input" or column.name not in ignored for column in columns], dtype=bool)

    old = reference.profile
    projection = old.spec.projection
    if projection is not None and not {*projection.columns, RESIDUAL}.isdisjoint(ignored):
        # The residual cannot be told without a column that it was learned with.
        ignored, projection = {*ignored, RESIDUAL}, None
    detector = old.spec.detector
    if detector is not None and not {*detector.standard.columns, ANOMALY}.isdisjoint(ignored):
        ignored, detector = {*ignored, ANOMALY}, None
    schema, numeric, categorical = old.spec.schema, stays(old.spec.schema.numeric), stays(old.spec.schema.categorical)
    if numeric.all() and categorical.all():
        return reference
    spec = ProfileSpec(
        Schema(tuple(compress(schema.columns, [*numeric, *categorical]))),
        _histogram_spec(old.spec.histogram, numeric),
        _category_spec(old.spec.categories, categorical),
        old.spec.latency,
        projection,
        old.spec.embedders,
        old.spec.texts,
        detector,
        old.spec.own_tokens,
    )
    histogram, categories = old.histogram, old.categories
    bins = spec.histogram.bins
    missing = np.s_[-1:]
    return Reference(
        Profile(
            spec,
            old.rows,
            Histogram(
                spec.histogram,
                np.hstack([histogram.counts[numeric, :bins], histogram.counts[numeric, missing]]),
                histogram.infinite[numeric],
                histogram.outside[numeric],
                histogram.sums[numeric, :bins],
                histogram.squares[numeric],
            ),
            CategoryCounts(
                spec.categories,
                np.hstack(
                    [
                        categories.counts[categorical, : spec.categories.width - 2],
                        categories.counts[categorical, -2:],
                    ]
                ),
                categories.unseen[categorical],
            ),
            old.latency,
        ),
        reference.provenance,
        {name: figures.take(np.append(numeric, categorical)) for name, figures in reference.calibration.items()},
        None if reference.strata is None else _strata(reference.strata, spec, numeric, categorical),
        reference.sketches,
        reference.outcomes,
        {name: _segments(known, spec, numeric, categorical) for name, known in reference.segments.items()},
    )


def _segments(
    known: SegmentProfiles, spec: ProfileSpec, numeric: NDArray[np.bool_], categorical: NDArray[np.bool_]
) -> SegmentProfiles:
    kept = _strata(Strata(known.numeric, known.categorical), spec, numeric, categorical)
    return SegmentProfiles(known.values, kept.numeric, kept.categorical)


def _strata(strata: Strata, spec: ProfileSpec, numeric: NDArray[np.bool_], categorical: NDArray[np.bool_]) -> Strata:
    return Strata(
        np.concatenate([strata.numeric[:, numeric, : spec.histogram.bins], strata.numeric[:, numeric, -1:]], axis=2),
        np.concatenate(
            [
                strata.categorical[:, categorical, : spec.categories.width - 2],
                strata.categorical[:, categorical, -2:],
            ],
            axis=2,
        ),
    )


def _histogram_spec(spec: HistogramSpec, stays: NDArray[np.bool_]) -> HistogramSpec:
    return HistogramSpec(
        tuple(compress(spec.edges, stays)),
        spec.centers[stays],
        spec.lows[stays],
        spec.highs[stays],
        int(np.count_nonzero(stays[: spec.narrow])),
    )


def _category_spec(spec: CategorySpec, stays: NDArray[np.bool_]) -> CategorySpec:
    return CategorySpec(
        tuple(compress(spec.names, stays)), tuple(compress(spec.tails, stays)), tuple(compress(spec.complete, stays))
    )
