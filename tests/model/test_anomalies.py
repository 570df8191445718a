"""Anomalies of traffic: a budget of rows is scored, all are accounted for, windows have the share and its evidence."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings, SegmentSettings
from driftgauge.derive import ANOMALY
from driftgauge.model import Model
from driftgauge.model.anomalies import AnomalySample
from driftgauge.reference import BuildOptions, build

NOW = 1_790_000_000.0


def rows(count, *, seed=0, scale=1.0):
    values = np.random.default_rng(seed).standard_normal((3, count)) * scale
    return Batch(count, inputs=dict(zip("abc", values, strict=True)))


@pytest.fixture(scope="module")
def reference():
    return build(lambda: [rows(8_000)], BuildOptions("train", 0.0, anomaly="one-class-svm"))


def model(reference, **settings):
    return Model("m", "1", ModelSettings(name="m", seasonality="none", **settings), reference)


def hour(to, at=NOW + 1):
    found = to.evaluate(to.collect(at))
    return found, [window.name for window in found.windows].index("1h")


def test_rows_unlike_the_reference_raise_share_and_evidence(reference):
    """Undrifted rows: about 1 % and no evidence; rows twice as far out: many, beyond doubt, and the column alerts."""
    calm, odd = model(reference), model(reference)
    calm.observe(rows(900, seed=1), NOW)
    odd.observe(rows(900, seed=1, scale=2.0), NOW)
    found, row = hour(calm)
    assert found.anomalies.samples[row] == 900
    assert found.anomalies.ratio[row] < 0.025
    assert found.anomalies.evidence[row] < 3
    assert found.anomalies.reference_ratio == pytest.approx(0.01, abs=0.003)
    found, row = hour(odd)
    assert found.anomalies.ratio[row] > 0.1
    assert found.anomalies.evidence[row] > 20
    place = [column.name for column in found.columns].index(ANOMALY)
    assert found.status[place] == 2


def test_what_is_beyond_the_budget_is_counted(reference):
    """Every row is scored, not sampled or unusable; the other columns have all rows."""
    to = model(reference, anomaly_rows_per_second=200)
    to.observe(rows(1_000), NOW)
    to.observe(Batch(10, inputs={name: np.full(10, np.nan) for name in "abc"}), NOW)
    to.observe(Batch(5, outputs={"prediction": np.ones(5)}), NOW)  # no inputs: nothing to score
    found, row = hour(to)
    counts = to.view(NOW).anomaly_rows
    assert counts["not_sampled"] == 810
    assert counts["scored"] + counts["unusable"] == 200
    assert found.anomalies.samples[row] == counts["scored"] >= 190
    names = [column.name for column in found.columns]
    assert found.scores.samples[row, names.index("a")] == 1_010
    assert found.scores.samples[row, names.index(ANOMALY)] == counts["scored"]
    assert found.facts["missing_ratio"][names.index(ANOMALY)] == 0


def test_no_budget_no_scores(reference):
    """0 switches the scores off: no samples, nothing undefined is published."""
    to = model(reference, anomaly_rows_per_second=0)
    to.observe(rows(300), NOW)
    found, row = hour(to)
    assert found.anomalies.samples[row] == 0
    assert np.isnan(found.anomalies.ratio[row])
    assert np.isnan(found.anomalies.evidence[row])
    assert to.view(NOW).anomaly_rows == {}


@pytest.mark.parametrize("parts", [1, 30])
def test_the_sample_is_uniform(reference, parts):
    """However rows come, each has the same chance: the mean number of the kept ones is that of all."""
    spec, counts, kept = reference.profile.spec, Counter(), []
    numbered = spec.read(Batch(3_000, inputs={name: np.arange(3_000.0) for name in "abc"})).block
    sample = AnomalySample(spec, 100, counts)
    for _ in range(40):
        for part in np.array_split(np.arange(3_000), parts):
            sample.add(numbered.take(part), NOW)
        waiting = sample.take()
        assert len(np.unique(waiting.values[:, 0])) == 100
        kept.append(waiting.values[:, 0])
    found = np.concatenate(kept)
    assert abs(found.mean() - 1_499.5) < 4 * found.std() / np.sqrt(len(found))
    assert counts == {"not_sampled": 40 * 2_900}
    assert sample.take() is None


def test_scores_are_counted_at_the_time_of_their_rows(reference):
    """Rows of two minutes, scored together later, stand in the slots of their minutes."""
    to = model(reference)
    to.observe(rows(50), NOW)
    to.observe(rows(70), NOW + 60)
    to.flush(NOW + 61)
    waiting = to.windows.waiting()
    assert len(waiting.values) == 120
    to.windows.score(waiting, waiting.scores())
    found, row = hour(to, NOW + 3_600)
    assert found.anomalies.samples[row] == 70
    assert found.anomalies.samples[row + 1] == 120


def test_checkpoints_keep_scores(reference):
    """What waited is scored before it is written; the windows go on from there."""
    to, after = model(reference), model(reference)
    to.observe(rows(300), NOW)
    assert after.thaw(to.freeze(NOW + 1), NOW + 2)
    found, row = hour(after, NOW + 3)
    assert found.anomalies.samples[row] == 300


def test_the_event_clock_scores_what_comes_between_evaluations(reference):
    """A replay is not held to a second of the wall clock."""
    to = model(reference, clock="event", anomaly_rows_per_second=10)
    batch = rows(500)
    to.observe(Batch(500, inputs=batch.inputs, timestamps=NOW + np.arange(500.0)), NOW)
    assert to.tick(NOW) is not None
    assert to.view(NOW).anomaly_rows["scored"] == 500


def test_segments_leave_the_column_out(reference):
    """Rows are scored after they were counted by segment, so a segment has no scores and no false alarm of missing ones."""
    settings = SegmentSettings(fields=("country",), columns=(ANOMALY, "a"))
    to = model(reference, segments=settings)
    batch = rows(200)
    to.observe(Batch(200, inputs=batch.inputs), NOW)
    found, _ = hour(to)
    assert [column.name for column in found.segments.columns] == ["a"]


def test_a_profile_without_a_detector_has_no_anomalies():
    """Neither scores nor counts."""
    to = model(build(lambda: [rows(2_000)], BuildOptions("train", 0.0)))
    to.observe(rows(300), NOW)
    found, _ = hour(to)
    assert found.anomalies is None
    assert to.view(NOW).anomaly_rows == {}
