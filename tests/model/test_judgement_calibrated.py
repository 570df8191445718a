"""Which windows judge which columns, with what thresholds, and what is said where they do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from driftgauge.config import ColumnSettings, DriftSettings, ModelSettings
from driftgauge.drift import evidence_threshold
from driftgauge.expose import CLASSIC, ExporterView, Exposition, describe_model
from driftgauge.model import Evaluation, Model
from driftgauge.model.judgement import Judgement
from driftgauge.profile import WINDOWS, Calibration, Reference
from tests.simulation.traffic import START, batch, model, reference

HOUR, DAY = 3_600.0, 86_400.0
NAMES = [window.name for window in WINDOWS]
UNDECIDED, OK, WARN, ALERT = -1, 0, 1, 2


def plain(columns: int = 2) -> Reference:
    return reference(np.random.default_rng(1).standard_normal((columns, 10_000)))


def calibrated(**reached: tuple[float, float]) -> Reference:
    """Return a reference of two columns whose 200 chunks reach the given scores, by window (its name after a `w`)."""
    ones = np.ones(2)

    def figures(scores: tuple[float, float]) -> Calibration:
        most = np.array(scores)
        return Calibration(np.array([200, 200]), most, most, most, most, ones)

    return replace(plain(), calibration={name[1:]: figures(scores) for name, scores in reached.items()})


def judgement(of: Reference, **settings: object) -> Judgement:
    return Judgement.of(ModelSettings(name="m", **settings), of, WINDOWS)  # type: ignore[arg-type]


def test_thresholds_are_raised_to_what_chunks_reach():
    """A quarter above the chunks' figure where that is more than the configured threshold, in that window only."""
    found = judgement(calibrated(w24h=(0.05, 0.24)))
    day, week = NAMES.index("24h"), NAMES.index("7d")
    np.testing.assert_allclose(found.warn[day], [0.1, 0.3])
    np.testing.assert_allclose(found.alert[day], [0.2, 0.3])
    np.testing.assert_allclose(found.alert[week], [0.2, 0.2])


def test_above_the_ceiling_a_window_cannot_judge():
    """Chunks that reach 0.7 would need 0.875: the day is too variable, and the week takes over."""
    found = judgement(calibrated(w24h=(0.05, 0.7)))
    day, week = NAMES.index("24h"), NAMES.index("7d")
    assert found.too_variable[day].tolist() == [False, True]
    assert found.drives[day].tolist() == [True, False]
    assert found.drives[week].all()
    assert found.alert[day, 1] == np.inf


def test_calm_hours_judge_though_the_clock_is_unknown():
    """An hour whose chunks stay below half of the warning threshold may judge; one that strays may not."""
    hour = NAMES.index("1h")
    assert judgement(calibrated(w1h=(0.04, 0.06))).drives[hour].tolist() == [True, False]


def test_by_default_only_days_and_longer_judge():
    """Without hours, calm chunks or a word on seasonality, short windows are for looking, and one hour stands guard."""
    found = judgement(plain())
    assert found.drives.all(axis=1).tolist() == [window.seconds >= DAY for window in WINDOWS]
    assert [name for name, guards in zip(NAMES, found.guard.all(axis=1), strict=True) if guards] == ["1h"]
    assert found.alert[NAMES.index("1h")].tolist() == [0.4, 0.4]


def test_windows_share_the_budget_of_evidence():
    """The evidence wanted is that of one window plus the number of windows that may raise, in powers of ten."""
    found = judgement(plain(), tick_seconds=15)
    expected = [evidence_threshold(2, window.seconds, 15) + np.log10(4) for window in WINDOWS]
    np.testing.assert_allclose(found.evidence, expected)


def test_a_window_that_is_filling_waits_where_shorter_ones_stray_further():
    """Without a rhythm windows judge before they are full, but not with a threshold that a shorter one would break."""
    found = judgement(calibrated(w15m=(0.05, 0.3)), seasonality="none")
    young = found.judges(
        np.full(len(WINDOWS), 0.1),
        np.array([float(window.seconds) for window in WINDOWS]),
        np.zeros(len(WINDOWS), dtype=bool),
    )
    assert young[:, 0].all()
    assert young[:, 1].tolist() == [True] + [False] * 5
    full = found.judges(
        np.ones(len(WINDOWS)),
        np.array([float(window.seconds) for window in WINDOWS]),
        np.zeros(len(WINDOWS), dtype=bool),
    )
    assert full.all()


