"""Embeddings of a model's rows: features summed by time, and how far their mean has moved from the reference's.

    vectors of a minute -> stage -> random Fourier features -> ring -> windows -> distance, noise floor, evidence, status

The map is the reference's. Vectors wait in the stage because the features of 256 cost little more than those of one.

Memory: 564 slots of 2 KB for an embedding; the stage holds 256 vectors. Time: 1.4 us a vector of 128 dimensions, 4 to 6 us of 768;
5 and 8 us where each comes alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Floats
from driftgauge.derive.embedding import WIDTH, embedding_columns
from driftgauge.drift import Hysteresis, Rule
from driftgauge.drift.mmd import MMD_ALERT, MMD_WARN, mean_discrepancy
from driftgauge.model.timeline import SLOT_SECONDS
from driftgauge.profile import EMBEDDING, WINDOWS, Reference, SketchRing, sketch_name
from driftgauge.sketch import MeanSpec, MeanVector
from driftgauge.state import State

__all__ = ["EmbeddingJudge", "EmbeddingRing", "EmbeddingScores", "embeddings_of"]

Float64s = NDArray[np.float64]
#: embedding -> its sum in a window
Sums = Mapping[str, MeanVector]

#: vectors that wait
STAGED = 256
#: vectors in a window below which nothing is judged: strong shifts show from there on
LEAST_VECTORS = 200


def embeddings_of(reference: Reference) -> tuple[str, ...]:
    """Return the embeddings whose mean the reference has, in order of name."""
    numeric = {column.name for column in reference.profile.spec.schema.numeric}
    return tuple(
        name
        for name in sorted(reference.profile.spec.embedders)
        if isinstance(reference.sketches.get(sketch_name(EMBEDDING, name)), MeanVector)
        and embedding_columns(name)[0] in numeric
    )


@dataclass(frozen=True, slots=True)
class EmbeddingScores:
    """Distances of the mean embeddings, arrays [windows, embeddings]; NaN where there are no vectors.

    Attributes:
        names: of the embeddings, in the order of the arrays.
        relative: distance without the noise's share, in standard deviations of the features.
        noise_floor: to be expected without drift.
        evidence: -log10 of the probability of such a distance without drift, 0 to 300.
        samples: vectors.
        status: -1 undecided, 0 ok, 1 warn, 2 alert.
    """

    names: tuple[str, ...]
    relative: Float64s
    noise_floor: Float64s
    evidence: Float64s
    samples: NDArray[np.int64]
    status: NDArray[np.int8]


class EmbeddingRing:
    """Sums of features by time.

    Args:
        reference: whose maps they are; it must have some (`embeddings_of`).
    """

    def __init__(self, reference: Reference) -> None:
        self._embedders = {name: reference.profile.spec.embedders[name] for name in embeddings_of(reference)}
        self._specs = {name: MeanSpec(WIDTH, embedder.digest) for name, embedder in self._embedders.items()}
        self._ring = SketchRing(self._specs)
        self._staged: dict[str, list[Floats]] = {}
        self._rows = 0
        self._time = 0.0

    def add(self, vectors: Mapping[str, Floats], rows: NDArray[np.int64], time: float) -> None:
        """Take the vectors of the chosen rows in, observed at *time*; those of another width say nothing."""
        if self._rows and self._time // SLOT_SECONDS != time // SLOT_SECONDS:
            self.flush()
        for name, embedder in self._embedders.items():
            found = vectors.get(name)
            if found is not None and found.shape[1] == embedder.dimensions:
                self._staged.setdefault(name, []).append(found[rows])
                self._rows += len(rows)
        self._time = time
        if self._rows >= STAGED:
            self.flush()

    def flush(self) -> None:
        """Sum what is staged."""
        if not self._rows:
            return
        sums = {
            name: self._specs[name].of(self._embedders[name].features(np.concatenate(parts)))
            for name, parts in self._staged.items()
        }
        self._ring.add(sums, self._time)
        self._staged, self._rows = {}, 0

    def collect(self, now: float) -> tuple[Sums, ...]:
        """Return the sums of the windows of time."""
        self.flush()
        return tuple(self._ring.window(window, now) for window in WINDOWS)

    def forget_after(self, now: float) -> None:
        """Forget what lies ahead of *now*, after a clock that was wrong."""
        self.flush()
        self._ring.forget_after(now)

    def freeze(self) -> State:
        """Return a copy of the slots."""
        self.flush()
        return self._ring.freeze()

    def thaw(self, state: State) -> None:
        """Take slots back.

        Raises:
            StateError: they are of other embeddings.
        """
        self._ring.thaw(state)


class EmbeddingJudge:
    """Compares sums with a reference's; remembers the statuses.

    Args:
        reference: what is compared with.
        windows: that will be judged, of time first.
    """

    def __init__(self, reference: Reference, windows: int) -> None:
        self.names = embeddings_of(reference)
        self._reference = reference
        self._hysteresis = Hysteresis((windows, len(self.names)))
        numeric = [column.name for column in reference.profile.spec.schema.numeric]
        #: the column of each embedding that tells which windows may judge it
        self._columns = [numeric.index(embedding_columns(name)[0]) for name in self.names]

    def judge(
        self, sums: Sequence[Sums], judges: NDArray[np.bool_], evidence: Float64s, dispersion: Float64s
    ) -> EmbeddingScores:
        """Score and move the statuses.

        Args:
            sums: of the windows; those beyond (windows of rows) have none.
            judges: which windows may judge which columns, [windows, columns].
            evidence: that a status needs, [windows].
            dispersion: factor by which columns scatter more widely than independent rows, [windows, columns].
        """
        shape = len(judges), len(self.names)
        relative, floor, sure = (np.full(shape, np.nan) for _ in range(3))
        samples = np.zeros(shape, dtype=np.int64)
        for row, window in enumerate(sums):
            for place, name in enumerate(self.names):
                known = self._reference.sketches[sketch_name(EMBEDDING, name)]
                assert isinstance(known, MeanVector)
                embedder = self._reference.profile.spec.embedders[name]
                found = mean_discrepancy(known, window[name], embedder.square, embedder.cube)
                relative[row, place], floor[row, place] = found.relative, found.noise_floor
                samples[row, place] = found.samples
                # sessions: rows that come together count for fewer
                sure[row, place] = found.evidence / max(float(dispersion[row, self._columns[place]]), 1.0)
        counted = np.where(judges[:, self._columns], samples, 0)
        rule = Rule(MMD_WARN, MMD_ALERT, evidence[:, None], LEAST_VECTORS)
        status = self._hysteresis.update(rule, relative, sure, counted)
        return EmbeddingScores(self.names, relative, floor, sure, samples, status)

    def freeze(self) -> State:
        """Return a copy of the statuses."""
        return self._hysteresis.freeze()

    def thaw(self, state: State) -> None:
        """Take statuses back.

        Raises:
            StateError: they are of other embeddings or windows.
        """
        self._hysteresis.thaw(state)
