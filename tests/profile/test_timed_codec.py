"""Chunk figures and counts by hour in the profile file: small, and the same to the last bit when read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.errors import ProfileError
from driftgauge.profile import HOURS, STUCK, WINDOWS, Calibration, Reference, Strata, dumps, loads
from driftgauge.reference import BuildOptions, build

DAY = 86_400.0
END = 1_800_057_600.0
MEBIBYTE = 2**20


def reference_of(columns: int, rows: int, days: int, **options: Any) -> Reference:
    """Build a reference of *columns* numeric columns, pairs of which go together, and a categorical one."""
    rng = np.random.default_rng(4)
    times = END - DAY * days * np.sort(rng.random(rows))[::-1]
    values = rng.standard_normal((columns, rows)) * 1_234.5678 + np.sin(2 * np.pi * times / DAY) * 900
    values[1::2] = values[: 2 * (columns // 2) : 2] + 0.2 * values[1::2]
    inputs: dict[str, Any] = {f"feature_{number}": column for number, column in enumerate(values)}
    inputs["plan"] = Categories(rng.integers(0, 3, rows).astype(np.int32), ("basic", "plus", "pro"))
    batch = Batch(rows, inputs=inputs, timestamps=times)
    return build(lambda: [batch], BuildOptions("rows", END, **options))


@pytest.fixture(scope="module")
def timed() -> Reference:
    return reference_of(4, 12_000, 46, strata="always")


def test_nothing_is_lost(timed: Reference):
    """Every figure, every count and every component is the same to the last bit, and writing again gives the same bytes."""
    again = loads(dumps(timed))
    assert timed.strata is not None
    assert again.strata is not None
    np.testing.assert_array_equal(again.strata.numeric, timed.strata.numeric)
    np.testing.assert_array_equal(again.strata.categorical, timed.strata.categorical)
    assert set(again.calibration) == set(timed.calibration) == {"1h", "6h", "24h", "7d", "14d", "15m", STUCK}
    for name, figures in timed.calibration.items():
        for field in ("chunks", "median", "q95", "q99", "most", "dispersion"):
            np.testing.assert_array_equal(getattr(again.calibration[name], field), getattr(figures, field))
    projection, same = timed.profile.spec.projection, again.profile.spec.projection
    assert projection is not None
    assert same is not None
    assert same.columns == projection.columns
    for field in ("means", "scales", "components"):
        np.testing.assert_array_equal(getattr(same, field), getattr(projection, field))
    assert dumps(again) == dumps(timed)
    assert again.digest == timed.digest


def test_a_hundred_and_fifty_columns_stay_under_a_mebibyte():
    """With six-digit counts by hour, chunks of six lengths, stuck values and the components of 75 pairs of columns."""
    rng = np.random.default_rng(5)
    values = rng.standard_normal((150, 2_000))
    values[1::2] = values[::2] + 0.2 * values[1::2]
    inputs = {f"feature_{number}": column for number, column in enumerate(values)}
    plain = build(lambda: [Batch(2_000, inputs=inputs)], BuildOptions("rows", END))
    assert plain.profile.spec.projection is not None
    zero = plain.profile.spec.zero()
    hours = rng.integers(10**5, 10**6, (HOURS, *zero.histogram.counts.shape))
    columns = len(plain.profile.spec.schema.columns)
    figures = Calibration(
        np.full(columns, 200), *np.round(rng.random((5, columns)) + np.array([[0], [0], [0], [0], [1]]), 4)
    )
    timed = replace(
        plain,
        calibration=dict.fromkeys((*(window.name for window in WINDOWS), STUCK), figures),
        strata=Strata(hours, np.zeros((HOURS, *zero.categories.counts.shape), dtype=np.int64)),
    )
    assert len(dumps(timed).encode()) < MEBIBYTE


def test_a_reference_without_time_says_nothing_of_it():
    """Rows without timestamps: neither chunks nor hours in the file, and none when it is read."""
    plain = build(lambda: [Batch(500, inputs={"x": np.arange(500.0)})], BuildOptions("rows", END))
    text = dumps(plain)
    assert '"chunks"' not in text
    assert '"hours"' not in text
    assert loads(text).strata is None
    assert loads(text).calibration == {}


def damaged(timed: Reference, change: Any) -> str:
    document = json.loads(dumps(timed))
    change(document["columns"])
    return json.dumps(document)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda columns: columns[0].pop("hours"), "some columns only"),
        (lambda columns: columns[0]["hours"].pop(), "expected 24 lists"),
        (lambda columns: columns[0]["hours"][3].pop(), "expected 24 lists"),
        (lambda columns: columns[0]["hours"][3].__setitem__(0, -1), "whole numbers"),
        (lambda columns: columns[0]["hours"][3].__setitem__(0, 1.5), "whole numbers"),
        (lambda columns: columns[0]["chunks"]["24h"].pop(), "expected 6 figures"),
        (lambda columns: columns[0]["chunks"]["24h"].__setitem__(-1, 0.5), "dispersion >= 1"),
        (lambda columns: columns[0]["chunks"]["24h"].__setitem__(0, -3), "number of chunks"),
    ],
)
def test_damage_is_refused_with_what_was_expected(timed: Reference, change: Any, match: str):
    """What contradicts the columns is refused, and the message says what should be there."""
    with pytest.raises(ProfileError, match=match):
        loads(damaged(timed, change))


def test_a_column_may_have_no_chunks(timed: Reference):
    """A column whose figures were left out is not calibrated; the others still are."""
    again = loads(damaged(timed, lambda columns: columns[0].pop("chunks")))
    assert not again.calibration["24h"].usable[0]
    assert again.calibration["24h"].usable[1:].all()
    assert again.calibration["24h"].reached[0] == 0.0
