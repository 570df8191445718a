"""Anomaly scores from plain arrays equal those of the libraries that fitted the detectors."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.derive.anomaly import MOST_COLUMNS, Standard
from driftgauge.derive.autoencoder import Autoencoder
from driftgauge.derive.forest import MOST_DEPTH, Forest, Tree
from driftgauge.derive.support import SupportVectors
from driftgauge.errors import SourceError
from driftgauge.reference import detectors
from driftgauge.reference.detectors import fit


def rows(count: int, columns: int = 5, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(9).standard_normal((columns, columns))
    return (rng.standard_normal((count, columns)) @ mix).astype(np.float32)


def together(count: int, seed: int = 0) -> np.ndarray:
    """Return six columns that are three facts, each told twice."""
    rng = np.random.default_rng(seed)
    facts = rng.standard_normal((count, 3))
    return np.concatenate([facts, facts + 0.1 * rng.standard_normal((count, 3))], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def autoencoder():
    pytest.importorskip("torch")
    return fit("autoencoder", together(1_000))


@pytest.mark.parametrize("columns", [1, 5])
def test_a_forest_scores_as_scikit_learn(columns):
    """Depths of every tree for every row, in and beyond the range of the fit, and for the thresholds themselves."""
    from sklearn.ensemble import IsolationForest

    known = rows(600, columns)
    own = fit("isolation-forest", known)
    theirs = IsolationForest(n_estimators=100, max_samples=256, random_state=0).fit(known)
    cuts = theirs.estimators_[0].tree_.threshold[:1].astype(np.float32)
    new = np.concatenate([rows(300, columns, 1), 5 * rows(20, columns, 2), np.full((1, columns), cuts[0], np.float32)])
    np.testing.assert_allclose(own.scores(new), -theirs.score_samples(new), rtol=1e-12)
    assert own.width <= columns


def test_a_forest_of_few_rows_scores_as_scikit_learn():
    """Fewer rows than a tree takes: all of them are in every tree."""
    from sklearn.ensemble import IsolationForest

    known = rows(40)
    theirs = IsolationForest(n_estimators=100, max_samples=40, random_state=0).fit(known)
    np.testing.assert_allclose(fit("isolation-forest", known).scores(known), -theirs.score_samples(known), rtol=1e-12)


def test_support_vectors_score_as_scikit_learn():
    """Minus the decision function, inside and outside."""
    from sklearn.svm import OneClassSVM

    known = np.round(rows(400), 3).astype(np.float64)
    own = fit("one-class-svm", known.astype(np.float32))
    assert isinstance(own, SupportVectors)
    theirs = OneClassSVM(nu=0.1, gamma=own.gamma).fit(np.round(known.astype(np.float32).astype(np.float64), 3))
    new = np.concatenate([rows(200, seed=1), 4 * rows(20, seed=2)])
    np.testing.assert_allclose(own.scores(new), -theirs.decision_function(new.astype(np.float64)), atol=1e-9)


def test_an_autoencoder_scores_as_pytorch(autoencoder):
    """The same weights in a PyTorch module lose the same of every row."""
    torch = pytest.importorskip("torch")
    own = autoencoder
    assert isinstance(own, Autoencoder)
    layers = []
    for number, (weight, bias) in enumerate(zip(own.weights, own.biases, strict=True)):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.copy_(torch.from_numpy(bias))
        layers += [layer, torch.nn.Tanh()] if number in (0, 2) else [layer]
    new = together(100, seed=1)
    given = torch.from_numpy(new.astype(np.float64))
    lost = (torch.nn.Sequential(*layers)(given) - given).pow(2).mean(dim=1).sqrt()
    np.testing.assert_allclose(own.scores(new), lost.detach().numpy(), rtol=1e-9)


def test_an_autoencoder_learns_what_goes_together(autoencoder):
    """Rows whose columns are shuffled lose several times as much, though every column is as it was."""
    new = together(500, seed=1)
    shuffled = np.random.default_rng(0).permuted(new, axis=0)
    assert autoencoder.scores(shuffled).mean() > 3 * autoencoder.scores(new).mean()


@pytest.mark.parametrize("kind", ["isolation-forest", "one-class-svm"])
def test_the_same_rows_give_the_same_detector(kind):
    """Fitting twice and scoring gives the same bits."""
    assert np.array_equal(fit(kind, rows(300)).scores(rows(50)), fit(kind, rows(300)).scores(rows(50)))


@pytest.mark.parametrize(
    ("kind", "module", "extra"),
    [
        ("isolation-forest", "sklearn.ensemble", "anomaly"),
        ("one-class-svm", "sklearn.svm", "anomaly"),
        ("autoencoder", "torch", "torch"),
    ],
)
def test_without_the_library_the_error_names_the_extra(monkeypatch, kind, module, extra):
    """The message says what to install."""

    def lacking(name: str) -> None:
        assert name == module
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(detectors.importlib, "import_module", lacking)
    with pytest.raises(SourceError, match=rf'not installed: pip install "driftgauge\[{extra}\]"'):
        fit(kind, rows(50))


def test_missing_and_absurd_values():
    """A missing value stands at the mean, an infinite or absurd one at ten standard deviations."""
    known = np.random.default_rng(0).normal(3.0, 2.0, (1_000, 2))
    standard = Standard.of(("a", "b"), known)
    assert standard is not None
    found = standard.of_rows(np.array([[np.nan, np.inf], [-np.inf, 1e300]]))
    assert found.tolist() == [[0.0, 10.0], [-10.0, 10.0]]


def test_columns_that_say_nothing_are_left_out():
    """Constants and empty columns have no scale; without any other there is nothing to learn; beyond 150 columns there is an end."""
    values = np.stack([np.arange(50.0), np.ones(50), np.full(50, np.nan)], axis=1)
    standard = Standard.of(("a", "b", "c"), values)
    assert standard is not None
    assert standard.columns == ("a",)
    assert Standard.of(("b",), values[:, 1:2]) is None
    many = Standard.of(tuple(map(str, range(200))), np.random.default_rng(0).standard_normal((20, 200)))
    assert many is not None
    assert len(many.columns) == MOST_COLUMNS


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (Tree([0, -1], [0.5], [1]), "cut off"),
        (Tree([-1, -1], [], [1, 1]), "below its leaves"),
        (Tree([0, -1, -1], [], [1, 1]), "other numbers"),
        (Tree([-2, -1, -1], [0.5], [1, 1]), "columns from 0"),
        (Tree([0] * (MOST_DEPTH + 1), [0.5] * (MOST_DEPTH + 1), []), "deep"),
    ],
)
def test_what_is_no_tree_is_refused(tree, message):
    """Cut off, too long, with other numbers of cuts and leaves, of no column, too deep."""
    with pytest.raises(ValueError, match=message):
        Forest((tree,), 256)


def test_parts_that_do_not_fit_are_refused():
    """Layers that do not follow one another, weights without vectors."""
    with pytest.raises(ValueError, match="end as wide as they begin"):
        Autoencoder((np.zeros((2, 3)), np.zeros((4, 2))), (np.zeros(2), np.zeros(4)))
    with pytest.raises(ValueError, match="bias for each output"):
        Autoencoder((np.zeros((2, 3)), np.zeros((3, 2))), (np.zeros(2), np.zeros(2)))
    with pytest.raises(ValueError, match="weight for each vector"):
        SupportVectors(np.zeros((3, 2)), np.zeros(2), 1.0, 0.0)
    with pytest.raises(ValueError, match="gamma"):
        SupportVectors(np.zeros((3, 2)), np.zeros(3), 0.0, 0.0)
