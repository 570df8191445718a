"""Labels through a model: figures equal scikit-learn's on the same rows, whatever the order and the form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.config import LabelSettings, ModelSettings
from driftgauge.model import Model
from driftgauge.profile import ColumnSchema, Outcomes, OutcomeSpec, ProfileSpec, Provenance, Reference, Schema
from driftgauge.profile.classes import Classes
from driftgauge.sketch import CategorySpec, HistogramSpec
from tests.model.examples import HOUR, START, learning, ready

metrics = pytest.importorskip("sklearn.metrics")

NAMES = ("no", "yes", "maybe")


def words(values: Any, vocabulary: Any = NAMES) -> Categories:
    return Categories(np.asarray(values, dtype=np.int32), tuple(vocabulary))


def ids(*rows: Any) -> Categories:
    texts = [str(row) for row in rows]
    return Categories(np.arange(len(texts), dtype=np.int32), tuple(texts))


def predictions(column: Any, names: Any = None, **more: Any) -> Batch:
    rows = len(column)
    named = ids(*range(rows)) if names is None else names
    return Batch(rows, inputs={"x": np.zeros(rows)}, outputs={"prediction": column}, ids=named, **more)


def labels(column: Any, names: Any = None) -> Batch:
    rows = len(column)
    return Batch(rows, ids=ids(*range(rows)) if names is None else names, labels=column)


def figure(model: Model, name: str, now: float, window: int = 1) -> float:
    view = model.view(now).labels
    assert view is not None
    return float(view.figures[name][window])


def balanced(model: Model, now: float) -> bool:
    view = model.view(now).labels
    assert view is not None
    c = view.counters
    return c.received == c.matched + sum(c.unmatched.values()) + c.duplicates + c.waiting


def numeric_reference() -> Reference:
    spec = ProfileSpec(
        Schema.of([ColumnSchema("prediction", "output")]),
        HistogramSpec((np.array([0.0, 20.0]),), np.array([20.0]), np.array([-100.0]), np.array([100.0]), 1),
        CategorySpec((), (), ()),
    )
    return Reference(spec.of(Batch(3, outputs={"prediction": np.array([10.0, 20.0, 30.0])})), Provenance("t", START))


@pytest.mark.parametrize("early", [False, True], ids=["late", "early"])
@pytest.mark.parametrize("made", [ready, learning], ids=["reference", "learning"])
def test_classification_equals_scikit_learn(made, early):
    """Accuracy, F1, precision and recall over a window are those of its labelled rows."""
    rng = np.random.default_rng(1)
    truth = rng.choice(3, 900, p=[0.6, 0.3, 0.1])
    predicted = np.where(rng.random(900) < 0.75, truth, rng.choice(3, 900))
    model = made()
    order = rng.permutation(900)[:700]
    parts = np.array_split(order, 9)
    steps: list[Any] = [lambda: model.observe(predictions(words(predicted)), START)]
    steps += [lambda part=part: model.label(labels(words(truth[part]), ids(*part)), START + 60) for part in parts]
    for step in reversed(steps) if early else steps:
        step()
    now = START + 120
    own, theirs = truth[order], predicted[order]
    assert figure(model, "samples", now) == 700
    assert figure(model, "accuracy", now) == pytest.approx(metrics.accuracy_score(own, theirs), abs=1e-12)
    assert figure(model, "macro_f1", now) == pytest.approx(metrics.f1_score(own, theirs, average="macro"), abs=1e-12)
    view = model.view(now).labels
    expected = metrics.precision_recall_fscore_support(own, theirs, labels=[NAMES.index(c) for c in view.classes])
    for name, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        np.testing.assert_allclose(view.of_classes(name)[1], values, atol=1e-12)
    assert figure(model, "coverage", now) == pytest.approx(700 / 900)
    assert balanced(model, now)


def test_regression_equals_scikit_learn():
    """The mean errors, R2 and MAPE over a window are those of its labelled rows."""
    rng = np.random.default_rng(2)
    truth = rng.normal(20, 30, 500)
    predicted = truth + rng.normal(2, 9, 500)
    model = ready(numeric_reference())
    model.observe(predictions(predicted), START)
    model.label(labels(truth), START + 60)
    now = START + 120
    for name in ("mean_absolute_error", "mean_absolute_percentage_error", "root_mean_squared_error"):
        assert figure(model, name, now) == pytest.approx(getattr(metrics, name)(truth, predicted), rel=1e-9)
    assert figure(model, "r2", now) == pytest.approx(metrics.r2_score(truth, predicted), rel=1e-9)


def test_numbers_as_text_are_numbers():
    """A client's label tensor is text; a regression reads the numbers in it, and what is none cannot be used."""
    model = ready(numeric_reference())
    model.observe(predictions(np.array([1.5, 2.5, 3.5])), START)
    model.label(labels(words([0, 1, 2], ("2.0", "2.5", "unknown"))), START)
    assert figure(model, "mean_absolute_error", START) == 0.25
    assert model.view(START).labels.counters.unmatched["unusable"] == 1
    assert balanced(model, START)


