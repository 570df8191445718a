"""Running totals: what counts, what does not, and how many names there can be."""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Batch, Requests
from driftgauge.model import LATENCY_BUCKETS
from driftgauge.model.tally import NAME_CHARS, UNKNOWN_NAMES, Tally
from tests.model.examples import START, batch


def counted(*batches, at=START):
    tally = Tally()
    for part in batches:
        tally.observe(part, at)
    return tally.counters


def test_requests_and_rows_are_different_things():
    """A request may carry many rows, and a client says how many requests a body stands for."""
    counters = counted(Batch(100, requests=Requests(2)), Batch(5, requests=Requests(5)))
    assert (counters.requests, counters.predictions) == (7, 105)


def test_failed_rows_are_no_predictions():
    failed = np.array([True, False, True])
    counters = counted(Batch(3, failed=failed, requests=Requests(3, failures={"timeout": 2})))
    assert (counters.requests, counters.predictions, counters.failures) == (3, 1, {"timeout": 2})


def test_bucket_bounds_are_inclusive_and_the_rest_is_beyond():
    latencies = np.array([0.001, 0.0011, 60.0, 61.0, np.nan, np.inf])
    counters = counted(Batch(6, requests=Requests(6, latencies)))
    assert counters.latency_counts[0] == 1
    assert counters.latency_counts[1] == 1
    assert counters.latency_counts[len(LATENCY_BUCKETS) - 1] == 1
    assert counters.latency_counts[-1] == 1
    assert counters.latency_sum == 0.001 + 0.0011 + 60.0 + 61.0


def test_counters_are_a_copy():
    tally = Tally()
    before = tally.counters
    tally.observe(batch(10), START)
    assert before.requests == 0
    assert before.latency_counts.sum() == 0


def test_last_observation_follows_the_clock_back():
    """Else a clock that was ahead for a minute would hide for days that a model gets no traffic."""
    tally = Tally()
    for time in (START, START + 1e7, START + 60):
        tally.observe(batch(1), time)
    assert tally.counters.last_observation == START + 60


def test_names_outside_the_schema_are_bounded():
    tally = Tally()
    for number in range(1_000):
        tally.violated({(f"field-{number}", "unknown_column"): 2}, frozenset())
    violations = tally.counters.violations
    assert len(violations) == UNKNOWN_NAMES + 1
    assert violations["_other", "unknown_column"] == 2 * (1_000 - UNKNOWN_NAMES)


def test_names_outside_the_schema_are_short():
    tally = Tally()
    tally.violated({("x" * 10_000, "unknown_column"): 1, ("x" * 9_000, "unknown_column"): 1}, frozenset())
    assert tally.counters.violations == {("x" * NAME_CHARS, "unknown_column"): 2}


def test_names_of_the_schema_are_always_kept():
    tally = Tally()
    known = frozenset(f"column-{'x' * 100}-{number}" for number in range(200))
    tally.violated({(name, "wrong_type"): 1 for name in known}, known)
    assert {name for name, _ in tally.counters.violations} == known
