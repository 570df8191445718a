"""ln e through the model: quiet without drift, growing with it, each minute once, kept over a restart."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.model import Model
from driftgauge.reference import BuildOptions, build

START = 1_790_000_040.0  # begins a minute


def batch(rows, *, shift=0.0, seed=1):
    rng = np.random.default_rng(seed)
    kinds = (rng.random(rows) < 0.3 + shift / 4).astype(np.int32)
    return Batch(rows, {"x": rng.normal(shift, 1, rows), "kind": Categories(kinds, ("a", "b"))})


@pytest.fixture(scope="module")
def reference():
    return build(lambda: [batch(5_000)], BuildOptions("train", 0.0, multivariate=False))


def model(reference, *, wanted=True):
    return Model("m", "1", ModelSettings(name="m", seasonality="none", drift=DriftSettings(log_e=wanted)), reference)


def run(to, minutes, *, first=0, shift=0.0):
    """Observe 60 rows a minute, evaluate four times a minute, and return ln e of both columns."""
    for minute in range(first, first + minutes):
        for quarter in range(4):
            at = START + 60 * minute + 15 * quarter
            to.observe(batch(15, shift=shift, seed=100 + 4 * minute + quarter), at)
            to.tick(at)
    found = to.evaluate(to.collect(START + 60 * (first + minutes) + 1))
    return found.log_e


def test_without_drift_it_stays_low(reference):
    """Forty minutes of the same traffic are no evidence."""
    assert run(model(reference), 40).max() < 3


def test_with_drift_it_grows(reference):
    """Both columns pass 11.5 within half an hour of a shift, and go on."""
    to = model(reference)
    run(to, 10)
    soon = run(to, 30, first=10, shift=1.0)
    assert (soon > 11.5).all()
    assert (run(to, 10, first=40, shift=1.0) > soon).all()


def test_a_minute_is_taken_once(reference):
    """Evaluating again changes nothing."""
    to = model(reference)
    once = run(to, 20, shift=1.0)
    for _ in range(3):
        again = to.evaluate(to.collect(START + 60 * 20 + 1)).log_e
        assert again.tolist() == once.tolist()


def test_a_restart_goes_on(reference):
    """A run with a restart in the middle ends where one without does."""
    whole, before, after = model(reference), model(reference), model(reference)
    expected = run(whole, 20, shift=1.0)
    run(before, 10, shift=1.0)
    assert after.thaw(before.freeze(START + 601), START + 602)
    assert run(after, 10, first=10, shift=1.0) == pytest.approx(expected)


def test_it_is_off_by_default(reference):
    """Then there is none, also where a checkpoint has it; wanted later it begins anew."""
    with_it, without = model(reference), model(reference, wanted=False)
    run(with_it, 5, shift=1.0)
    assert without.thaw(with_it.freeze(START + 301), START + 302)
    assert run(without, 1, first=6) is None
    again = model(reference)
    assert again.thaw(without.freeze(START + 480), START + 481)
    assert run(again, 1, first=8).tolist() == [0.0, 0.0]
