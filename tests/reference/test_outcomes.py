"""Outcomes of labelled reference data: counted, written, read and kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.drift import calibration_error
from driftgauge.errors import ProfileError
from driftgauge.profile import dumps, loads
from driftgauge.reference import BuildOptions, build, without
from driftgauge.reference.merge import merge
from driftgauge.sources import Roles

ROWS = 2_000
NAMES = ("no", "yes")


def coded(values):
    return Categories(np.asarray(values).astype(np.int32), NAMES)


def data(seed=1, *, labelled=True):
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.05, 0.95, ROWS)
    truth = rng.random(ROWS) < p
    return Batch(
        ROWS,
        inputs={"x": p},
        outputs={"prediction": coded(p > 0.5)},
        probabilities=np.stack([1 - p, p], axis=1),
        labels=coded(np.where(np.arange(ROWS) % 4 == 0, -1, truth)) if labelled else None,
    ), truth


def built(batch, **options):
    return build(
        lambda: [batch.take(slice(0, 700)), batch.take(slice(700, None))], BuildOptions("train", 0.0, **options)
    )


def test_a_classifier():
    """Accuracy and calibration are those of the labelled rows; classes are named as the profile counts them."""
    batch, truth = data()
    outcomes = built(batch, classes=NAMES).outcomes
    labelled = np.arange(ROWS) % 4 != 0
    predicted = batch.outputs["prediction"].codes == 1
    assert outcomes.total == 1_500
    assert outcomes.sketches["confusion"].accuracy == pytest.approx((predicted == truth)[labelled].mean())
    assert set(outcomes.names) == set(NAMES)
    bins = outcomes.sketches["reliability"].equal_width
    found = calibration_error(bins.counts, bins.confidence, bins.correct)
    assert abs(found.gap) < 0.05
    assert outcomes.summary.startswith("accuracy 0.7")


def test_a_regression():
    """Errors are those of the labelled rows, about the mean of the predictions."""
    rng = np.random.default_rng(2)
    truth = rng.normal(50, 10, ROWS)
    batch = Batch(ROWS, outputs={"prediction": truth + 2.0}, labels=truth)
    outcomes = built(batch).outcomes
    assert outcomes.sketches["errors"].mean_absolute_error == pytest.approx(2.0)
    assert outcomes.spec.center == pytest.approx(52, abs=1)
    assert outcomes.summary == "mean absolute error 2, R2 0.960"


def test_without_labels_nothing_changes():
    """A profile of unlabelled data has no outcomes, no such part in its text, and the digest that it always had."""
    plain, labelled = built(data(labelled=False)[0]), built(data()[0])
    assert plain.outcomes is None
    assert "outcomes" not in json.loads(dumps(plain))
    assert plain.digest == replace(labelled, outcomes=None).digest != labelled.digest


def test_without_a_prediction_there_are_no_outcomes():
    """Labels alone say nothing of a model."""
    assert built(Batch(ROWS, inputs={"x": np.arange(ROWS)}, labels=np.arange(float(ROWS)))).outcomes is None


def test_they_survive_the_text():
    """What was written is read to the last bit, with the digest."""
    for batch in (data()[0], Batch(ROWS, outputs={"prediction": np.arange(2e3) / 7}, labels=np.arange(2e3) / 9)):
        reference = built(batch)
        again = loads(dumps(reference))
        assert again.digest == reference.digest
        assert (again.outcomes.spec, again.outcomes.names) == (reference.outcomes.spec, reference.outcomes.names)
        for name, sketch in reference.outcomes.sketches.items():
            for array, values in sketch.arrays.items():
                np.testing.assert_array_equal(again.outcomes.sketches[name].arrays[array], values)
        assert dumps(again) == dumps(reference)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "magic"}, "task 'magic'"),
        ({"classes": 0}, "for 0 classes"),
        ({"names": ["a"] * 30}, "30 names"),
        ({"center": float("nan")}, "center nan"),
        ({"sketches": {}}, "confusion"),
        ({"classes": 3}, "expected 20 numbers"),
    ],
)
def test_damaged_outcomes_are_refused(change, message):
    """A part that contradicts itself is named."""
    document = json.loads(dumps(built(data()[0])))
    document["outcomes"] |= change
    with pytest.raises(ProfileError, match=message):
        loads(json.dumps(document))
    document = json.loads(dumps(built(data()[0])))
    document["outcomes"]["sketches"]["confusion"]["counts"][0] = -1
    with pytest.raises(ProfileError, match="whole numbers"):
        loads(json.dumps(document))


def test_they_are_kept_where_references_are_made_of_others():
    """Leaving a column out keeps them; of two merged profiles the newer one's count."""
    old, new = built(data(1)[0]), built(data(2)[0])
    assert without(old, frozenset({"x"})).outcomes is old.outcomes
    assert merge(old, old, created=1.0).outcomes is old.outcomes
    assert merge(old, replace(old, outcomes=new.outcomes), created=1.0).outcomes is new.outcomes


def test_roles_name_the_label():
    """The column of the truth is no feature."""
    roles = Roles(prediction="p", label="y")
    assert roles.wanted(["x", "p", "y"]) == ("x", "p", "y")
    batch = roles.batch(1, {"x": np.ones(1), "p": np.ones(1), "y": np.zeros(1)})
    assert list(batch.inputs) == ["x"]
    assert batch.labels.tolist() == [0.0]
