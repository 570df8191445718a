"""Histograms of one column for the JSON API: reference and current side by side, in the column's own units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.expose.values import finite, finite_all
from driftgauge.profile import Profile

__all__ = ["histograms", "nameless"]

Json = dict[str, Any]


def histograms(reference: Profile, current: Profile, column: int) -> Json:
    """Return the counts of column number *column* (in the order of the schema) on both sides."""
    numeric = len(reference.spec.schema.numeric)
    if column < numeric:
        return _numeric(reference, current, column)
    return _categorical(reference, current, column - numeric)


def nameless(profile: Profile, column: int) -> bool:
    """Tell whether a column is categorical and none of its names is kept, as of identifiers and free text."""
    numeric = len(profile.spec.schema.numeric)
    return column >= numeric and not profile.spec.categories.names[column - numeric]


def _numeric(reference: Profile, current: Profile, row: int) -> Json:
    """`edges` are inner: bin i holds edges[i-1] < x <= edges[i], the outer bins are open."""
    spec = reference.spec.histogram
    own = len(spec.edges[row]) + 1

    def side(counts: NDArray[np.int64]) -> Json:
        return {"counts": counts[row, :own].tolist(), "missing": int(counts[row, -1])}

    return {
        "edges": finite_all(spec.edges[row]),
        "low": finite(spec.lows[row]),
        "high": finite(spec.highs[row]),
        "reference": side(reference.histogram.counts),
        "current": side(current.histogram.counts),
    }


def _categorical(reference: Profile, current: Profile, row: int) -> Json:
    names = reference.spec.categories.names[row]

    def side(profile: Profile) -> Json:
        counts = profile.categories.counts[row]
        return {
            "counts": counts[: len(names)].tolist(),
            "other": int(counts[-2]),
            "unseen": int(profile.categories.unseen[row]),
            "missing": int(counts[-1]),
        }

    return {"categories": list(names), "reference": side(reference), "current": side(current)}
