"""Embeddings learned from traffic: a uniform sample of the vectors, from which the feature map comes, and the sums under it.

A map is needed before anything can be summed, and needs the vectors to be made, so the reference's mean embedding is that of the sample:
everything where no more rows are learned than it holds, else a noise floor as of as many rows. Vectors of another width than the first are left
out, as everywhere. Memory: 5,000 vectors in float32, or 16 MB of them (some three times that while the map is made); released when the reference is
finished.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from driftgauge.batch import Batch
from driftgauge.derive import Embedder
from driftgauge.derive.embedding import scale_of
from driftgauge.reference.embeddings import VECTORS, SketchTotals, VectorSample, survey_embeddings
from driftgauge.reference.survey import Survey
from driftgauge.sketch import Sketch

__all__ = ["LearnedEmbeddings", "LearnedVectors"]

#: numbers of an embedding that are held
_NUMBERS = 4 * 2**20


@dataclass(frozen=True, slots=True)
class LearnedEmbeddings:
    """What was learned.

    Attributes:
        embedders: feature maps by embedding.
        sketches: sums of the sample, by `sketch_name`.
        rows: how many rows the sample stands for, with those that have no vector, by embedding.
        notes: for people.
    """

    embedders: dict[str, Embedder] = field(default_factory=dict)
    sketches: dict[str, Sketch] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class LearnedVectors:
    """Samples the vectors of traffic, each embedding by its name."""

    _sample: VectorSample = field(default_factory=lambda: VectorSample(np.random.default_rng(0)))
    _widths: dict[str, int] = field(default_factory=dict)
    _seen: Counter[str] = field(default_factory=Counter)
    _rows: int = 0

    def add(self, batch: Batch) -> None:
        """Take a batch in; rows without a vector only count."""
        if batch.inputs or batch.vectors:
            self._rows += batch.rows
        for name, vectors in batch.vectors.items():
            width = self._widths.setdefault(name, vectors.shape[1])
            if vectors.shape[1] != width:
                continue
            with np.errstate(over="ignore"):  # what float32 cannot hold is no vector here either
                narrow = vectors.astype(np.float32)
            known = narrow[np.isfinite(narrow).all(axis=1)]
            self._seen[name] += len(known)
            self._sample.sizes[name] = max(min(VECTORS, _NUMBERS // width), 1)
            self._sample.add(Batch(len(known), vectors={name: known}))

    @property
    def any(self) -> bool:
        """Whether there are vectors from which a map can come."""
        return any(scale_of(vectors) is not None for vectors in self._sample.batch().vectors.values())

    def finish(self, survey: Survey) -> LearnedEmbeddings:
        """Make the maps, add norm and residual of the sampled vectors to the survey as columns, and sum the sample."""
        if not self._seen.total():
            return LearnedEmbeddings()
        embedders, batch = survey_embeddings(survey, self._sample), self._sample.batch()
        totals = SketchTotals(embedders)
        totals.add(batch)
        held = self._sample.counts
        return LearnedEmbeddings(
            embedders,
            totals.sketches,
            {name: round(held[name] * self._rows / self._seen[name]) for name in embedders},
            tuple(
                f"embedding {name!r}: learned from {held[name]:,} of {self._seen[name]:,} vectors, evenly chosen"
                for name in embedders
                if held[name] < self._seen[name]
            ),
        )
