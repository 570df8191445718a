"""Windows of the last N rows beside those of time."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.config import ColumnSettings
from driftgauge.expose import describe_model
from driftgauge.model import Evaluation, Model
from tests.simulation.traffic import START, batch, model, reference

HOUR = 3_600.0
OK, ALERT = 0, 2


def watching(**settings: object) -> Model:
    known = reference(np.random.default_rng(1).standard_normal((1, 10_000)))
    return model(known, count_windows=(500,), tick_seconds=600, **settings)


def run(
    watched: Model, rng: np.random.Generator, *, hours: int, rows: int, shift: float = 0.0, start: float = START
) -> Evaluation:
    """Send *rows* rows an hour, moved by *shift*."""
    for hour in range(hours):
        watched.observe(batch(rng.standard_normal((1, rows)) + shift), start + hour * HOUR)
        evaluation = watched.tick(start + hour * HOUR)
    assert evaluation is not None
    return evaluation


def place(evaluation: Evaluation) -> int:
    return [window.name for window in evaluation.windows].index("last_500")


def test_thin_traffic_is_judged_by_its_last_rows():
    """Five rows an hour: no window of a day has a hundred rows soon, the last 500 do, and see a step."""
    rng = np.random.default_rng(2)
    watched = watching(features={"f0": ColumnSettings(windows=("last_500",))})
    before = run(watched, rng, hours=120, rows=5)
    assert before.status.tolist() == [OK]
    after = run(watched, rng, hours=100, rows=5, shift=1.0, start=START + 120 * HOUR)
    assert after.status.tolist() == [ALERT]
    assert after.window_status[place(after), 0] == ALERT
    assert after.scores.samples[place(after), 0] <= 550


def test_rows_that_span_less_than_a_day_do_not_judge():
    """They would measure the clock: full after five hours, it is warming until they reach back a day."""
    watched = watching()
    early = run(watched, np.random.default_rng(3), hours=5, rows=120)
    assert early.coverage[place(early)] == 1.0
    assert not early.judges[place(early)].any()
    assert early.undecided == ("warming",)


def test_without_a_rhythm_they_judge_at_once():
    """`seasonality: none` says that the clock does not matter."""
    full = run(watching(seasonality="none"), np.random.default_rng(4), hours=5, rows=120)
    assert full.judges[place(full)].all()


def test_they_do_not_judge_before_they_are_full():
    """Half of the rows are not the last 500."""
    half = run(watching(seasonality="none"), np.random.default_rng(5), hours=2, rows=120)
    assert half.coverage[place(half)] == pytest.approx(0.48)
    assert not half.judges[place(half)].any()


def test_they_have_a_name_of_their_own_everywhere():
    """The window is called after its rows in the evaluation and in the JSON, with its coverage."""
    watched = watching()
    run(watched, np.random.default_rng(6), hours=3, rows=120)
    windows = describe_model(watched.view(START + 3 * HOUR))["evaluation"]["windows"]
    assert [window["name"] for window in windows][-1] == "last_500"
    assert windows[-1]["coverage"] == pytest.approx(0.72)


def test_rows_that_span_about_a_day_do_not_come_and_go():
    """Twenty-two rows an hour, give or take, are 500 in 21 to 25 hours: once the window judges it goes on judging."""
    rng = np.random.default_rng(7)
    watched = watching(features={"f0": ColumnSettings(windows=("last_500",))})
    judging = [
        bool(run(watched, rng, hours=1, rows=rows, start=START + hour * HOUR).judges[-1, 0])
        for hour, rows in enumerate(22 + 2 * (np.arange(200) // 30 % 2 * 2 - 1))
    ]
    assert any(judging)
    assert all(judging[judging.index(True) :])