def test_a_columns_own_settings_hold_for_it_alone():
    """Thresholds and windows of one column; chunks still raise its thresholds."""
    own = ColumnSettings(warn=0.15, alert=0.25, windows=("7d",))
    found = judgement(calibrated(w14d=(0.05, 0.05)), features={"f0": own})
    week, fortnight = NAMES.index("7d"), NAMES.index("14d")
    assert (found.warn[week, 0], found.alert[week, 0]) == (0.15, 0.25)
    assert (found.warn[week, 1], found.alert[week, 1]) == (0.1, 0.2)
    assert found.drives[:, 0].tolist() == [name == "7d" for name in NAMES]
    assert found.drives[fortnight, 1]
    raised = judgement(calibrated(w7d=(0.4, 0.4)), features={"f0": own})
    assert raised.alert[week, 0] == pytest.approx(0.5)


# ---- what is said, everywhere alike


def run(
    watched: Model, hours: float, *, shift: float = 0.0, start: float = START, rows: int = 60, columns: int = 2
) -> Evaluation:
    """Send *rows* rows an hour, the first column moved by *shift*, and evaluate every hour."""
    rng = np.random.default_rng(2)
    for hour in range(int(hours)):
        values = rng.standard_normal((columns, rows))
        values[0] += shift
        watched.observe(batch(values), start + hour * HOUR)
        evaluation = watched.tick(start + hour * HOUR + 1)
    assert evaluation is not None
    return evaluation


def scraped(watched: Model, now: float) -> Mapping[str, list[tuple[dict[str, str], float]]]:
    """Return the samples of a scrape by name."""
    from prometheus_client.parser import text_string_to_metric_families

    text = Exposition().render([watched.view(now)], ExporterView(version="0"), CLASSIC).decode()
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def reasons(watched: Model, now: float) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return why each column is undecided by the evaluation, the JSON and the metrics; "" where it is not."""
    view = watched.view(now)
    evaluation = view.evaluation
    assert evaluation is not None
    said = dict(zip((column.name for column in evaluation.columns), evaluation.undecided, strict=True))
    described = {
        column["feature"]: column["undecided"] or "" for column in describe_model(view)["evaluation"]["columns"]
    }
    samples = scraped(watched, now)
    status = {labels["feature"]: value for labels, value in samples["driftgauge_drift_status"]}
    exposed = dict.fromkeys(said, "")
    for labels, value in samples.get("driftgauge_drift_undecided", []):
        if value == 1:
            exposed[labels["feature"]] = labels["reason"]
    assert all((status[name] == UNDECIDED) == bool(reason) for name, reason in exposed.items())
    return said, described, exposed


@pytest.mark.parametrize(
    ("made", "hours", "settings", "expected"),
    [
        pytest.param(plain, 3, {}, ("warming", "warming"), id="warming"),
        pytest.param(plain, 24, {}, ("", ""), id="a day is full"),
        pytest.param(plain, 24, {"features": {"f1": ColumnSettings(windows=("14d",))}}, ("", "warming"), id="by column"),
        pytest.param(plain, 24, {"drift": DriftSettings(least_samples=10**6, measures=())}, ("too_few",) * 2, id="few"),
        pytest.param(
            lambda: calibrated(w24h=(0.05, 0.7), w7d=(0.05, 0.7), w14d=(0.05, 0.7)),
            24, {}, ("", "too_variable"), id="too variable",
        ),
        pytest.param(
            lambda: calibrated(w24h=(0.05, 0.7)), 24, {}, ("", "warming"), id="the week that can judge is not full"
        ),
        pytest.param(
            plain, 24, {"features": {"f0": ColumnSettings(mute_until=date(2100, 1, 1))}}, ("muted", ""), id="muted"
        ),
    ],
)  # fmt: skip
def test_the_reason_is_the_same_in_evaluation_json_and_metrics(
    made: Any, hours: int, settings: dict[str, object], expected: tuple[str, str]
):
    """A column without a status has one reason, and all three say the same one."""
    watched = model(made(), tick_seconds=600, **settings)
    run(watched, hours)
    wanted = dict(zip(("f0", "f1"), expected, strict=True))
    assert reasons(watched, START + hours * HOUR) == (wanted, wanted, wanted)


def test_silence_has_a_reason_too():
    """A model that nobody has asked for longer than its windows has no samples."""
    watched = model(plain(), tick_seconds=600, seasonality="none")
    run(watched, 2)
    assert watched.tick(START + 30 * DAY) is not None
    wanted = {"f0": "no_samples", "f1": "no_samples"}
    assert reasons(watched, START + 30 * DAY) == (wanted, wanted, wanted)


def test_the_catch_all_alerts_while_the_day_is_warming():
    """A shift of two standard deviations in the first hours alerts, though no window judges yet."""
    found = run(model(plain(), tick_seconds=600), 5, shift=2.0, rows=200)
    assert found.status.tolist() == [ALERT, UNDECIDED]
    assert found.undecided == ("", "warming")
    assert not found.judging.any()


def test_a_day_drives_after_nine_tenths_of_it():
    """The 24 h window judges from 21.6 hours on."""
    watched = model(plain(), tick_seconds=600)
    assert not run(watched, 22).judging.any()  # the last evaluation is at 21 hours
    assert run(watched, 1, start=START + 22 * HOUR).judging[NAMES.index("24h")]


# ---- settings of single columns


def test_a_muted_column_scores_and_stays_silent_until_its_day():
    """Until midnight (UTC) of the day there is no status, in no window; from then on there is."""
    until = datetime.fromtimestamp(START + 2 * DAY, UTC).date()
    watched = model(plain(), tick_seconds=600, seasonality="none", features={"f0": ColumnSettings(mute_until=until)})
    before = run(watched, 47, shift=1.0)
    assert before.status.tolist() == [UNDECIDED, OK]
    assert before.window_status[:, 0].max() == UNDECIDED
    assert before.scores.debiased[NAMES.index("24h"), 0] > 0.3
    assert before.verdict == OK
    after = run(watched, 3, shift=1.0, start=START + 48 * HOUR)
    assert after.status[0] == ALERT


def test_an_ignored_column_is_not_there():
    """No score, no status, no violation, though rows bring it."""
    watched = model(plain(), tick_seconds=600, features={"f0": ColumnSettings(ignore=True)})
    found = run(watched, 3)
    assert [column.name for column in found.columns] == ["f1"]
    assert not watched.view(START + 3 * HOUR).counters.violations


def test_a_column_without_weight_does_not_count_in_the_verdict():
    """It alerts for itself; the model's verdict and the weight that has drifted leave it out."""
    features = {"f0": ColumnSettings(weight=0), "f1": ColumnSettings(weight=3)}
    watched = model(plain(), tick_seconds=600, seasonality="none", features=features)
    found = run(watched, 10, shift=1.5)
    assert found.status.tolist() == [ALERT, OK]
    assert found.verdict == OK
    samples = scraped(watched, START + 10 * HOUR)
    assert [value for _, value in samples["driftgauge_drift_model_status"]] == [OK]
    assert {value for _, value in samples["driftgauge_drifted_weight_ratio"]} == {0.0}


