"""Outcomes by bin in a reference: counted by the builder, kept in its file, and used only where they fit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.derive import with_score_columns
from driftgauge.errors import ProfileError
from driftgauge.model.performance import PerformanceJudge
from driftgauge.profile import dumps, loads
from driftgauge.reference import BuildOptions, build, without
from driftgauge.reference.merge import merge

ROWS = 3_000
SURE = "performance of confidence.top1"


def classes(rows=ROWS, seed=1):
    """Return rows of a classifier of three classes whose probabilities are true."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([1.0, 1.0, 1.0], rows)
    truth = (rng.random(rows)[:, None] > p.cumsum(axis=1)).sum(axis=1)
    return Batch(rows, {"x": p[:, 0]}, {"prediction": coded(p.argmax(axis=1))}, probabilities=p, labels=coded(truth))


def coded(values):
    return Categories(values.astype(np.int32), ("0", "1", "2"))


def quantities(rows=ROWS, seed=1):
    rng = np.random.default_rng(seed)
    predicted = rng.uniform(1, 10, rows)
    return Batch(rows, {"x": predicted}, {"prediction": predicted}, labels=predicted + rng.normal(0, predicted))


def built(batch):
    parts = [with_score_columns(batch.take(slice(start, start + 1_000))) for start in range(0, batch.rows, 1_000)]
    return build(lambda: parts, BuildOptions("train", 0.0))


def test_a_classifier_of_many_classes():
    """Rows are counted by the bins of the confidence column; the mean outcome is the accuracy."""
    reference = built(classes())
    found = reference.sketches[SURE]
    place = [column.name for column in reference.profile.spec.schema.numeric].index("confidence.top1")
    assert found.counts.tolist() == reference.profile.histogram.counts[place, : len(found.counts)].tolist()
    assert found.sums[0].sum() == reference.outcomes.sketches["confusion"].accuracy * ROWS
    judge = PerformanceJudge.of(reference)
    assert judge.task == "classification"
    assert judge.estimator.reference == pytest.approx(reference.outcomes.sketches["confusion"].accuracy, abs=0.005)


def test_a_regression():
    """Absolute errors are summed by the bins of the prediction."""
    reference = built(quantities())
    found = reference.sketches["performance of prediction"]
    assert found.sums[0].sum() / ROWS == pytest.approx(reference.outcomes.sketches["errors"].mean_absolute_error)
    assert PerformanceJudge.of(reference).estimator.rising


def test_it_survives_its_file():
    """Written and read it is the same; a file without it, as those of older versions, has none."""
    reference = built(classes())
    again = loads(dumps(reference))
    assert again.digest == reference.digest
    assert again.sketches[SURE].spec == reference.sketches[SURE].spec
    assert (again.sketches[SURE].sums == reference.sketches[SURE].sums).all()
    document = json.loads(dumps(reference))
    del document["performance"], document["digest"]
    older = loads(json.dumps(document))
    assert SURE not in older.sketches
    assert PerformanceJudge.of(older) is None


@pytest.mark.parametrize(
    ("part", "value"), [("edges", [0.5, 0.4]), ("narrow", 1), ("counts", [-1] * 20), ("sums", [[0.0]])]
)
def test_a_broken_file_is_refused(part, value):
    """What contradicts itself is named."""
    document = json.loads(dumps(built(classes())))
    document["performance"]["confidence.top1"][part] = value
    with pytest.raises(ProfileError, match=r"performance of 'confidence\.top1'"):
        loads(json.dumps(document))


def test_too_few_labels():
    """Below 2,000 labelled rows there is a note and no estimate; without labels there is neither."""
    few = built(classes(rows=1_500))
    assert any("only 1500 labelled rows" in note for note in few.provenance.notes)
    assert PerformanceJudge.of(few) is None
    batch = classes()
    none = built(Batch(batch.rows, batch.inputs, batch.outputs, probabilities=batch.probabilities))
    assert SURE not in none.sketches
    assert PerformanceJudge.of(none) is None


def test_merged_and_selected_references():
    """The same bins add, others are left out; ignoring an input changes nothing."""
    reference = built(classes())
    double = merge(reference, reference, created=0.0)
    assert double.sketches[SURE].total == 2 * ROWS
    assert PerformanceJudge.of(double) is not None
    kept = PerformanceJudge.of(without(reference, frozenset({"x"})))
    assert kept.column == PerformanceJudge.of(reference).column - 1
