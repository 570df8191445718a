"""A detector of anomalies in a profile that is made in code: fitted, stored, compared, and refused where it cannot be fitted."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from driftgauge import TaskSpec, compare_profiles, compute_dataset_profile, find_profiles, save_profile
from driftgauge.batch import Batch
from driftgauge.config import ModelSettings
from driftgauge.errors import SourceError
from driftgauge.model import Model

TASK = TaskSpec(name="loans", modality="tabular", input_fields=["age", "income"])
ROWS = 3_000


def people(seed, *, against=False):
    """Return rows whose incomes follow ages, or go *against* them: each column is as it was, the pairs are not."""
    rng = np.random.default_rng(seed)
    age = rng.standard_normal(ROWS)
    income = (-age if against else age) + 0.2 * rng.standard_normal(ROWS)
    return [{"age": float(a), "income": float(b)} for a, b in zip(age, income, strict=True)]


@pytest.fixture(scope="module")
def known():
    return compute_dataset_profile(people(1), TASK, ROWS, anomaly="isolation-forest", created=0.0)


def test_the_score_is_a_column_as_every_other(known):
    """Rows that break the correlation drift in the score and not in the columns; others, counted in the same way, do not."""
    calm = compare_profiles(known, compute_dataset_profile(people(2), TASK, ROWS, reference=known))
    odd = compare_profiles(known, compute_dataset_profile(people(2, against=True), TASK, ROWS, reference=known))
    assert (calm.status, calm.drifted) == ("ok", ())
    assert "anomaly_score" in calm.scores
    assert odd.status == "alert"
    assert "anomaly_score" in odd.drifted
    assert not {"age", "income"} & set(odd.drifted)


def test_a_stored_profile_is_the_exporters_reference(known, tmp_path):
    """The file carries the detector; it compares as before, and traffic is scored with it."""
    save_profile(known, tmp_path)
    (read,) = find_profiles(tmp_path, "loans")
    odd = compute_dataset_profile(people(3, against=True), TASK, ROWS, reference=read)
    assert "anomaly_score" in compare_profiles(read, odd).drifted
    model = Model("loans", "1", ModelSettings(name="loans"), read.reference)
    rows = people(4, against=True)
    model.observe(
        Batch(ROWS, inputs={name: np.array([row[name] for row in rows]) for name in ("age", "income")}), 1.8e9
    )
    model.tick(1.8e9)
    assert model.view(1.8e9).evaluation.anomalies is not None


def test_two_detectors_say_nothing_of_one_another(known):
    """Each profile fitted its own: the column is left out, and said to be."""
    other = compute_dataset_profile(people(5), TASK, ROWS, anomaly="isolation-forest")
    found = compare_profiles(known, other)
    assert "anomaly_score" in found.not_compared
    assert "anomaly_score" not in found.scores


def test_what_cannot_be_fitted_is_refused(known, monkeypatch):
    """A missing extra, a detector that does not exist, too few rows, a reference that has its own."""
    with pytest.raises(SourceError, match=r"'forest': expected one of isolation-forest, one-class-svm, autoencoder"):
        compute_dataset_profile(people(1), TASK, anomaly="forest")
    with pytest.raises(SourceError, match="leave anomaly out, or reference"):
        compute_dataset_profile(people(1), TASK, anomaly="isolation-forest", reference=known)
    with pytest.raises(SourceError, match="500 rows, an anomaly detector needs 1000 or more"):
        compute_dataset_profile(people(1), TASK, 500, anomaly="isolation-forest")
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(SourceError, match=r'not installed: pip install "driftgauge\[anomaly\]"'):
        compute_dataset_profile(people(1), TASK, ROWS, anomaly="isolation-forest")
