"""The scikit-learn wrapper, with a real pipeline."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")
pandas = pytest.importorskip("pandas")


@pytest.fixture
def frame():
    rng = np.random.default_rng(3)
    return pandas.DataFrame(
        {"age": rng.integers(18, 90, 60), "plan": rng.choice(["a", "b"], 60), "fare": rng.random(60)}
    )


@pytest.fixture
def pipeline(frame):
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    encoder = make_column_transformer((OneHotEncoder(), ["plan"]), remainder="passthrough")
    return make_pipeline(encoder, LogisticRegression(max_iter=1000)).fit(
        frame, np.where(frame["age"] > 50, "old", "young")
    )


def test_predictions_are_logged(monitor, exporter, pipeline, frame):
    """`predict` returns what the pipeline returns, and its rows arrive."""
    wrapped = monitor.wrap(pipeline)
    expected = pipeline.predict(frame)
    assert (wrapped.predict(frame) == expected).all()
    assert monitor.flush()
    assert exporter.column("prediction", "outputs") == expected.tolist()
    assert exporter.column("age") == frame["age"].tolist()
    assert exporter.column("plan") == frame["plan"].tolist()
    assert (exporter.total("requests"), exporter.total("predictions")) == (1, 60)


def test_probabilities_come_with_the_likeliest_class(monitor, exporter, pipeline, frame):
    """`predict_proba` logs the probabilities and the classes that `predict` would give."""
    proba = monitor.wrap(pipeline).predict_proba(frame)
    assert monitor.flush()
    assert (exporter.batches[0].probabilities == proba).all()
    assert exporter.column("prediction", "outputs") == pipeline.predict(frame).tolist()


def test_everything_else_is_the_estimator(monitor, pipeline, frame):
    """Attributes pass through; pickle, copy and clone give the estimator without the monitor."""
    from sklearn.base import clone

    wrapped = monitor.wrap(pipeline)
    assert wrapped.classes_.tolist() == ["old", "young"]
    assert wrapped.score(frame, pipeline.predict(frame)) == 1
    assert wrapped[-1] is pipeline[-1]
    assert (
        type(pickle.loads(pickle.dumps(wrapped)))
        is type(copy.deepcopy(wrapped))
        is type(clone(wrapped))
        is type(pipeline)
    )
    assert wrapped.fit(frame, frame["plan"]) is wrapped
    with pytest.raises(AttributeError):
        _ = wrapped.nonsense


def test_an_error_of_the_estimator_goes_on(monitor, exporter, pipeline):
    """A failed prediction raises as before and counts."""
    with pytest.raises(ValueError, match="features"):
        monitor.wrap(pipeline).predict(np.zeros((1, 9)))
    assert monitor.flush()
    assert exporter.total("failures") == {"error": 1}


def test_sparse_inputs_are_only_counted(monitor, exporter):
    """A model of texts logs its predictions and not its thousands of columns."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    counts = CountVectorizer().fit_transform(["good film", "bad film", "good"])
    monitor.wrap(MultinomialNB().fit(counts, [1, 0, 1])).predict(counts)
    assert monitor.flush()
    assert (exporter.column("prediction", "outputs"), exporter.batches[0].inputs) == ([1, 0, 1], {})
