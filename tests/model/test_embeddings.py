"""Embeddings of live traffic: staged, summed by time, compared with the reference, kept over a restart."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings
from driftgauge.drift.mmd import mean_discrepancy
from driftgauge.model import Model
from driftgauge.reference import BuildOptions, build
from driftgauge.sketch import MeanSpec

NOW = 1_790_000_000.0
WIDTH = 8


def vectors(rows, *, shift=0.0, seed=1):
    rng = np.random.default_rng(seed)
    found = rng.standard_normal((rows, WIDTH)) * np.arange(1, WIDTH + 1) ** -0.5
    found[:, 0] += shift
    return found


@pytest.fixture(scope="module")
def reference():
    batch = Batch(3_000, vectors={"embedding": vectors(3_000)})
    return build(lambda: [batch], BuildOptions("train", 0.0))


def model(reference):
    return Model("m", "1", ModelSettings(name="m", seasonality="none"), reference)


def observe(to, rows, *, at=NOW, parts=1):
    for part in np.array_split(rows, parts):
        to.observe(Batch(len(part), vectors={"embedding": part}), at)


def hour(to, at=NOW + 1):
    """Return the scores of the hour's window."""
    found = to.evaluate(to.collect(at))
    place = [window.name for window in found.windows].index("1h")
    scores = found.embeddings
    return {
        name: getattr(scores, name)[place, 0] for name in ("relative", "noise_floor", "evidence", "samples", "status")
    }


@pytest.mark.parametrize("parts", [1, 7, 600])
def test_however_rows_come_the_distance_is_theirs(reference, parts):
    """One body or many: the distance is that of all vectors."""
    to = model(reference)
    rows = vectors(600, shift=0.5, seed=2)
    observe(to, rows, parts=parts)
    embedder = reference.profile.spec.embedders["embedding"]
    spec = MeanSpec(256, embedder.digest)
    known = reference.sketches["embedding of embedding"]
    expected = mean_discrepancy(known, spec.of(embedder.features(rows)), embedder.square, embedder.cube)
    found = hour(to)
    assert found["samples"] == 600
    assert found["relative"] == pytest.approx(expected.relative, rel=1e-6)
    assert found["noise_floor"] == pytest.approx(expected.noise_floor)
    assert found["evidence"] == pytest.approx(expected.evidence, rel=1e-4)


def test_a_shift_alerts_and_ends(reference):
    """The status rises with the evidence, and the columns are counted too; without drift it is ok."""
    calm, moved = model(reference), model(reference)
    observe(calm, vectors(1_000, seed=3))
    observe(moved, vectors(1_000, shift=1.0, seed=3))
    assert hour(calm)["status"] == 0
    assert hour(calm)["evidence"] < 4
    assert hour(moved)["status"] == 2
    names = [column.name for column in moved.evaluate(moved.collect(NOW + 2)).columns]
    assert names == ["embedding.norm", "embedding.residual"]


def test_columns_of_a_tensor_are_an_embedding(reference):
    """Columns `embedding[0]`, ... as a matrix comes through the Open Inference Protocol are one embedding."""
    rows = vectors(400, seed=4)
    to = model(reference)
    to.observe(Batch(400, inputs={f"embedding[{place}]": rows[:, place] for place in range(WIDTH)}), NOW)
    other = model(reference)
    observe(other, rows)
    assert hour(to) == hour(other)


def test_vectors_that_say_nothing(reference):
    """Too few are undecided, those of another width and NaN are not counted, rows of other times stay apart."""
    to = model(reference)
    observe(to, vectors(50, shift=3.0))
    observe(to, vectors(500)[:, :3])
    observe(to, np.full((10, WIDTH), np.nan))
    found = hour(to)
    assert (found["samples"], found["status"]) == (50, -1)
    observe(to, vectors(300, seed=5), at=NOW + 7_200)
    assert hour(to, NOW + 7_201)["samples"] == 300


def test_a_restart_keeps_sums_and_status(reference):
    """What was frozen goes on; a checkpoint of an older version has no embeddings and is taken all the same."""
    before = model(reference)
    observe(before, vectors(1_000, shift=1.0, seed=6))
    assert hour(before)["status"] == 2
    state = before.freeze(NOW + 2)
    after = model(reference)
    assert after.thaw(state, NOW + 3)
    assert hour(after, NOW + 4) == hour(before, NOW + 4)
    windows = state.parts["windows"]
    for part in ("embeddings", "health"):
        del windows.parts[part]
    older = model(reference)
    assert older.thaw(state, NOW + 3)
    assert hour(older, NOW + 4)["samples"] == 0


def test_a_clock_that_goes_back_forgets(reference):
    """Slots ahead of the clock are left behind, as those of columns are."""
    to = model(reference)
    observe(to, vectors(300), at=NOW + 86_400)
    assert hour(to, NOW)["samples"] == 0
