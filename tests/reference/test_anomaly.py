"""Detectors of anomalies in profiles: honest counts, files that read back, real data whose oddities show."""

from __future__ import annotations

import json

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.derive import ANOMALY
from driftgauge.errors import ProfileError, SourceError
from driftgauge.profile import dumps, loads
from driftgauge.reference import BuildOptions, build, without
from driftgauge.reference.merge import merge

KINDS = ("isolation-forest", "one-class-svm")


def rows(count: int, *, seed: int = 0, start: float | None = None) -> Batch:
    rng = np.random.default_rng(seed)
    first = rng.standard_normal(count)
    inputs = {"a": first, "b": first + 0.3 * rng.standard_normal(count), "c": rng.exponential(size=count)}
    return Batch(count, inputs=inputs, timestamps=None if start is None else start + np.arange(count) * 60.0)


def built(kind: str = "isolation-forest", count: int = 4_000, **options: object):
    parts = [rows(count // 4, seed=part) for part in range(4)]
    return build(lambda: parts, BuildOptions("train", 0.0, anomaly=kind, **options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def forest():
    return built()


@pytest.mark.parametrize("kind", KINDS)
def test_one_row_in_a_hundred_is_beyond_the_threshold_also_of_new_rows(kind):
    """The rows that were fitted on are not among the counted ones, so undrifted rows score as the reference's did."""
    reference = built(kind, 8_000)
    scoring = reference.profile.spec.scoring
    beyond, scored = scoring.beyond(reference.profile.histogram)
    assert scored == 8_000 - (2_000 if kind == "one-class-svm" else 4_000)
    assert beyond == pytest.approx(0.01 * scored, rel=0.25)
    fresh = reference.profile.spec.of(rows(8_000, seed=99))
    odd, every = scoring.beyond(fresh.histogram)
    assert every == 8_000
    assert 0.006 < odd / every < 0.015


def test_a_row_without_a_score_is_not_missing(forest):
    """The column's samples are the scored rows; no value counts as missing, and the other columns have all rows."""
    spec = forest.profile.spec
    block = spec.read(rows(100, seed=5)).block
    none = spec.count(block)
    some = spec.count(spec.scored(block, np.arange(30)))
    place = [column.name for column in spec.schema.numeric].index(ANOMALY)
    assert none.histogram.total.tolist() == [
        0 if number == place else 100 for number in range(len(none.histogram.total))
    ]
    assert (some.histogram.total[place], some.histogram.counts[place, -1]) == (30, 0)
    later = none.merge(spec.of_scores(spec.scored(block, np.arange(30)).narrow[place, :30]))
    assert np.array_equal(later.histogram.counts, some.histogram.counts)
    assert later.rows == some.rows


def test_rows_of_which_nothing_is_known_have_no_score(forest):
    """All inputs missing: no score; one missing: a score with the mean in its place."""
    spec = forest.profile.spec
    values = {name: np.array([np.nan, 0.1]) for name in ("a", "b", "c")} | {"c": np.array([np.nan, np.nan])}
    found = spec.of(Batch(2, inputs=values))
    assert spec.scoring.beyond(found.histogram)[1] == 1


def test_a_score_that_is_sent_is_not_taken(forest):
    """A column of the name is a value that no column can hold."""
    sent = rows(10)
    reading = forest.profile.spec.read(Batch(10, inputs={**sent.inputs, ANOMALY: np.ones(10)}))
    assert reading.violations == {(ANOMALY, "unknown_column"): 10}
    place = [column.name for column in forest.profile.spec.schema.numeric].index(ANOMALY)
    assert np.isnan(reading.block.narrow[place]).all()
    assert not forest.profile.spec.read(sent).violations


@pytest.mark.parametrize("kind", KINDS)
def test_a_detector_survives_its_file(kind):
    """The profile reads back, scores to the last bit and counts alike; its text is stable."""
    reference = built(kind)
    text = dumps(reference)
    again = loads(text)
    new = rows(500, seed=7)
    assert np.array_equal(reference.profile.spec.of(new).histogram.counts, again.profile.spec.of(new).histogram.counts)
    assert dumps(again) == text
    assert len(text) < 200_000


def test_an_autoencoder_survives_its_file():
    """As the others."""
    pytest.importorskip("torch")
    reference = built("autoencoder")
    again = loads(dumps(reference))
    new = rows(500, seed=7)
    assert np.array_equal(reference.profile.spec.of(new).histogram.counts, again.profile.spec.of(new).histogram.counts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "pickle"}, "kind 'pickle', expected one of"),
        ({"columns": ["a"]}, "each with a mean and a scale"),
        ({"columns": ["a", "b", "elsewhere"]}, "expected the numeric inputs"),
        ({"threshold": 0.123}, "threshold is an edge"),
        ({"scales": [1.0, 0.0, 1.0]}, "scales > 0"),
        ({"means": [1.0, float("nan"), 1.0]}, "finite"),
        ({"trees": []}, "1 to 500 trees"),
        ({"trees": [{"features": [7, -1, -1], "thresholds": [0.0], "samples": [1, 1]}]}, "a detector of 3 columns"),
        ({"trees": [{"features": [0], "thresholds": [0.0], "samples": []}]}, "cut off"),
    ],
    ids=["kind", "columns", "unknown", "threshold", "scales", "nan", "no trees", "wide", "torn"],
)
def test_a_damaged_detector_is_refused(forest, change, message):
    """Whatever does not fit is an error that says what."""
    document = json.loads(dumps(forest))
    document["anomaly"] |= change
    with pytest.raises(ProfileError, match=message):
        loads(json.dumps(document))


def test_an_ignored_input_takes_the_detector_with_it(forest):
    """Without a column that it looks at a detector cannot score; another column's loss does it no harm."""
    names = [column.name for column in without(forest, {"a"}).profile.spec.schema.columns]
    assert ANOMALY not in names
    assert without(forest, {"a"}).profile.spec.detector is None
    assert without(forest, {"nothing"}).profile.spec.detector is forest.profile.spec.detector


def test_profiles_of_one_detector_add_and_of_two_do_not(forest):
    """Scores of other detectors are other numbers."""
    both = merge(forest, loads(dumps(forest)), created=0.0)
    assert both.profile.spec.scoring.beyond(both.profile.histogram) == tuple(
        2 * part for part in forest.profile.spec.scoring.beyond(forest.profile.histogram)
    )
    with pytest.raises(ProfileError, match=r"edges|another detector"):
        merge(forest, built("one-class-svm"), created=0.0)


def test_hours_and_chunks_know_the_scores():
    """With event times the score has thresholds by window as any column."""
    parts = [rows(14_400, seed=part, start=1_800_057_600.0 + part * 864_000) for part in range(3)]
    reference = build(lambda: parts, BuildOptions("train", 0.0, anomaly="one-class-svm", strata="always"))
    place = [column.name for column in reference.profile.spec.schema.numeric].index(ANOMALY)
    assert np.isfinite(reference.calibration["24h"].q95[place])
    assert (
        reference.strata.numeric[:, place].sum()
        == reference.profile.spec.scoring.beyond(reference.profile.histogram)[1]
    )


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (rows(900), "900 rows, an anomaly detector needs 1000 or more"),
        (Batch(2_000, inputs={"a": np.ones(2_000)}), "no numeric input varies"),
        (Batch(2_000, inputs={ANOMALY: np.arange(2_000.0)}), "already"),
    ],
    ids=["few", "constant", "taken"],
)
def test_data_without_a_detector_in_them(batch, message):
    """Too few rows, nothing that varies, a column of the name: each is said."""
    with pytest.raises(SourceError, match=message):
        build(lambda: [batch], BuildOptions("train", 0.0, anomaly="one-class-svm"))