def test_the_weight_that_has_drifted_is_a_share():
    """One drifted column of weight 1 beside one of weight 3: a quarter."""
    watched = model(plain(), tick_seconds=600, seasonality="none", features={"f1": ColumnSettings(weight=3)})
    assert run(watched, 10, shift=1.5).verdict == ALERT
    samples = scraped(watched, START + 10 * HOUR)["driftgauge_drifted_weight_ratio"]
    assert max(value for _, value in samples) == 0.25


# ---- rolling references


def changes(found: Evaluation) -> dict[str, float]:
    """Return the debiased score of the first column by mode."""
    return {change.mode: float(change.scores.debiased[0]) for change in found.changes}


def test_a_rolling_reference_sees_a_sudden_change_and_forgets_it():
    """High in the first hours and the first day after a step; a week later the step is the past."""
    watched = model(plain(), tick_seconds=HOUR)
    quiet = changes(run(watched, 9 * 24, rows=300))
    assert max(quiet.values()) < 0.1
    # The newest hour and the newest day are whole: the step is in them an hour, and a day, after it came.
    hours_after = changes(run(watched, 3, shift=1.0, rows=300, start=START + 9 * DAY))
    assert hours_after["same_hour_7d"] > 0.3
    day_after = changes(run(watched, 22, shift=1.0, rows=300, start=START + 9 * DAY + 3 * HOUR))
    assert day_after["previous_window"] > 0.3
    week_after = run(watched, 8 * 24, shift=1.0, rows=300, start=START + 10 * DAY + HOUR)
    assert max(changes(week_after).values()) < 0.1
    assert week_after.status[0] == ALERT  # drift it still is


def test_changes_are_published_as_changes_and_never_as_a_status():
    """They have series of their own by mode, and a column that only changed is ok."""
    watched = model(plain(), tick_seconds=HOUR, drift=DriftSettings(warn=0.9, alert=0.95, catch_all=0.95, measures=()))
    run(watched, 50)
    found = run(watched, 3, shift=1.0, start=START + 50 * HOUR)
    assert found.status.tolist() == [OK, OK]
    samples = scraped(watched, START + 53 * HOUR)["driftgauge_change_debiased"]
    modes = {(labels["mode"], labels["window"]) for labels, _ in samples}
    assert modes == {("same_hour_7d", "1h"), ("previous_window", "24h")}
