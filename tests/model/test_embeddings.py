"""Embeddings of live traffic: staged, summed by time, compared with the reference, kept over a restart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings, ReferenceSettings
from driftgauge.drift.mmd import mean_discrepancy
from driftgauge.model import Model
from driftgauge.profile import WINDOWS, Calibration, Strata
from driftgauge.reference import BuildOptions, build
from driftgauge.reference.accept import accept
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


def day_after_day(to, *shifts):
    """Give 24 hours of 100 vectors for each shift; return when the last has ended."""
    for day, shift in enumerate(shifts):
        for hour_of_day in range(24):
            at = NOW // 86_400 * 86_400 + 86_400 * day + 3_600 * hour_of_day + 60
            observe(to, vectors(100, shift=shift, seed=100 * day + hour_of_day), at=at)
    return NOW // 86_400 * 86_400 + 86_400 * len(shifts) + 1


def past(to, at):
    """Return the comparisons with the past by mode."""
    return {change.mode: change for change in to.evaluate(to.collect(at)).embedding_changes}


def test_the_past_is_compared_with_too(reference):
    """A step between two days is a change against the day before and the same hours; a day later it is not, and drift it stays."""
    to = model(reference)
    at = day_after_day(to, 0.0, 1.0)
    found = past(to, at)
    assert {mode: change.window.name for mode, change in found.items()} == {
        "same_hour_7d": "1h",
        "previous_window": "24h",
    }
    assert found["previous_window"].relative[0] > 0.2
    assert found["previous_window"].evidence[0] > 20
    assert found["previous_window"].samples[0] == 2_400
    assert found["previous_window"].noise_floor[0] == pytest.approx(np.sqrt(2 / 2_400))
    assert found["same_hour_7d"].relative[0] > 0.1
    assert found["same_hour_7d"].samples[0] == 100
    later = model(reference)
    at = day_after_day(later, 1.0, 1.0)
    assert past(later, at)["previous_window"].evidence[0] < 3
    assert to.evaluate(to.collect(at)).embeddings.status[3, 0] == 2


def test_a_restart_keeps_the_past(reference):
    """The comparisons come back; a checkpoint of an older version has no second moments, and then they tell nothing yet."""
    before = model(reference)
    at = day_after_day(before, 0.0, 1.0)
    wanted = past(before, at)["previous_window"]
    state = before.freeze(at)
    after = model(reference)
    assert after.thaw(state, at)
    assert past(after, at)["previous_window"].evidence[0] == wanted.evidence[0]
    del state.parts["windows"].parts["embeddings"].parts["scatter"]
    older = model(reference)
    assert older.thaw(state, at)
    assert np.isnan(past(older, at)["previous_window"].relative[0])
    assert hour(older, at)["samples"] == hour(before, at)["samples"]


def accepted(to, at, **options):
    """Accept the day."""
    day = next(window for window in WINDOWS if window.name == "24h")
    new = accept(to.reference, to.window(day, at), model="m", version="1", created=at, **options)
    to.accept(new, at)
    return new


def test_an_accepted_window_is_what_is_compared_with(reference):
    """Drift ends with the acceptance, what comes back drifts, the covariance is the window's, and a restart keeps all of it."""
    to = model(reference)
    at = day_after_day(to, 1.0)
    assert to.evaluate(to.collect(at)).embeddings.status[3, 0] == 2
    new = accepted(to, at)
    assert new.sketches["embedding of embedding"].rows[0] == 2_300  # a quarter of an hour has begun
    scores = to.evaluate(to.collect(at)).embeddings
    assert (scores.relative[3, 0], scores.status[3, 0]) == (0.0, 0)
    observe(to, vectors(1_000, seed=7), at=at + 7_200)
    assert hour(to, at + 7_201)["status"] == 2
    wanted = reference.profile.spec.embedders["embedding"].square
    assert new.profile.spec.embedders["embedding"].square == pytest.approx(wanted, rel=0.2)
    again = model(reference)
    assert again.thaw(to.freeze(at + 7_202), at + 7_203)
    assert again.reference.digest == new.digest
    assert again.reference.profile.spec.embedders["embedding"].square == new.profile.spec.embedders["embedding"].square
    assert hour(again, at + 7_204) == hour(to, at + 7_204)
    accepted(again, at + 7_205)


def test_the_old_reference_may_count_in_an_accepted_one(reference):
    """Sums and rows are those of both; a window of too few vectors changes nothing, and the notes say so."""
    to = model(reference)
    at = day_after_day(to, 1.0)
    new = accepted(to, at, merge_old=0.5)
    assert new.sketches["embedding of embedding"].rows[0] == 2_300 + 1_500
    # of two data sets apart the covariance is larger, and never told too small
    assert new.profile.spec.embedders["embedding"].square > reference.profile.spec.embedders["embedding"].square
    assert not [note for note in new.provenance.notes if "as they were" in note]
    few = model(reference)
    observe(few, vectors(1_500, seed=3)[:, :3])
    assert accepted(few, NOW + 1).provenance.notes[-1] == "embedding of embedding: as they were in that reference"


