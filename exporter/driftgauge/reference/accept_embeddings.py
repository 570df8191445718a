"""Mean embeddings of a window that is accepted, and of added profiles: sums add, the covariance is told by a part of the features.

The feature map stays, so that what was summed against the old reference goes on being summed. Exact: the mean, the rows, tr S. Not exact:
tr S^2 and tr S^3 (`drift.mean_change`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from driftgauge.derive import Embedder
from driftgauge.drift.mean_change import FeatureSums, traces_of
from driftgauge.profile import EMBEDDING, SCATTER, Reference, sketch_name
from driftgauge.sketch import MeanVector, Scatter, Sketch

__all__ = ["AcceptedEmbeddings", "accept_embeddings", "recalibrated", "weighted"]

_S = TypeVar("_S", bound=Sketch)


@dataclass(frozen=True, slots=True)
class AcceptedEmbeddings:
    """What becomes of the embeddings.

    Attributes:
        sketches: new ones by `sketch_name`.
        embedders: the old maps, those of the new sketches with other moments.
        kept: embeddings whose sums stay those of the old reference.
    """

    sketches: Mapping[str, Sketch] = field(default_factory=dict)
    embedders: Mapping[str, Embedder] = field(default_factory=dict)
    kept: tuple[str, ...] = ()


def accept_embeddings(
    old: Reference, found: Mapping[str, FeatureSums], *, weight: float, least_rows: int
) -> AcceptedEmbeddings:
    """Make a window's sums, and those of *old* times *weight*, the reference's.

    An embedding of which the window has fewer than *least_rows* vectors stays as it was.
    """
    sketches: dict[str, Sketch] = {}
    embedders, kept = dict(old.profile.spec.embedders), []
    for name, window in found.items():
        embedder, sums = embedders[name], _with_old(old, name, window, weight)
        traces = traces_of([sums], embedder.corrections)
        if int(window.mean.rows[0]) < least_rows or traces is None:
            kept.append(name)
            continue
        sketches[sketch_name(EMBEDDING, name)] = sums.mean
        sketches[sketch_name(SCATTER, name)] = sums.scatter.short
        embedders[name] = embedder.with_traces(traces[1], traces[2])
    return AcceptedEmbeddings(sketches, embedders, tuple(kept))


def recalibrated(embedders: Mapping[str, Embedder], sketches: Mapping[str, Sketch]) -> dict[str, Embedder]:
    """Return the maps with the moments that *sketches* tell; what has none there stays."""
    found = dict(embedders)
    for name, embedder in embedders.items():
        mean, scatter = (sketches.get(sketch_name(kind, name)) for kind in (EMBEDDING, SCATTER))
        if isinstance(mean, MeanVector) and isinstance(scatter, Scatter):
            traces = traces_of([FeatureSums(mean, scatter)], embedder.corrections)
            found[name] = embedder if traces is None else embedder.with_traces(traces[1], traces[2])
    return found


def _with_old(old: Reference, name: str, window: FeatureSums, weight: float) -> FeatureSums:
    mean, scatter = window.mean, window.scatter
    known, spread = (old.sketches.get(sketch_name(kind, name)) for kind in (EMBEDDING, SCATTER))
    if weight and isinstance(known, MeanVector):
        mean = weighted(known, weight).merge(mean)
    if weight and isinstance(spread, Scatter):
        scatter = weighted(spread, weight).merge(scatter)
    return FeatureSums(mean, scatter)


def weighted(sketch: _S, weight: float) -> _S:
    """Return *weight* times a sketch; rows are rounded."""
    arrays = {
        part: np.rint(array * weight).astype(np.int64) if array.dtype == np.int64 else array * weight
        for part, array in sketch.arrays.items()
    }
    found: _S = sketch.spec.holding(arrays)
    return found