def test_real_digits_with_noise_are_anomalies():
    """Pictures of digits with noise as strong as half of the ink: many are beyond the threshold, untouched ones are not."""
    datasets = pytest.importorskip("sklearn.datasets")
    pixels = np.random.default_rng(3).permutation(datasets.load_digits().data)
    noisy = np.clip(pixels[1_200:] + np.random.default_rng(4).normal(0, 8, pixels[1_200:].shape), 0, 16)
    known, calm, moved = (
        Batch(len(part), inputs={f"p{place}": column for place, column in enumerate(part.T)})
        for part in (pixels[:1_200], pixels[1_200:], noisy)
    )
    spec = build(lambda: [known], BuildOptions("digits", 0.0, anomaly="isolation-forest")).profile.spec
    shares = [odd / every for odd, every in (spec.scoring.beyond(spec.of(part).histogram) for part in (calm, moved))]
    assert shares[0] < 0.04
    assert shares[1] > 0.5


def test_real_flights_whose_air_time_is_of_another_flight_are_anomalies():
    """Distance and air time each stay as they were; together they make flights that cannot be."""
    pandas = pytest.importorskip("pandas")
    from driftgauge.demo.flights import _file

    flights = pandas.read_csv(_file(), usecols=["month", "distance", "air_time"]).dropna()
    winter = flights[flights["month"] == 1].sample(8_000, random_state=0)[["distance", "air_time"]].to_numpy(float)
    mixed = np.random.default_rng(0).permuted(winter[4_000:], axis=0)
    known, calm, moved = (
        Batch(len(part), inputs={"distance": part[:, 0], "air_time": part[:, 1]})
        for part in (winter[:4_000], winter[4_000:], mixed)
    )
    spec = build(lambda: [known], BuildOptions("flights", 0.0, anomaly="one-class-svm")).profile.spec
    shares = [odd / every for odd, every in (spec.scoring.beyond(spec.of(part).histogram) for part in (calm, moved))]
    assert shares[0] < 0.02
    assert shares[1] > 0.3
