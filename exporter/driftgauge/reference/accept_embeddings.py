"""Mean embeddings of a window that is accepted, and of added profiles: sums add, the map stays, the covariance is told anew.

Exact: the mean, the rows, tr S. A window's tr S^2 and tr S^3 are told by a part of its features (`drift.mean_change`). Of a mixture of two data sets,
whose covariance is a S + b R + a b d d^T with d the distance of the means, the norms of the parts bound them (the triangle inequality in the
norms of Frobenius and, of third order, Schatten): never too small, so evidence errs towards silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from driftgauge.derive import Embedder
from driftgauge.drift.mean_change import FeatureSums, traces_of
from driftgauge.profile import EMBEDDING, Reference, sketch_name
from driftgauge.sketch import MeanVector, Sketch

__all__ = ["AcceptedEmbeddings", "accept_embeddings", "of_both"]


@dataclass(frozen=True, slots=True)
class AcceptedEmbeddings:
    """What becomes of the embeddings.

    Attributes:
        sketches: new ones by `sketch_name`.
        embedders: the old maps, those of the new sketches with other moments.
    """

    sketches: Mapping[str, Sketch] = field(default_factory=dict)
    embedders: Mapping[str, Embedder] = field(default_factory=dict)


def accept_embeddings(
    old: Reference, found: Mapping[str, FeatureSums], *, weight: float, least_rows: int
) -> AcceptedEmbeddings:
    """Make a window's sums, and those of *old* times *weight*, the reference's.

    An embedding of which the window has fewer than *least_rows* vectors stays as it was.
    """
    sketches: dict[str, Sketch] = {}
    embedders = dict(old.profile.spec.embedders)
    for name, window in found.items():
        embedder, known = embedders[name], old.sketches.get(sketch_name(EMBEDDING, name))
        traces = traces_of([window], embedder.corrections)
        if int(window.mean.rows[0]) < least_rows or traces is None:
            continue
        told, mean = embedder.with_traces(traces[1], traces[2]), window.mean
        if weight and isinstance(known, MeanVector):
            before = _weighted(known, weight)
            told, mean = of_both(embedder, before, told, mean), before.merge(mean)
        embedders[name] = told
        sketches[sketch_name(EMBEDDING, name)] = mean
    return AcceptedEmbeddings(sketches, embedders)


def of_both(old: Embedder, before: MeanVector, new: Embedder, now: MeanVector) -> Embedder:
    """Return the map *old* with bounds of the moments of both data sets together; the two have the same map."""
    rows = int(before.rows[0]), int(now.rows[0])
    if not all(rows):
        return old if rows[0] else old.with_traces(new.square, new.cube)
    share = rows[0] / sum(rows)
    apart = share * (1 - share) * float(np.square(before.mean - now.mean).sum())
    total = 1 - float(np.square(before.merge(now).mean).sum())
    square = (share * old.square**0.5 + (1 - share) * new.square**0.5 + apart) ** 2
    cube = (share * old.cube ** (1 / 3) + (1 - share) * new.cube ** (1 / 3) + apart) ** 3
    square = min(square, total**2)
    return old.with_traces(square, min(cube, square**1.5))


def _weighted(sums: MeanVector, weight: float) -> MeanVector:
    """Return *weight* times sums; rows are rounded."""
    return replace(sums, rows=np.rint(sums.rows * weight).astype(np.int64), sums=sums.sums * weight)