def test_embeddings_are_learned_from_traffic():
    """A model without a profile learns the map, the norm, the residual and the mean embedding, and then sees a shift."""
    settings = ModelSettings(name="m", seasonality="none", reference=ReferenceSettings(learn_rows=2_000))
    to = Model("m", "1", settings)
    observe(to, vectors(3_000, seed=1), parts=5)
    assert to.reference is not None
    names = [column.name for column in to.reference.profile.spec.schema.columns]
    assert names == ["embedding.norm", "embedding.residual"]
    observe(to, vectors(1_000, seed=2, shift=1.0), at=NOW + 60)
    assert hour(to, NOW + 61)["status"] == 2
    again = Model("m", "1", settings)
    assert again.thaw(to.freeze(NOW + 62), NOW + 63)
    assert hour(again, NOW + 64) == hour(to, NOW + 64)


def test_windows_of_rows_have_embeddings(reference):
    """The last thousand rows, with and without a vector, and a tenth more at most; a restart keeps them."""
    settings = ModelSettings(name="m", seasonality="none", count_windows=(1_000,))

    def last(to, at):
        found = to.evaluate(to.collect(at))
        place = [window.name for window in found.windows].index("last_1000")
        return (
            found.embeddings.samples[place, 0],
            found.embeddings.relative[place, 0],
            found.embeddings.status[place, 0],
        )

    to = Model("m", "1", settings, reference)
    observe(to, vectors(3_000, seed=1), parts=30)
    assert last(to, NOW + 1)[0] in range(1_000, 1_300)
    assert last(to, NOW + 1)[2] == 0
    observe(to, vectors(1_300, seed=2, shift=1.0), parts=13, at=NOW + 60)
    assert last(to, NOW + 61)[1] > 0.2
    assert last(to, NOW + 61)[2] == 2
    to.observe(Batch(800, inputs={"other": np.zeros(800)}), NOW + 120)
    samples, *_ = wanted = last(to, NOW + 121)
    assert 200 <= samples < 600
    again = Model("m", "1", settings, reference)
    assert again.thaw(to.freeze(NOW + 122), NOW + 123)
    assert last(again, NOW + 124) == wanted


def knowing_hours(reference):
    """Return the reference as if each hour of the day had been counted."""
    zero = reference.profile.spec.zero()
    counts = np.full((24, *zero.histogram.counts.shape), 500, dtype=np.int64)
    return replace(reference, strata=Strata(counts, np.zeros((24, 0, zero.categories.counts.shape[1]), dtype=np.int64)))


def test_hours_are_not_compared_with_whole_days(reference):
    """Where the reference knows the hours of the day a short window has no status, and a day has."""
    to = Model("m", "1", ModelSettings(name="m"), knowing_hours(reference))
    at = day_after_day(to, 1.0)
    found = to.evaluate(to.collect(at))
    names = [window.name for window in found.windows]
    judges = found.judges[:, 0]
    assert judges[names.index("6h")]
    assert found.embeddings.status[names.index("6h"), 0] == -1
    assert found.embeddings.status[names.index("24h"), 0] == 2


def test_a_day_that_has_begun_is_no_day(reference):
    """Windows that are filling judge columns where the hours are known; the mean waits until a day has been seen."""
    to = Model("m", "1", ModelSettings(name="m"), knowing_hours(reference))
    start, found = NOW // 86_400 * 86_400, []
    for of_day in range(24):
        observe(to, vectors(100, shift=1.0, seed=of_day), at=start + 3_600 * of_day + 60)
        if of_day in {7, 23}:
            told = to.evaluate(to.collect(start + 3_600 * (of_day + 1)))
            place = [window.name for window in told.windows].index("24h")
            assert told.judges[place, 0]
            found.append(int(told.embeddings.status[place, 0]))
    assert found == [-1, 2]


def test_an_hour_in_which_columns_are_calm_is_none_of_a_day(reference):
    """Norm and residual may be judged in short windows where the profile's own stay calm there; the mean moves with the hours all the same."""
    columns = np.ones(len(reference.profile.spec.schema.columns))
    calm = Calibration((200 * columns).astype(np.int64), *(0.01 * columns,) * 4, columns)
    to = Model("m", "1", ModelSettings(name="m"), replace(reference, calibration={"6h": calm}))
    found = to.evaluate(to.collect(day_after_day(to, 1.0)))
    names = [window.name for window in found.windows]
    assert found.judges[names.index("6h"), 0]
    assert found.embeddings.status[names.index("6h"), 0] == -1
    assert found.embeddings.status[names.index("24h"), 0] == 2
