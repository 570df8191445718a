"""What the laws are about: everything that adds, with data for it, and when two of it are equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from driftgauge.batch import Batch, Categories, Mixed, Requests, concatenate
from driftgauge.profile import (
    CATEGORICAL,
    OUTPUT,
    ColumnSchema,
    Profile,
    ProfileSpec,
    Schema,
)
from driftgauge.sketch import (
    CategorySpec,
    ConfusionSpec,
    CoverageSpec,
    ErrorSumsSpec,
    ExponentialSpec,
    HistogramSpec,
    ReliabilitySpec,
    ScatterSpec,
    Sketch,
)

#: numbers on, next to and far from the edges below
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 0.5, 1.0, 2.0, 5e-324, np.inf, -np.inf, np.nan]),
    st.floats(-1e4, 1e4, width=32),
)
WORDS = ("basic", "plus", "rare", "never seen")

EDGES = ([0.0, 1.0, 2.0], [], [0.5])
HISTOGRAM = HistogramSpec.plain(EDGES, narrow=2)
CATEGORIES = CategorySpec((("basic", "plus"), ("1",)), (("rare",), ()), (True, False))
EXPONENTIAL = ExponentialSpec(2)
CONFUSION = ConfusionSpec(3)
PROFILE = ProfileSpec(
    Schema.of(
        [
            ColumnSchema("age"),
            ColumnSchema("height"),
            ColumnSchema("when", wide=True),
            ColumnSchema("plan", kind=CATEGORICAL),
            ColumnSchema("class", OUTPUT, CATEGORICAL),
        ]
    ),
    HISTOGRAM,
    CATEGORIES,
)


def blocks(columns: int) -> st.SearchStrategy[Any]:
    return st.integers(0, 6).flatmap(lambda rows: arrays(np.float64, (columns, rows), elements=NUMBERS))


def codes(spec: CategorySpec) -> st.SearchStrategy[Any]:
    shape = st.tuples(st.just(spec.columns), st.integers(0, 6))
    return arrays(np.int32, shape, elements=st.integers(0, spec.unseen))


def pairs(elements: st.SearchStrategy[Any], dtype: Any) -> st.SearchStrategy[Any]:
    return st.integers(0, 6).flatmap(lambda rows: arrays(dtype, (2, rows), elements=elements))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Draw rows with and without inputs, outputs, failures and latencies."""
    rows = draw(st.integers(0, 6))

    def numbers() -> Any:
        return draw(arrays(np.float64, rows, elements=NUMBERS))

    def words() -> Categories:
        return Categories(draw(arrays(np.int32, rows, elements=st.integers(-1, len(WORDS) - 1))), WORDS)

    inputs = {"age": numbers(), "height": Mixed(numbers(), words()), "when": numbers(), "plan": words()}
    return Batch(
        rows,
        inputs=inputs,
        outputs={"class": numbers()},
        failed=draw(st.none() | arrays(np.bool_, rows)),
        requests=Requests(rows, draw(arrays(np.float64, rows, elements=NUMBERS))),
    )


@dataclass(frozen=True)
class Case:
    """One thing that adds: how it is made of data, how data are joined, and a spec that it does not fit."""

    name: str
    spec: Any
    foreign: Any
    data: st.SearchStrategy[Any]
    join: Callable[[Sequence[Any]], Any]
    inside: Callable[[Any], list[np.ndarray]]

    def of(self, data: Any) -> Any:
        return self.spec.of(data)

    def sketches(self) -> st.SearchStrategy[Any]:
        """Values as they arise: sums of counted data and of nothing."""
        one = st.just(self.spec.zero()) | self.data.map(self.of)
        return st.lists(one, min_size=1, max_size=3).map(lambda parts: reduce(lambda a, b: a.merge(b), parts))


def batch_arrays(batch: Batch) -> list[np.ndarray]:
    columns = [column for _, _, column in batch.columns]
    numbers = [getattr(column, "numbers", column) for column in columns if not isinstance(column, Categories)]
    words = [getattr(column, "categories", column) for column in columns if not isinstance(column, np.ndarray)]
    return [*numbers, *(column.codes for column in words), batch.requests.latencies]


CASES = [
    Case(
        "histogram",
        HISTOGRAM,
        HistogramSpec.plain(([0.0, 1.0, 2.5], [], [0.5]), narrow=2),
        blocks(3),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "categories",
        CATEGORIES,
        CategorySpec((("basic", "other"), ("1",)), (("rare",), ()), (True, False)),
        codes(CATEGORIES),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "exponential",
        EXPONENTIAL,
        ExponentialSpec(2, schema=4),
        blocks(2),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "confusion",
        CONFUSION,
        ConfusionSpec(2),
        pairs(st.integers(0, CONFUSION.other), np.int32),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "coverage",
        CoverageSpec("rows"),
        CoverageSpec("bodies"),
        pairs(st.integers(0, 9), np.int64),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "error sums",
        ErrorSumsSpec(0.5),
        ErrorSumsSpec(1.0),
        blocks(2),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "reliability",
        ReliabilitySpec(),
        ReliabilitySpec(50),
        pairs(st.sampled_from([0.0, 0.1, 0.5, 0.999, 1.0, 1.5, np.nan]), np.float64),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "scatter",
        ScatterSpec(2),
        ScatterSpec(2, "another map"),
        blocks(2).map(np.transpose),
        np.concatenate,
        lambda data: [data],
    ),
    Case(
        "profile",
        PROFILE,
        replace(PROFILE, schema=Schema.of([ColumnSchema("other"), *PROFILE.schema.columns[1:]])),
        batches(),
        concatenate,
        batch_arrays,
    ),
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
law = settings(
    max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)


def state(sketch: Sketch | Profile) -> list[np.ndarray]:
    return sketch.arrays if isinstance(sketch, Profile) else list(sketch.arrays.values())


def assert_equal(
    left: Sketch | Profile, right: Sketch | Profile, *, exactly: bool = False, stored: bool = False
) -> None:
    """Counts are equal; sums are equal, or within rounding of values up to 10,000 (*stored*: of float32)."""
    assert left.spec == right.spec
    for one, other in zip(state(left), state(right), strict=True):
        assert one.dtype == other.dtype
        if exactly or one.dtype == np.int64:
            np.testing.assert_array_equal(one, other)
        else:
            scale = max(1.0, float(np.abs(one).max(initial=0.0)))
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-6 * scale if stored else 1e-6)
