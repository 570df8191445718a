"""Profile: the sketches of one data set; and its spec: the schema and what is counted of each column.

Law: a profile is itself a sketch (zero, merge, splitting changes nothing), so windows, fleets and data sets too big for
one machine are sums of profiles. A role that a batch does not carry at all (predictions without their inputs, failed
requests without outputs) is not observed; a single column that is absent is missing data.

Memory: about 370 bytes per numeric column at 20 bins, 8 bytes per cell of a categorical one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Counts, Flags, Floats
from driftgauge.derive import (
    ANOMALY,
    CONFIDENCE,
    Detector,
    Embedder,
    Projection,
    text_of,
    with_embedding_columns,
    with_residual_column,
    with_texts,
    with_vectors,
)
from driftgauge.errors import MergeError
from driftgauge.profile.reading import present_values, read_codes, read_numbers
from driftgauge.profile.schema import INPUT, OUTPUT, Schema
from driftgauge.profile.scoring import MOST_SCORED, AnomalyColumn
from driftgauge.sketch import (
    CategoryCounts,
    CategorySpec,
    ExponentialHistogram,
    ExponentialSpec,
    Histogram,
    HistogramSpec,
    Sketch,
)

__all__ = ["Block", "Profile", "ProfileSpec", "Reading"]

ROLES = (INPUT, OUTPUT)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows in the form that sketches count: one matrix per kind, the column leading.

    Attributes:
        narrow: float32 [columns, rows].
        wide: float64 [columns, rows].
        codes: int32 [columns, rows].
        absent: which rows carry nothing of a role, [2 (input, output), rows]: not observed rather than missing.
    """

    narrow: NDArray[np.float32]
    wide: NDArray[np.float64]
    codes: NDArray[np.int32]
    absent: Flags

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.narrow.shape[1])

    def take(self, rows: NDArray[np.int64]) -> Block:
        """Return the chosen rows; the block itself when they are all."""
        if len(rows) == self.rows:
            return self
        return Block(self.narrow[:, rows], self.wide[:, rows], self.codes[:, rows], self.absent[:, rows])