@pytest.mark.parametrize(
    ("predicted", "truth"),
    [
        (np.array([1.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])),
        (np.array([1.0, 0.0, 1.0]), words([0, 1, 1], ("1", "0"))),
        (np.array([1.0, 0.0, 1.0]), words([0, 1, 1], ("true", "false"))),
        (words([0, 1, 0], ("1", "0")), np.array([1.0, 0.0, 0.0])),
        (words([0, 1, 0], ("true", "false")), np.array([1.0, 0.0, 0.0])),
    ],
    ids=["numbers", "text for numbers", "booleans for numbers", "numbers for text", "numbers for booleans"],
)
def test_one_class_in_many_forms(predicted, truth):
    """1, 1.0, "1" and true are one class, whichever side says it how."""
    model = ready()
    model.observe(predictions(predicted), START)
    model.label(labels(truth), START)
    assert figure(model, "accuracy", START) == pytest.approx(2 / 3)


def test_labels_enter_at_their_arrival():
    """A label of yesterday's prediction is in the last hour's accuracy, and its delay is known."""
    model = ready()
    model.observe(predictions(words([0, 1, 1])), START)
    late = START + 24 * HOUR
    model.label(labels(words([0, 1, 0])), late)
    assert figure(model, "samples", late) == 3
    view = model.view(late).labels
    assert view.counters.delay_sum == 3 * 24 * HOUR
    assert view.counters.delay_counts.tolist() == [0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0]
    assert np.isnan(view.figures["coverage"][1])  # nothing was predicted in the last hour
    assert view.figures["coverage"][4] == 1.0  # of the last week's predictions all are labelled


def test_times_that_senders_say_make_the_delay():
    """The delay runs from the prediction's own time to the label's, and is never negative."""
    model = ready()
    model.observe(predictions(words([0, 1]), timestamps=np.array([START - 40.0, np.nan])), START)
    model.label(replace(labels(words([0, 1])), timestamps=np.array([START + 60.0, START - 999.0])), START + 90)
    assert model.view(START + 90).labels.counters.delay_sum == 100.0


def test_a_label_inside_its_observation_counts_at_once():
    """It needs no id; with one, a later label is a duplicate; a failed row has no outcome."""
    model = ready()
    named = Categories(np.array([0, -1, 1, 2], dtype=np.int32), ("a", "b", "c"))
    failed = np.array([False, False, True, False])
    model.observe(predictions(words([0, 0, 0, 1]), named, labels=words([0, 1, 1, -1]), failed=failed), START)
    model.label(labels(words([1, 1]), ids("a", "c")), START)
    view = model.view(START).labels
    assert figure(model, "samples", START) == 3
    assert figure(model, "accuracy", START) == pytest.approx(2 / 3)
    assert (view.counters.matched, view.counters.duplicates, view.counters.unmatched["unusable"]) == (3, 1, 1)
    assert figure(model, "coverage", START) == 1.0
    assert balanced(model, START)


