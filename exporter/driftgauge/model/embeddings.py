"""Embeddings of a model's rows: features summed by time, and how far their mean has moved from the reference's.

    vectors of a minute -> stage -> random Fourier features -> ring -> windows -> distance, noise floor, evidence, status

The map is the reference's. Vectors wait in the stage because the features of 256 cost little more than those of one.

Memory: 564 slots of 2 KB and 23 of 66 KB for an embedding, 2.7 MB; the stage holds 256 vectors. Time: 1.9 us a vector of 128 dimensions, 4 to 6 us of 768;
6 and 9 us where each comes alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Floats
from driftgauge.derive.embedding import WIDTH, embedding_columns
from driftgauge.derive.feature_part import PART, part_of
from driftgauge.drift import Hysteresis, Rule
from driftgauge.drift.mean_change import FeatureSums, mean_change
from driftgauge.drift.mmd import MMD_ALERT, MMD_WARN, mean_discrepancy
from driftgauge.model.past import PASTS
from driftgauge.model.sums import EmbeddingPast
from driftgauge.model.timeline import SLOT_SECONDS
from driftgauge.profile import (
    DAY_SECONDS,
    EMBEDDING,
    HOUR_SECONDS,
    WINDOWS,
    Reference,
    SketchCountRing,
    SketchRing,
    Window,
    sketch_name,
)
from driftgauge.sketch import MeanSpec, MeanVector, Scatter, ScatterSpec
from driftgauge.state import State

__all__ = ["EmbeddingChange", "EmbeddingJudge", "EmbeddingRing", "EmbeddingScores", "embeddings_of"]

Float64s = NDArray[np.float64]
#: embedding -> its sum in a window
Sums = Mapping[str, MeanVector]

#: vectors that wait
STAGED = 256
#: (seconds a slot, number of slots) of second moments: two days of quarters and two weeks of days. They tell a covariance, which need not
#: be of exactly the rows that are compared
_SCATTER = ((6 * HOUR_SECONDS, 9), (DAY_SECONDS, 14))
#: vectors of a flush that it is told by, evenly chosen
_TELLING = 64
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


@dataclass(frozen=True, slots=True)
class EmbeddingChange:
    """Distances of the newest mean embeddings from the model's own past, arrays [embeddings]: a sudden change, never drift.

    Attributes:
        mode: names the past, as for columns (`past.PASTS`).
        window: how much of the newest traffic is compared.
        names: of the embeddings, in the order of the arrays.
        relative: distance without the noise's share, in standard deviations of the features.
        noise_floor: to be expected without a change.
        evidence: -log10 of the probability of such a distance without a change, 0 to 300.
        samples: newest vectors.
    """

    mode: str
    window: Window
    names: tuple[str, ...]
    relative: Float64s
    noise_floor: Float64s
    evidence: Float64s
    samples: NDArray[np.int64]


class EmbeddingRing:
    """Sums of features by time, and second moments of a part of them.

    Args:
        reference: whose maps they are; it must have some (`embeddings_of`).
        rows: lengths of the windows of rows.
    """

    def __init__(self, reference: Reference, rows: Sequence[int] = ()) -> None:
        self._embedders = {name: reference.profile.spec.embedders[name] for name in embeddings_of(reference)}
        self._specs = {name: MeanSpec(WIDTH, embedder.digest) for name, embedder in self._embedders.items()}
        self._spreads = {name: ScatterSpec(PART, embedder.digest) for name, embedder in self._embedders.items()}
        self._ring = SketchRing(self._specs)
        # A ring of its own: checkpoints of older versions have none, and are taken all the same.
        self._scatter = SketchRing(self._spreads, _SCATTER)
        self._counted = tuple(SketchCountRing(self._specs, count) for count in rows)
        self._staged: dict[str, list[Floats]] = {}
        #: vectors, and rows with and without vectors, that wait
        self._vectors = self._rows = 0
        self._time = 0.0

    def add(self, vectors: Mapping[str, Floats], rows: NDArray[np.int64], time: float) -> None:
        """Take the vectors of the chosen rows in, observed at *time*; those of another width say nothing."""
        if self._rows and self._time // SLOT_SECONDS != time // SLOT_SECONDS:
            self.flush()
        for name, embedder in self._embedders.items():
            found = vectors.get(name)
            if found is not None and found.shape[1] == embedder.dimensions:
                self._staged.setdefault(name, []).append(found[rows])
                self._vectors += len(rows)
        self._rows += len(rows)
        self._time = time
        if self._vectors >= STAGED:
            self.flush()

    def flush(self) -> None:
        """Sum what is staged."""
        if not self._rows:
            return
        sums, scatter = {}, {}
        for name, parts in self._staged.items():
            phi = self._embedders[name].features(np.concatenate(parts))
            sums[name] = self._specs[name].of(phi)
            scatter[name] = self._spreads[name].of(part_of(phi[:: max(len(phi) // _TELLING, 1)]))
        if sums:
            self._ring.add(sums, self._time)
            self._scatter.add(scatter, self._time)
        for counted in self._counted:
            counted.add(sums, self._rows)
        self._staged, self._vectors, self._rows = {}, 0, 0

    def collect(self, now: float) -> tuple[Sums, ...]:
        """Return the sums of the windows of time, and of those of rows."""
        self.flush()
        return (*(self._ring.window(window, now) for window in WINDOWS), *(part.window for part in self._counted))

    def changes(self, now: float) -> tuple[EmbeddingPast, ...]:
        """Return the newest vectors beside the past that columns are compared with too."""
        self.flush()
        return tuple(
            EmbeddingPast(
                past.mode,
                past.window,
                self._stretches(past.window, now, past.backs),
                self._stretches(past.window, now, (0,)),
            )
            for past in PASTS
        )

    def sketches(self, window: Window, now: float) -> dict[str, FeatureSums]:
        """Return what a window holds, by embedding."""
        self.flush()
        return self._both(self._ring.window(window, now), self._scatter.window(window, now))

    def _stretches(self, window: Window, now: float, backs: Sequence[int]) -> dict[str, FeatureSums]:
        # Second moments are of the slots that the stretch lies in: they need not be of its rows alone.
        parts = [
            self._both(self._ring.past(window.seconds, now, back=back), self._scatter.window(window, now - back))
            for back in backs
        ]
        return {name: reduce(FeatureSums.merge, (part[name] for part in parts)) for name in self._specs}

    def _both(self, means: Mapping[str, MeanVector], scatter: Mapping[str, Scatter]) -> dict[str, FeatureSums]:
        return {name: FeatureSums(means[name], scatter[name]) for name in self._specs}

    def forget_after(self, now: float) -> None:
        """Forget what lies ahead of *now*, after a clock that was wrong."""
        self.flush()
        self._ring.forget_after(now)
        self._scatter.forget_after(now)

    def freeze(self) -> State:
        """Return a copy of the slots."""
        self.flush()
        sums = self._ring.freeze()
        counted = {f"rows_{ring.rows}": ring.freeze() for ring in self._counted}
        return State(sums.facts, sums.arrays, {**sums.parts, **counted, "scatter": self._scatter.freeze()})

    def thaw(self, state: State) -> None:
        """Take slots back.

        Raises:
            StateError: they are of other embeddings.
        """
        scatter = SketchRing(self._spreads, _SCATTER)
        if "scatter" in state.parts:  # those of older versions have none
            scatter.thaw(state.part("scatter"))
        self._ring.thaw(state)
        for ring in self._counted:
            if (name := f"rows_{ring.rows}") in state.parts:
                ring.thaw(state.part(name))
        self._scatter = scatter


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
            sums: of the windows.
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

    def change(self, change: EmbeddingPast) -> EmbeddingChange:
        """Compare the newest vectors with the past."""
        embedders = self._reference.profile.spec.embedders
        found = [
            mean_change(change.past[name], change.current[name], embedders[name].corrections) for name in self.names
        ]
        relative, floor, evidence = (
            np.array([getattr(one, part) for one in found]) for part in ("relative", "noise_floor", "evidence")
        )
        samples = np.array([one.samples for one in found], dtype=np.int64)
        return EmbeddingChange(change.mode, change.window, self.names, relative, floor, evidence, samples)

    def freeze(self) -> State:
        """Return a copy of the statuses."""
        return self._hysteresis.freeze()

    def thaw(self, state: State) -> None:
        """Take statuses back.

        Raises:
            StateError: they are of other embeddings or windows.
        """
        self._hysteresis.thaw(state)
