"""What drifts is found in time and nothing else is: shifts, daily cycles, and the small cases that requirements name."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from driftgauge.batch import Batch, Categories, Column, Requests
from driftgauge.model import Evaluation, Model
from driftgauge.reference import BuildOptions, build
from tests.simulation.traffic import MINUTE, START, Episodes, batch, blocks, model, reference

FEATURES = 100
DAY_MINUTES = 24 * 60
OK, ALERT, UNDECIDED = 0, 2, -1


@pytest.mark.parametrize("seed", range(5))
def test_a_shift_of_one_feature_of_a_hundred_alerts_within_twenty_minutes(seed: int):
    """0.6 sigma at 100 rows a minute after an hour without drift: that feature alerts, the others stay ok."""
    rng = np.random.default_rng(seed)
    watched = model(reference(rng.standard_normal((FEATURES, 10_000))), seasonality="none")
    alerts = []
    for minute, values in enumerate(blocks(rng, columns=FEATURES, rows=100, count=90)):
        if minute >= 60:
            values[0] += 0.6
        watched.observe(batch(values), START + minute * MINUTE)
        evaluation = watched.tick(START + minute * MINUTE)
        assert evaluation is not None
        assert (evaluation.status[1:] <= OK).all()
        if evaluation.status[0] == ALERT:
            alerts.append(minute - 60)
    assert 0 < alerts[0] <= 20
    assert alerts[-1] == 29


@pytest.mark.parametrize("start_hour", [0, 6, 13])
def test_a_pod_that_starts_amid_a_daily_cycle_raises_nothing_in_its_first_day(start_hour: int):
    """A cycle of 0.5 sigma in all features, a reference of whole days: neither the warming windows nor the first warm one."""
    rng = np.random.default_rng(start_hour)
    week = np.arange(7 * DAY_MINUTES)
    watched = model(reference(rng.standard_normal((20, len(week))) + cycle(week)))
    episodes = Episodes()
    for minute, values in enumerate(blocks(rng, columns=20, rows=10, count=26 * 60)):
        minute_of_day = start_hour * 60 + minute
        now = START + minute_of_day * MINUTE
        watched.observe(batch(values + cycle(np.array(minute_of_day))), now)
        evaluation = watched.tick(now)
        episodes.see(evaluation, 1)
    assert evaluation is not None
    assert (evaluation.status == OK).all()
    assert episodes.count == 0


def cycle(minute: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far the mean is from its average at a minute of the day."""
    return 0.5 * np.sin(2 * np.pi * minute / DAY_MINUTES)


def plans(basic: int, plus: int) -> Column:
    """Return a column of two categories."""
    return Categories(np.repeat(np.array([0, 1], dtype=np.int32), [basic, plus]), ("basic", "plus"))


def judged(before: Column, now: Column) -> tuple[Model, Evaluation]:
    """Judge one column against another, in windows that need no warming."""
    built = build(lambda: [_of(before)], BuildOptions("before", START))
    watched = model(built, seasonality="none")
    watched.observe(_of(now), START)
    evaluation = watched.tick(START)
    assert evaluation is not None
    return watched, evaluation


def _of(column: Column) -> Batch:
    return Batch(len(column), inputs={"x": column}, requests=Requests(len(column)))


def test_a_swapped_balance_of_two_categories_alerts_at_a_hundred_samples():
    """(0.4, 0.6) against (0.8, 0.2): an alert in every window, with evidence."""
    _, evaluation = judged(plans(40, 60), plans(80, 20))
    assert evaluation.status.tolist() == [ALERT]
    assert (evaluation.window_status == ALERT).all()
    assert evaluation.scores.score[0, 0] == pytest.approx(0.353, abs=5e-4)
    assert evaluation.scores.evidence[0, 0] == pytest.approx(8.0, abs=0.1)


def test_ten_samples_are_too_few_to_judge():
    """The same balance in ten rows has a score, and no status."""
    _, evaluation = judged(plans(40, 60), plans(8, 2))
    assert evaluation.status.tolist() == [UNDECIDED]
    assert evaluation.undecided == ("too_few",)
    assert evaluation.scores.score[0, 0] > 0.3


def test_identical_data_score_zero_and_are_ok():
    """The reference's own rows are at distance 0 from it, categories and numbers alike."""
    values = np.random.default_rng(1).standard_normal(1_000)
    for column in (plans(400, 600), values):
        _, evaluation = judged(column, column)
        assert evaluation.scores.score.tolist() == [[0.0]] * len(evaluation.windows)
        assert evaluation.status.tolist() == [OK]


def test_longer_sequences_alert():
    """Prompts of 200 tokens in place of 120."""
    rng = np.random.default_rng(2)
    _, evaluation = judged(rng.poisson(120, 2_000).astype(float), rng.poisson(200, 200).astype(float))
    assert evaluation.status.tolist() == [ALERT]
    assert evaluation.facts["mean"][0] == pytest.approx(200, rel=0.05)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param(plans(1_000, 0), plans(0, 200), id="no category in common"),
        pytest.param(plans(500, 500), plans(0, 200), id="a category that is gone"),
        pytest.param(np.linspace(0, 1, 1_000), np.full(200, 0.5), id="one bin only"),
        pytest.param(np.linspace(0, 1, 1_000), np.full(200, 7.0), id="beyond the reference"),
        pytest.param(np.full(1_000, 3.0), np.linspace(0, 1, 200), id="a constant that moves"),
        pytest.param(np.linspace(0, 1, 1_000), np.full(200, np.nan), id="all missing"),
    ],
)
def test_bins_that_are_empty_on_either_side_give_finite_scores(before: Column, now: Column):
    """Empty bins are neither infinite nor a warning, and such a change alerts."""
    _, evaluation = judged(before, now)
    for name in ("score", "noise_floor", "debiased", "evidence"):
        assert np.isfinite(getattr(evaluation.scores, name)).all(), name
    assert evaluation.status.tolist() == [ALERT]