@pytest.mark.parametrize("logits", [False, True], ids=["probabilities", "logits"])
def test_calibration_is_about_what_was_predicted(logits):
    """The confidence is the probability of the predicted class, which a threshold may have chosen against the odds."""
    p = np.array([[0.9, 0.1], [0.7, 0.3], [0.4, 0.6], [0.2, 0.8]])
    scores = {"logits": np.log(p)} if logits else {"probabilities": p}
    model = ready()
    model.observe(predictions(np.array([0.0, 1.0, 1.0, 1.0]), **scores), START)
    model.label(labels(np.array([0.0, 0.0, 1.0, 0.0])), START)
    confidence, right = np.array([0.9, 0.3, 0.6, 0.8]), np.array([1.0, 0.0, 1.0, 0.0])
    assert figure(model, "brier_score", START) == pytest.approx(np.mean((confidence - right) ** 2))
    assert figure(model, "calibration_gap", START) == pytest.approx(confidence.mean() - right.mean())


def test_probabilities_alone_predict():
    """Without a prediction the most probable class is one, by its configured name or its number."""
    p = np.array([[0.9, 0.1], [0.3, 0.7]])
    batch = Batch(2, inputs={"x": np.zeros(2)}, probabilities=p, ids=ids(0, 1))
    named = ready(labels=LabelSettings(classes=("no", "yes")))
    named.observe(batch, START)
    named.label(labels(words([0, 0])), START)
    assert figure(named, "accuracy", START) == 0.5
    plain = ready()
    plain.observe(batch, START)
    plain.label(labels(np.array([0.0, 1.0])), START)
    assert figure(plain, "accuracy", START) == 1.0
    assert figure(plain, "calibration_gap", START) == pytest.approx(-0.2)


def test_named_classes_have_their_probability():
    """With the classes configured, the confidence of a predicted text is its own column."""
    p = np.array([[0.9, 0.1], [0.3, 0.7]])
    model = ready(labels=LabelSettings(classes=("no", "yes")))
    model.observe(predictions(words([1, 1]), probabilities=p), START)
    model.label(labels(words([1, 1])), START)
    assert figure(model, "calibration_gap", START) == pytest.approx(0.4 - 1)


@pytest.mark.parametrize(
    ("predicted", "truth", "figure_name"),
    [
        (np.array([0.0, 1.0]), np.array([1.0, 1.0]), "accuracy"),
        (np.array([0.5, 1.0]), np.array([1.0, 1.0]), "mean_absolute_error"),
        (np.arange(60.0), np.arange(60.0), "mean_absolute_error"),
        (words([0, 1]), words([0, 0]), "accuracy"),
    ],
    ids=["few whole numbers", "fractions", "many whole numbers", "texts"],
)
def test_the_task_is_guessed_until_there_is_a_reference(predicted, truth, figure_name):
    """While a reference is learned, values tell what the model does; settings say it for certain."""
    model = learning()
    model.observe(predictions(predicted), START)
    model.label(labels(truth), START)
    assert not np.isnan(figure(model, figure_name, START))
    certain = learning(labels=LabelSettings(task="regression"))
    certain.observe(predictions(np.array([0.0, 1.0])), START)
    certain.label(labels(np.array([1.0, 1.0])), START)
    assert figure(certain, "mean_absolute_error", START) == 0.5


def test_a_guess_is_corrected():
    """What looked like classes and turns out to be quantities starts anew as a regression."""
    model = learning()
    model.observe(predictions(np.array([1.0, 2.0, 2.25])), START)
    model.label(labels(np.array([1.0, 2.0]), ids(0, 1)), START)
    assert figure(model, "accuracy", START) == 1.0
    model.label(labels(np.array([2.5]), ids(2)), START)
    assert figure(model, "mean_absolute_error", START) == 0.25
    assert "accuracy" not in model.view(START).labels.figures


