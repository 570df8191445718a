"""Embeddings and tokens of reference data: the feature maps from a sample, then sums and counts of every row.

Every vector draws a key; the vectors with the smallest keys stay. Memory: 5,000 vectors of an embedding (15 MB at 768
dimensions); released when the reference is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from driftgauge.batch import Batch, Floats
from driftgauge.derive import Embedder, with_embedding_columns
from driftgauge.derive.embedding import WIDTH
from driftgauge.profile import EMBEDDING, TOKENS, sketch_name
from driftgauge.reference.survey import Survey
from driftgauge.sketch import MeanSpec, Sketch, TokenSpec

__all__ = ["SketchTotals", "VectorSample", "survey_embeddings"]

#: vectors of the sample: traces of their covariance are good to 2 %
VECTORS = 5_000


@dataclass(slots=True)
class VectorSample:
    """A uniform sample of the vectors of each embedding, and the names of the texts.

    Attributes:
        rng: draws the keys.
        texts: names of the texts that came.
        sizes: vectors at most, by embedding; else `VECTORS`.
    """

    rng: np.random.Generator
    texts: set[str] = field(default_factory=set)
    sizes: dict[str, int] = field(default_factory=dict)
    _vectors: dict[str, list[Floats]] = field(default_factory=dict)
    _keys: dict[str, list[Floats]] = field(default_factory=dict)

    def add(self, batch: Batch) -> None:
        """Take a batch in."""
        self.texts.update(batch.tokens)
        for name, vectors in batch.vectors.items():
            keys = self.rng.random(len(vectors))
            self._vectors.setdefault(name, []).append(vectors)
            self._keys.setdefault(name, []).append(keys)
            if sum(map(len, self._keys[name])) > 2 * self._size(name):
                self._shrink(name)

    @property
    def counts(self) -> dict[str, int]:
        """Vectors that are held, by embedding."""
        return {name: sum(map(len, keys)) for name, keys in self._keys.items()}

    def _size(self, name: str) -> int:
        return self.sizes.get(name, VECTORS)

    def _shrink(self, name: str) -> None:
        keys, size = np.concatenate(self._keys[name]), self._size(name)
        stay = np.sort(np.argpartition(keys, size)[:size])
        self._keys[name] = [keys[stay]]
        self._vectors[name] = [np.concatenate(self._vectors[name])[stay]]

    def embedders(self) -> dict[str, Embedder]:
        """Fit the feature map of every embedding that varies."""
        found = {name: Embedder.fit(np.concatenate(parts)) for name, parts in self._vectors.items()}
        return {name: embedder for name, embedder in found.items() if embedder is not None}

    def batch(self) -> Batch:
        """Return the sampled vectors as rows; embeddings that fewer rows have are missing in the others."""
        vectors = {name: np.concatenate(parts) for name, parts in self._vectors.items()}
        rows = max(map(len, vectors.values()), default=0)
        filled = {
            name: np.concatenate([found, np.full((rows - len(found), found.shape[1]), np.nan)])
            for name, found in vectors.items()
        }
        return Batch(rows, vectors=filled)


def survey_embeddings(survey: Survey, sample: VectorSample) -> dict[str, Embedder]:
    """Fit the maps and add norm and residual of the sampled vectors to the survey as columns."""
    embedders = sample.embedders()
    found = with_embedding_columns(sample.batch(), embedders)
    survey.add(Batch(found.rows, inputs=found.inputs))
    survey.rows -= found.rows
    for name in found.inputs:
        if (column := survey.columns.get(("input", name))) is not None:  # not one of too many
            # The sample's extremes are no bounds of the reference's.
            column.low, column.high = -np.inf, np.inf
    return embedders


class SketchTotals:
    """Counts tokens and sums features of every row.

    Args:
        embedders: feature maps by name of the embedding.
    """

    def __init__(self, embedders: Mapping[str, Embedder]) -> None:
        self._embedders = embedders
        self._sketches: dict[str, Sketch] = {}

    def add(self, batch: Batch) -> None:
        """Take a batch in."""
        for name, tokens in batch.tokens.items():
            self._merge(sketch_name(TOKENS, name), TokenSpec().of(tokens))
        for name, embedder in self._embedders.items():
            vectors = batch.vectors.get(name)
            if vectors is not None and vectors.shape[1] == embedder.dimensions:
                spec = MeanSpec(WIDTH, embedder.digest)
                self._merge(sketch_name(EMBEDDING, name), spec.of(embedder.features(vectors)))

    def _merge(self, name: str, sketch: Sketch) -> None:
        known = self._sketches.get(name)
        self._sketches[name] = sketch if known is None else known.merge(sketch)

    @property
    def sketches(self) -> dict[str, Sketch]:
        """What was counted, by `sketch_name`."""
        return dict(self._sketches)
