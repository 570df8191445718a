"""Estimates of a model's windows, and when they are valid: through the model, as traffic comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.config import ModelSettings
from driftgauge.derive import with_score_columns
from driftgauge.model import Model
from driftgauge.reference import BuildOptions, build

NOW = 1_790_000_000.0


def rows(n, *, hard=0.0, labelled=False, seed=1):
    """Return rows of a model with true probabilities; *hard* moves them towards one half."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.5, 1.0, n)
    sure = np.where(rng.random(n) < hard, 0.5 + (sure - 0.5) / 4, sure)
    side = rng.integers(0, 2, n)
    p = np.where(side == 1, sure, 1 - sure)
    truth = (rng.random(n) < p).astype(np.int32)
    names = ("0", "1")
    return Batch(
        n,
        {
            "x": sure + rng.normal(0, 0.1, n),
            "kind": Categories(rng.integers(0, 3, n).astype(np.int32), ("a", "b", "c")),
        },
        {"prediction": Categories(side.astype(np.int32), names)},
        probabilities=np.stack([1 - p, p], axis=1),
        labels=Categories(truth, names) if labelled else None,
    )


@pytest.fixture(scope="module")
def reference():
    batch = with_score_columns(rows(6_000, labelled=True))
    return build(lambda: [batch], BuildOptions("train", 0.0))


def judged(reference, batch):
    """Return the estimate over the window of an hour."""
    model = Model("m", "1", ModelSettings(name="m", seasonality="none"), reference)
    model.observe(batch, NOW)
    found = model.evaluate(model.collect(NOW + 1))
    place = [window.name for window in found.windows].index("1h")
    performance = found.performance
    return {name: getattr(performance, name)[place] for name in ("value", "stderr", "evidence", "valid", "samples")}


def test_traffic_like_the_reference(reference):
    """It is expected to be as often right, without evidence of less, and that is valid."""
    found = judged(reference, rows(2_000, seed=2))
    assert found["value"] == pytest.approx(0.75, abs=0.02)
    assert found["evidence"] < 3
    assert found["valid"] == 1
    assert found["samples"] == 2_000


def test_a_harder_mix(reference):
    """Less sure rows: a lower accuracy with evidence, valid, and near the accuracy that labels would show."""
    batch = rows(2_000, hard=0.3, seed=3, labelled=True)
    found = judged(reference, replace(batch, labels=None))
    right = (batch.labels.codes == batch.outputs["prediction"].codes).mean()
    assert abs(found["value"] - right) < 3 * found["stderr"]
    assert found["evidence"] > 6
    assert found["valid"] == 1


BROKEN = {
    "missing": lambda batch: {"x": np.where(np.arange(batch.rows) % 3 == 0, np.nan, batch.inputs["x"])},
    "outside": lambda batch: {"x": np.where(np.arange(batch.rows) % 3 == 0, 50.0, batch.inputs["x"])},
    "unseen": lambda batch: {"kind": Categories(batch.inputs["kind"].codes, ("a", "b", "new"))},
}


@pytest.mark.parametrize("how", BROKEN)
def test_new_values_make_it_invalid(reference, how):
    """Inputs that drift through values that the reference did not have say that more than the mix has changed."""
    batch = rows(2_000, seed=4)
    found = judged(reference, replace(batch, inputs={**batch.inputs, **BROKEN[how](batch)}))
    assert found["valid"] == 0


def test_a_confidence_far_from_the_reference_makes_it_invalid(reference):
    """Where nearly all rows are unsure, the reference's few say little."""
    assert judged(reference, rows(2_000, hard=1.0, seed=5))["valid"] == 0


def test_too_few_rows(reference):
    """A window below the least number of samples is not valid; an empty one has no estimate."""
    assert judged(reference, rows(50, seed=6))["valid"] == 0
    model = Model("m", "1", ModelSettings(name="m"), reference)
    found = model.evaluate(model.collect(NOW)).performance
    assert np.isnan(found.value).all()
    assert np.isnan(found.valid).all()