def test_windows_go_on_when_the_reference_is_learned():
    """Outcomes counted while learning are still there afterwards, where the task stays the same."""
    model = learning(200)
    chance = np.random.default_rng(3)
    for step in range(10):
        named = ids(*(f"{step}-{row}" for row in range(50)))
        model.observe(predictions(words(chance.integers(0, 2, 50)), named), START + step)
        model.label(labels(words(chance.integers(0, 2, 50)), named), START + step)
    model.flush(START + 60)
    assert model.reference is not None
    assert figure(model, "samples", START + 60) == 500


def test_many_classes_share_what_has_no_cell():
    """Beyond the limit classes have no figures of their own; the accuracy stays exact."""
    rng = np.random.default_rng(4)
    truth, predicted = rng.integers(0, 40, (2, 2_000))
    model = ready(labels=LabelSettings(most_classes=5))
    model.observe(predictions(predicted.astype(float)), START)
    model.label(labels(truth.astype(float)), START)
    view = model.view(START).labels
    assert len(view.classes) == 5
    assert figure(model, "accuracy", START) == pytest.approx(metrics.accuracy_score(truth, predicted), abs=1e-12)


def test_evidence_of_a_drop_against_the_reference():
    """A reference with outcomes makes a fall of the accuracy evident, and not where there is none."""
    spec = OutcomeSpec("classification", 20)
    classes = Classes(20, ("no", "yes"))
    truth = words(np.arange(2_000) % 2)
    right = np.where(np.arange(2_000) % 10 == 0, 1 - np.arange(2_000) % 2, np.arange(2_000) % 2)
    sides = classes.values(truth), classes.values(words(right))
    outcomes = Outcomes(spec, ("no", "yes"), spec.of(classes, *sides, np.full(2_000, np.nan)))
    base = ready().reference
    for share, least, most in ((10, 0.0, 1.0), (5, 10.0, 300.0)):
        model = ready(replace(base, outcomes=outcomes))
        number = np.arange(1_000)
        model.observe(predictions(words(number % 2)), START)
        model.label(labels(words(np.where(number % share == 0, 1 - number % 2, number % 2))), START)
        assert least <= figure(model, "drop_evidence", START) <= most
        assert figure(model, "reference_accuracy", START, 0) == 0.9


def test_rows_without_ids_and_labels_cost_nothing():
    """A model that has neither keeps nothing and has no figures; labels that are switched off are not kept."""
    model = ready()
    model.observe(predictions(words([0, 1]), Categories(np.array([-1, -1], dtype=np.int32), ())), START)
    assert model.view(START).labels is not None
    plain = ready()
    plain.observe(Batch(2, inputs={"x": np.zeros(2)}), START)
    assert plain.view(START).labels is None
    off = Model("fraud", "1", ModelSettings(name="fraud", labels=LabelSettings(enabled=False)))
    off.observe(predictions(words([0, 1])), START)
    assert off.view(START).labels is None


def test_a_clock_that_goes_back_starts_the_windows_anew():
    """What lies ahead of a corrected clock is in no window; counters stay."""
    model = ready()
    model.observe(predictions(words([0, 1])), START + 10 * HOUR)
    model.label(labels(words([0, 1])), START + 10 * HOUR)
    model.label(labels(words([0]), ids("x")), START)
    assert figure(model, "samples", START) == 0
    assert model.view(START).labels.counters.matched == 2


def test_event_clock_labels_enter_at_the_newest_event():
    """In a replay labels are placed, and expire, by the time of the rows."""
    model = ready(clock="event")
    model.observe(predictions(words([0, 1]), timestamps=np.array([START, START])), START + 1e6)
    model.label(labels(words([0, 1])), START + 1e6)
    assert figure(model, "samples", START + 1e6) == 2
    assert model.view(START + 1e6).labels.counters.delay_sum == 0.0
