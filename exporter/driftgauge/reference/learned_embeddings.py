"""Embeddings learned from traffic: a uniform sample of the vectors, from which the feature map comes, and the sums under it.

A map is needed before anything can be summed, and needs the vectors to be made, so the reference's mean embedding is that of the sample:
everything where no more rows are learned than it holds, else a noise floor as of as many rows. Vectors of another width than the first are left
out, as everywhere. The first eight embeddings that come are learned, so that names that go on coming cost nothing.

Memory of an embedding: between 5,000 and 10,000 vectors in float32, or 16 to 32 MB of them; some 150 MB more while the maps are made of 768 dimensions,
where it takes half a second; released when the reference is finished.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from driftgauge.batch import Batch
from driftgauge.derive import Embedder
from driftgauge.derive.embedding import embedding_columns, scale_of
from driftgauge.profile.schema import INPUT
from driftgauge.reference.embeddings import VECTORS, SketchTotals, VectorSample, survey_embeddings
from driftgauge.reference.survey import Survey
from driftgauge.sketch import Sketch

__all__ = ["LearnedEmbeddings", "LearnedVectors"]

#: numbers of an embedding that are held
_NUMBERS = 4 * 2**20
#: embeddings at most, and names of further ones that are told apart
_EMBEDDINGS, _LEFT_OUT = 8, 1_000


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
    _left_out: set[str] = field(default_factory=set)
    _rows: int = 0

    def add(self, batch: Batch) -> None:
        """Take a batch in; rows without a vector only count."""
        if batch.inputs or batch.vectors:
            self._rows += batch.rows
        for name, vectors in batch.vectors.items():
            if name not in self._widths and len(self._widths) == _EMBEDDINGS:
                if len(self._left_out) < _LEFT_OUT:
                    self._left_out.add(name)
                continue
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
        found, batch = survey_embeddings(survey, self._sample), self._sample.batch()
        # Those whose columns were too many for the survey are judged by nothing.
        embedders = {
            name: embedder for name, embedder in found.items() if (INPUT, embedding_columns(name)[0]) in survey.columns
        }
        totals = SketchTotals(embedders)
        totals.add(batch)
        held = self._sample.counts
        return LearnedEmbeddings(
            embedders,
            totals.sketches,
            {name: round(held[name] * self._rows / self._seen[name]) for name in embedders},
            (*self._notes(embedders, held), *self._left()),
        )

    def _notes(self, embedders: Mapping[str, Embedder], held: Mapping[str, int]) -> Iterator[str]:
        for name in embedders:
            if held[name] < self._seen[name]:
                yield f"embedding {name!r}: learned from {held[name]:,} of {self._seen[name]:,} vectors, evenly chosen"

    def _left(self) -> Iterator[str]:
        if self._left_out:
            more = " or more" if len(self._left_out) == _LEFT_OUT else ""
            yield f"{len(self._left_out):,}{more} embeddings beyond the first {_EMBEDDINGS} were left out"
