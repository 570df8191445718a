"""Who may judge, from when on, and why there is no status."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.config import ColumnSettings, DriftSettings, ModelSettings
from driftgauge.drift import ALERT, OK, UNDECIDED, WARN
from driftgauge.model.judgement import Judgement
from driftgauge.profile import WINDOWS
from tests.model.examples import DAY, HOUR, SPEC, START, batch, column, ready, reference, settled, window

NAMES = tuple(window.name for window in WINDOWS)


def evaluated(model, now):
    return model.evaluate(model.collect(now))


def status(evaluation, name="age"):
    return int(evaluation.status[column(evaluation, name)])


def undecided(evaluation, name="age"):
    return evaluation.undecided[column(evaluation, name)]


def judgement(**settings):
    return Judgement.of(ModelSettings(name="m", **settings), reference(1_000), WINDOWS)


def traffic(model, hours, *, rows=200, shift=0.0, start=START):
    """Let hours of traffic pass, evaluated at the end of each; return the last evaluation."""
    evaluation = None
    for hour in range(hours):
        model.observe(batch(rows, seed=hour, shift=shift), start + hour * HOUR)
        evaluation = evaluated(model, start + (hour + 1) * HOUR - 1)
    return evaluation


def test_only_windows_of_a_day_and_more_drive_where_inputs_may_have_a_rhythm():
    made = judgement()
    assert [name for name, drives in zip(NAMES, made.drives.all(axis=1), strict=True) if drives] == ["24h", "7d", "14d"]


def test_every_window_drives_where_inputs_have_no_rhythm():
    made = judgement(seasonality="none")
    assert made.drives.all()
    assert not made.guard.any()


def test_hour_stands_guard_with_the_catch_all_threshold():
    made = judgement()
    guard = [name for name, stands in zip(NAMES, made.guard.all(axis=1), strict=True) if stands]
    assert guard == ["1h"]
    assert np.isinf(made.warn[NAMES.index("1h")]).all()
    assert (made.alert[NAMES.index("1h")] == DriftSettings().catch_all).all()


def test_column_may_have_thresholds_and_windows_of_its_own():
    made = judgement(features={"age": ColumnSettings(warn=0.3, alert=0.5, windows=("7d",))})
    day, week = NAMES.index("24h"), NAMES.index("7d")
    age, plan = (next(i for i, c in enumerate(SPEC.schema.columns) if c.name == name) for name in ("age", "plan"))
    assert (made.drives[day, age], made.drives[week, age], made.drives[day, plan]) == (False, True, True)
    assert (made.warn[week, age], made.alert[week, age], made.warn[week, plan]) == (0.3, 0.5, 0.1)


def test_evidence_follows_the_budget_unless_it_is_given():
    strict, loose = (judgement(drift=DriftSettings(false_episodes_per_week=budget)) for budget in (0.01, 10.0))
    assert (strict.evidence > loose.evidence).all()
    assert (np.diff(strict.evidence) < 0).all()  # longer windows are looked at more seldom in their own length
    assert (judgement(drift=DriftSettings(evidence=3.0)).evidence == 3.0).all()


def test_window_judges_once_it_is_warm():
    """Not before 90 % of its length have been observed, however sure the score is."""
    model = ready()
    before = traffic(model, 21, shift=8.0)
    assert (status(before), undecided(before)) == (UNDECIDED, "warming")
    after = traffic(model, 2, shift=8.0, start=START + 21 * HOUR)
    assert (status(after), undecided(after)) == (ALERT, "")


def test_guard_alerts_while_nothing_judges_yet():
    """Garbage must not have to wait for a day."""
    model = ready()
    evaluation = traffic(model, 2, shift=500.0)
    assert status(evaluation) == ALERT
    assert evaluation.window_status[window(evaluation, "1h"), column(evaluation, "age")] == ALERT


def test_steady_traffic_is_ok():
    evaluation = traffic(ready(**settled()), 30)
    assert evaluation.status.tolist() == [OK] * 4
    assert evaluation.undecided == ("",) * 4


def test_shift_warns_and_alerts_by_its_size():
    small, large = (evaluated_after(shift) for shift in (2.6, 15.0))
    assert (status(small), status(large)) == (WARN, ALERT)
    assert status(large, "plan") == OK


def evaluated_after(shift):
    return traffic(ready(**settled()), 30, rows=2_000, shift=shift)


def test_size_without_evidence_is_not_enough():
    """However large the distance is, the threshold of evidence has to be reached too."""
    model = ready(**settled(evidence=290.0))
    assert status(traffic(model, 2, shift=15.0)) == OK


def test_nothing_observed_is_no_samples():
    model = ready(**settled())
    assert set(evaluated(model, START).undecided) == {"no_samples"}


def test_role_that_never_comes_is_no_samples():
    model = ready(**settled())
    model.observe(Batch(500, inputs=batch(500).inputs), START)
    evaluation = evaluated(model, START + 60)
    assert (undecided(evaluation, "age"), undecided(evaluation, "prediction")) == ("", "no_samples")


def test_few_rows_are_too_few():
    model = ready(**settled(least_samples=100))
    model.observe(batch(99), START)
    evaluation = evaluated(model, START + 60)
    assert set(evaluation.undecided) == {"too_few"}
    assert (evaluation.status == UNDECIDED).all()
    model.observe(batch(1), START + 61)
    assert (evaluated(model, START + 62).status != UNDECIDED).all()


def test_column_that_the_reference_never_saw_has_no_reference():
    blank = reference()
    blank.profile.histogram.counts[0] = 0
    model = ready(blank, **settled())
    model.observe(batch(500), START)
    evaluation = evaluated(model, START + 60)
    assert (undecided(evaluation, "age"), undecided(evaluation, "plan")) == ("no_reference", "")


def test_muted_column_has_scores_and_no_status():
    from datetime import UTC, datetime, timedelta

    day = datetime.fromtimestamp(START + DAY, UTC).date()
    model = ready(**settled(), features={"age": ColumnSettings(mute_until=day + timedelta(days=1))})
    muted = traffic(model, 3, shift=30.0)
    assert (status(muted), undecided(muted)) == (UNDECIDED, "muted")
    assert muted.scores.debiased[-1, column(muted, "age")] > 0.2
    later = traffic(model, 3, shift=30.0, start=START + 2 * DAY)
    assert status(later) == ALERT


@pytest.mark.parametrize("name", ["age", "income", "plan", "prediction"])
def test_undecided_is_empty_exactly_where_there_is_a_status(name):
    model = ready()
    for evaluation in (traffic(model, 1), traffic(model, 25, start=START + HOUR)):
        assert (undecided(evaluation, name) == "") == (status(evaluation, name) != UNDECIDED)