@dataclass(frozen=True, slots=True)
class Reading:
    """A batch as a block, and the values that broke the schema: (column, reason) -> how many."""

    block: Block
    violations: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class ProfileSpec:
    """What is counted of a model's rows.

    `texts` are reduced to facts and tokens; those of `answered_texts` are outputs, and those
    of `own_tokens` have tokens that only their own tokenizer makes.
    """

    schema: Schema
    histogram: HistogramSpec
    categories: CategorySpec
    latency: ExponentialSpec = field(default_factory=ExponentialSpec)
    projection: Projection | None = field(default=None, compare=False)
    embedders: Mapping[str, Embedder] = field(default_factory=dict, compare=False)
    texts: tuple[str, ...] = field(default=(), compare=False)
    detector: Detector | None = field(default=None, compare=False)
    own_tokens: frozenset[str] = field(default=frozenset(), compare=False)
    _roles: tuple[Flags, Flags] = field(init=False, repr=False, compare=False)
    scoring: AnomalyColumn | None = field(init=False, repr=False, compare=False)
    answered_texts: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        outputs = tuple(
            np.array([column.role == OUTPUT for column in columns], dtype=bool)
            for columns in (self.schema.numeric, self.schema.categorical)
        )
        object.__setattr__(self, "_roles", outputs)
        answered = frozenset(text_of(column.name) for column in self.schema.numeric if column.role == OUTPUT)
        object.__setattr__(self, "answered_texts", answered.intersection(self.texts))
        object.__setattr__(self, "scoring", AnomalyColumn.of(self.schema, self.histogram, self.detector))

    def zero(self) -> Profile:
        """Return the profile of no rows."""
        return Profile(
            self, np.zeros(1, dtype=np.int64), self.histogram.zero(), self.categories.zero(), self.latency.zero()
        )

    def of(self, batch: Batch) -> Profile:
        """Count *batch*."""
        return self.count(self.scored(self.read(batch).block), batch.requests.latencies)

    def read(self, batch: Batch) -> Reading:
        """Turn *batch* into a block; failed rows have no outputs."""
        batch = self._derived(batch)
        violations: Counter[tuple[str, str]] = Counter(batch.violations)
        present = {INPUT: bool(batch.inputs), OUTPUT: bool(batch.outputs)}
        columns = {INPUT: dict(batch.inputs), OUTPUT: dict(batch.outputs)}
        narrow_columns = self.histogram.narrow
        narrow = np.empty((narrow_columns, batch.rows), dtype=np.float32)
        wide = np.empty((self.histogram.columns - narrow_columns, batch.rows))
        codes = np.empty((self.categories.columns, batch.rows), dtype=np.int32)
        unsent = () if self.scoring is None else (ANOMALY,)
        numbers = (*narrow, *wide)
        numeric = len(numbers)
        with np.errstate(over="ignore"):  # beyond float32 a value is infinite: the outer bins
            for number, column in enumerate(self.schema.columns):
                found, row = columns[column.role].pop(column.name, None), number - numeric
                if found is None:
                    if present[column.role] and batch.rows and column.name not in unsent:
                        violations[column.name, "missing_column"] += batch.rows
                    if row < 0:
                        numbers[number].fill(np.nan)
                    else:
                        codes[row] = self.categories.missing
                elif row >= 0:
                    codes[row] = read_codes(found, self.categories, row)
                elif type(found) is np.ndarray and found.itemsize >= numbers[number].itemsize:
                    numbers[number][:] = found  # the usual case, without a call
                else:
                    precision = numbers[number].dtype.type
                    numbers[number][:], wrong = read_numbers(found, self.histogram.edges[number], precision)
                    if wrong:
                        violations[column.name, "wrong_type"] += wrong
        for unknown, left in (*columns[INPUT].items(), *columns[OUTPUT].items()):
            if unknown not in CONFIDENCE:  # nobody sent those: a profile from before they were derived lacks them
                violations[unknown, "unknown_column"] += present_values(left)
        block = Block(narrow, wide, codes, self._blank(batch, narrow, wide, codes, present))
        return Reading(block, dict(violations))

    def _derived(self, batch: Batch) -> Batch:
        """Return *batch* with the columns that this spec derives from others, and without one that is scored here."""
        if self.scoring is not None and ANOMALY in batch.inputs:
            inputs = {name: column for name, column in batch.inputs.items() if name != ANOMALY}
            refused = {**batch.violations, (ANOMALY, "unknown_column"): batch.rows}
            batch = replace(batch, inputs=inputs, violations=refused)
        if self.texts:
            batch = with_texts(batch, self.texts, self.answered_texts, self.own_tokens)
        if self.embedders:
            batch = with_embedding_columns(with_vectors(batch, self.embedders), self.embedders)
        return with_residual_column(batch, self.projection)

    def count(self, block: Block, latencies: Floats | None = None) -> Profile:
        """Count the rows of *block*, and the latencies of the requests that brought them."""
        histogram = self.histogram.of(block.narrow, block.wide)
        categories = self.categories.of(block.codes)
        absent_inputs, absent_outputs = map(np.count_nonzero, block.absent)
        for counts, outputs in zip((histogram.counts, categories.counts), self._roles, strict=True):
            counts[~outputs, -1] -= absent_inputs
            counts[outputs, -1] -= absent_outputs
        if self.scoring is not None:
            histogram.counts[self.scoring.place, -1] = 0
        timed = () if latencies is None or not len(latencies) else (latencies,)
        latency = self.latency.of(timed) if timed else self.latency.zero()
        return Profile(self, np.array([block.rows], dtype=np.int64), histogram, categories, latency)

    def scored(self, block: Block, rows: NDArray[np.int64] | None = None) -> Block:
        """Return *block* with the anomaly scores of its rows, or of the chosen ones; of many, evenly spread ones."""
        chosen = np.arange(block.rows) if rows is None else rows
        if self.scoring is None or not len(chosen):
            return block
        if len(chosen) > MOST_SCORED:
            chosen = chosen[np.linspace(0, len(chosen) - 1, MOST_SCORED).astype(np.int64)]
        narrow = block.narrow.copy()
        narrow[self.scoring.place, chosen] = self.scoring.scores(self.scoring.values(block.narrow, block.wide, chosen))
        return Block(narrow, block.wide, block.codes, block.absent)

    def of_scores(self, scores: NDArray[np.float32]) -> Profile:
        """Count anomaly scores of rows that have been counted; the spec must have a detector."""
        assert self.scoring is not None
        narrow = np.full((self.histogram.narrow, len(scores)), np.nan, dtype=np.float32)
        narrow[self.scoring.place] = scores
        wide = np.full((self.histogram.columns - len(narrow), len(scores)), np.nan)
        codes = np.full((self.categories.columns, len(scores)), self.categories.missing, dtype=np.int32)
        counted = self.count(Block(narrow, wide, codes, np.ones((2, len(scores)), dtype=bool)))
        return replace(counted, rows=np.zeros(1, dtype=np.int64))

    def _blank(
        self,
        batch: Batch,
        narrow: NDArray[np.float32],
        wide: NDArray[np.float64],
        codes: NDArray[np.int32],
        present: Mapping[str, bool],
    ) -> Flags:
        """Make the outputs of failed rows missing; return which rows carry nothing of each role."""
        absent = np.empty((2, batch.rows), dtype=bool)
        absent[0], absent[1] = not present[INPUT], not present[OUTPUT]
        if not present[OUTPUT] or batch.failed is None:
            return absent
        numeric, categorical = self._roles
        cut = self.histogram.narrow
        narrow[np.ix_(numeric[:cut], batch.failed)] = np.nan
        wide[np.ix_(numeric[cut:], batch.failed)] = np.nan
        codes[np.ix_(categorical, batch.failed)] = self.categories.missing
        absent[1] = batch.failed
        return absent


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The sketches of one data set.

    Attributes:
        rows: number of rows, int64 [1].
        histogram: numeric columns.
        categories: categorical columns.
        latency: durations of the requests.
    """

    spec: ProfileSpec
    rows: Counts
    histogram: Histogram
    categories: CategoryCounts
    latency: ExponentialHistogram

    @property
    def sketches(self) -> tuple[Sketch, ...]:
        """The sketches in fixed order."""
        return (self.histogram, self.categories, self.latency)

    @property
    def arrays(self) -> list[NDArray[Any]]:
        """Every array of the state in fixed order; adding two profiles adds these."""
        return [self.rows, *(array for sketch in self.sketches for array in sketch.arrays.values())]

    def holding(self, arrays: Sequence[NDArray[Any]]) -> Profile:
        """Return a profile of the same spec around *arrays* (not copied), in the order of `arrays`."""
        given = iter(arrays)
        rows = next(given)
        sketches: list[Any] = [
            sketch.spec.holding({name: next(given) for name in sketch.arrays}) for sketch in self.sketches
        ]
        return Profile(self.spec, rows, *sketches)

    def merge(self, other: Profile) -> Profile:
        """Return the profile of both data sets.

        Raises:
            MergeError: the two have other columns, edges or categories.
        """
        if self.spec is not other.spec and self.spec.schema != other.spec.schema:
            mine, theirs = ({column.name for column in side.spec.schema.columns} for side in (self, other))
            raise MergeError(
                f"profiles of different columns cannot be added; only one of them has {sorted(mine ^ theirs)}"
            )
        return Profile(
            self.spec,
            self.rows + other.rows,
            self.histogram.merge(other.histogram),
            self.categories.merge(other.categories),
            self.latency.merge(other.latency),
        )
