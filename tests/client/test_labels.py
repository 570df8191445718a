"""Labels from the client to a real exporter process: late, early, twice, along; classes of scikit-learn and quantities."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.client import Monitor
from tests.client.exporters import RealExporter, eventually, running

metrics = pytest.importorskip("sklearn.metrics")
linear = pytest.importorskip("sklearn.linear_model")

UNMATCHED = "driftgauge_labels_unmatched_total"


@pytest.fixture
def exporter(tmp_path):
    with running(RealExporter(tmp_path)) as real:
        yield real


def balanced(exporter, model):
    names = (
        "driftgauge_labels_matched_total",
        UNMATCHED,
        "driftgauge_labels_duplicate_total",
        "driftgauge_labels_waiting",
    )
    return exporter.counter("driftgauge_labels_total", model=model) == sum(
        exporter.counter(name, model=model) for name in names
    )


def test_a_classifier(exporter):
    """Accuracy and Brier score over a window are scikit-learn's on the labelled rows, and no label is lost."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(600, 3))
    truth = (x @ [1.0, -2.0, 0.5] + rng.normal(size=600) > 0).astype(int)
    model = linear.LogisticRegression().fit(x[:200], truth[:200])
    predicted, p = model.predict(x), model.predict_proba(x)
    monitor = Monitor("clf", endpoint=f"unix:{exporter.path}")
    for row in range(50):  # before their predictions
        monitor.label(f"row-{row}", bool(truth[row]))
    assert monitor.flush()
    monitor.log(x[:300], predicted[:300], p[:300], id=[f"row-{row}" for row in range(300)])
    for row in range(300, 600):
        along = {"label": int(truth[row])} if row >= 500 else {}
        monitor.log(x[row], int(predicted[row]), p[row], id=f"row-{row}", **along)
    assert monitor.flush()
    for row in range(400):  # fifty of them once more
        monitor.label(f"row-{row}", int(truth[row]))
    monitor.label("nobody", 1)
    assert monitor.close()
    labelled = np.r_[0:400, 500:600]
    eventually(lambda: exporter.counter("driftgauge_labels_matched_total", model="clf") == 500)
    assert exporter.counter("driftgauge_labels_duplicate_total", model="clf") == 50
    assert exporter.counter("driftgauge_labels_waiting", model="clf") == 1
    assert balanced(exporter, "clf")
    expected = metrics.accuracy_score(truth[labelled], predicted[labelled])
    assert exporter.counter("driftgauge_accuracy_ratio", model="clf", window="1h") == pytest.approx(expected, abs=1e-5)
    recall = metrics.recall_score(truth[labelled], predicted[labelled])
    assert exporter.counter("driftgauge_recall_ratio", model="clf", **{"class": "1"}, window="24h") == pytest.approx(
        recall, abs=1e-5
    )
    brier = np.mean((p.max(axis=1) - (predicted == truth))[labelled] ** 2)
    assert exporter.counter("driftgauge_brier_score", model="clf", window="1h") == pytest.approx(brier, abs=1e-5)
    assert exporter.counter("driftgauge_label_coverage_ratio", model="clf", window="24h") == pytest.approx(
        5 / 6, abs=1e-5
    )
    assert exporter.counter("driftgauge_client_dropped_labels_total") == 0


def test_a_regression(exporter):
    """Errors over a window are scikit-learn's, whether a label came later or along with its row."""
    rng = np.random.default_rng(2)
    truth = rng.normal(30, 12, 200)
    predicted = truth + rng.normal(1, 4, 200)
    monitor = Monitor("eta", version="7", endpoint=f"unix:{exporter.path}")
    for row in range(200):
        along = {"label": float(truth[row])} if row >= 150 else {}
        monitor.log({"x": row}, float(predicted[row]), id=row, **along)
    assert monitor.flush()
    for row in range(150):
        monitor.label(float(row), float(truth[row]))  # 7.0 is the id 7
    assert monitor.close()
    eventually(lambda: exporter.counter("driftgauge_labels_matched_total", model="eta", version="7") == 200)
    assert balanced(exporter, "eta")
    for name in ("mean_absolute_error", "root_mean_squared_error"):
        expected = getattr(metrics, name)(truth, predicted)
        assert exporter.counter(f"driftgauge_{name}", model="eta", window="1h") == pytest.approx(expected, rel=1e-5)
    assert exporter.counter("driftgauge_r2", model="eta", window="1h") == pytest.approx(
        metrics.r2_score(truth, predicted), rel=1e-5
    )
