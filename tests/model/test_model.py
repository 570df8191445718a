"""One version of a model from its first row to its verdict."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories, Requests
from driftgauge.config import ColumnSettings, ModelSettings, ReferenceSettings
from driftgauge.model import Model
from tests.model.examples import DAY, HOUR, START, batch, column, learning, ready, reference, samples


def test_learning_ends_with_enough_rows_and_counts_nothing_twice():
    """A row is in the reference or in the windows, never in both, and in the counters once."""
    model = learning(1_000)
    sent = 0
    for number, rows in enumerate([300, 300, 300, 300, 300, 5, 5, 40]):
        model.observe(batch(rows, seed=number), START + number)
        model.flush(START + number)
        sent += rows
    view = model.view(START + 10)
    assert (view.state, view.mode) == ("ready", "learned")
    assert view.reference.rows == 1_200
    assert int(view.total.rows[0]) == sent - 1_200
    assert (view.counters.requests, view.counters.predictions) == (sent, sent)


def test_learning_model_says_how_far_it_is():
    model = learning(1_000)
    model.observe(batch(400), START)
    view = model.view(START)
    assert (view.state, view.learned_rows, view.reference, view.evaluation) == ("learning", (400, 1_000), None, None)
    assert model.tick(START) is None


def test_last_batch_of_learning_is_learned_whole():
    model = learning(1_000)
    model.observe(batch(5_000), START)
    view = model.view(START)
    assert (view.reference.rows, int(view.total.rows[0])) == (5_000, 0)


def test_late_rows_are_not_learned():
    model = learning(1_000)
    model.observe(batch(400, timestamps=np.where(np.arange(400) < 100, 0.0, START)), START)
    assert model.view(START).learned_rows[0] == 300


def test_new_reference_starts_empty_windows():
    model = ready()
    model.observe(batch(500), START)
    assert samples(model, START) == 500
    model.refer_to(reference(seed=5))
    assert model.view(START).evaluation is None
    assert samples(model, START) == 0
    assert model.view(START).counters.requests == 500


def test_model_without_its_profile_counts_traffic_only():
    """Nothing is learned in the place of a reference that cannot be read."""
    settings = ModelSettings(name="fraud", reference=ReferenceSettings(path="gone.json", learn_rows=100))
    model = Model("fraud", "1", settings)
    for minute in range(5):
        model.observe(batch(500), START + 60 * minute)
        assert model.tick(START + 60 * minute) is None
    view = model.view(START + 300)
    assert (view.state, view.mode, view.counters.requests, view.learned_rows) == ("no_reference", "file", 2_500, (0, 0))


def test_ignored_column_leaves_no_trace():
    """Neither in the reference it was built with, nor as unknown, nor as wrong."""
    model = ready(features={"income": ColumnSettings(ignore=True), "request_id": ColumnSettings(ignore=True)})
    rows = batch(200)
    inputs = dict(rows.inputs) | {"request_id": np.arange(200.0), "income": Categories(np.zeros(200, np.int32), ("x",))}
    model.observe(batch(200, inputs=inputs, violations={("income", "wrong_type"): 3}), START)
    view = model.view(START)
    assert [column.name for column in view.reference.profile.spec.schema.columns] == ["age", "plan", "prediction"]
    assert view.counters.violations == {}


def test_ignored_column_is_not_learned():
    model = learning(100, features={"income": ColumnSettings(ignore=True)})
    model.observe(batch(200), START)
    names = {column.name for column in model.view(START).reference.profile.spec.schema.columns}
    assert names == {"age", "plan", "prediction"}


def test_given_kind_is_learned():
    model = learning(100, features={"age": ColumnSettings(kind="categorical")})
    model.observe(batch(200, inputs={"age": np.arange(200.0) % 7}), START)
    (age,) = (c for c in model.view(START).reference.profile.spec.schema.columns if c.name == "age")
    assert age.kind == "categorical"


def test_probabilities_become_output_columns():
    model = learning(100)
    chance = np.random.default_rng(1)
    model.observe(batch(200, probabilities=chance.dirichlet((1, 1, 1), 200)), START)
    names = [c.name for c in model.view(START).reference.profile.spec.schema.columns if c.role == "output"]
    assert {name for name in names if not name.startswith("confidence.")} == {
        "proba[0]", "proba[1]", "proba[2]", "prediction",
    }  # fmt: skip
    assert {"confidence.top1", "confidence.margin", "confidence.entropy"} < set(names)


def test_violations_are_counted_once_though_rows_span_minutes_and_some_are_late():
    """What was found while decoding belongs to the body, not to each of its minutes."""
    model = ready()
    rows = batch(100, timestamps=START - np.linspace(0, 600, 100), violations={("age", "wrong_type"): 7})
    model.observe(rows, START)
    assert model.view(START).counters.violations == {("age", "wrong_type"): 7}


def test_wrong_unknown_and_missing_columns_are_counted_by_reason():
    model = ready()
    inputs = {"age": Categories(np.zeros(10, np.int32), ("old",)), "colour": np.ones(10), "plan": np.ones(10)}
    model.observe(batch(10, inputs=inputs), START)
    assert model.view(START).counters.violations == {
        ("age", "wrong_type"): 10,
        ("income", "missing_column"): 10,
        ("colour", "unknown_column"): 10,
    }


def test_failed_rows_count_with_their_inputs_only():
    model = ready()
    failed = np.arange(100) < 40
    model.observe(batch(100, failed=failed, requests=Requests(100, failures={"error": 40})), START)
    assert (samples(model, START), samples(model, START, name="prediction")) == (100, 60)
    counters = model.view(START).counters
    assert (counters.predictions, counters.failures) == (60, {"error": 40})


def test_model_that_only_fails_is_no_problem():
    """Nothing but failures, without inputs, may come for hours: there is nothing to learn, and nothing breaks."""
    model = learning(100)
    for minute in range(4):
        failed = np.ones(100, dtype=bool)
        model.observe(
            Batch(100, failed=failed, requests=Requests(100, failures={"overloaded": 100})), START + 60 * minute
        )
        model.tick(START + 60 * minute)
    view = model.view(START + 300)
    assert (view.counters.requests, view.counters.predictions) == (400, 0)
    model.observe(batch(500), START + 400)
    model.tick(START + 400)
    assert model.view(START + 400).counters.predictions == 500


def test_inputs_without_outputs_leave_the_outputs_unobserved():
    """They come as two bodies from some servers; what a body does not carry is not missing."""
    model = ready()
    rows = batch(50)
    model.observe(Batch(50, inputs=rows.inputs), START)
    model.observe(Batch(50, outputs=rows.outputs, timestamps=START - np.linspace(0, 200, 50)), START)
    evaluation = model.evaluate(model.collect(START))
    place = [column(evaluation, name) for name in ("age", "prediction")]
    assert evaluation.facts["missing_ratio"][place].tolist() == [0, 0]
    assert evaluation.scores.samples[-1, place].tolist() == [50, 50]


def test_names_too_long_for_a_label_are_left_out():
    model = learning(100)
    model.observe(batch(200, inputs={"x" * 300: np.ones(200), "age": np.arange(200.0)}), START)
    view = model.view(START)
    assert [c.name for c in view.reference.profile.spec.schema.columns if c.role == "input"] == ["age"]
    assert view.counters.violations == {("x" * 64, "long_name"): 200}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324])
def test_extreme_values_break_nothing(value):
    model = ready()
    model.observe(batch(100, inputs={"age": np.full(100, value), "income": np.full(100, value)}), START)
    evaluation = model.evaluate(model.collect(START + HOUR))
    assert evaluation.scores.samples[-1].tolist() == [100, 100, 0, 100] or evaluation.scores.samples[-1, 0] == 100


def test_long_silence_empties_the_windows_one_after_the_other():
    model = ready()
    model.observe(batch(100), START)
    found = [samples(model, START + HOUR * hours, "6h") for hours in (0, 1, 5, 7)]
    assert found == [100, 100, 100, 0]
    assert samples(model, START + 13 * DAY, "14d") == 100
    assert samples(model, START + 15 * DAY, "14d") == 0
