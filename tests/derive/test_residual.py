"""The PCA residual: broken correlations show in it, and it shows nothing where there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.config import ColumnSettings
from driftgauge.derive import RESIDUAL, Projection, with_residual_column
from driftgauge.profile import Reference
from driftgauge.reference import BuildOptions, build
from tests.simulation.traffic import START, batch, model

ROWS = 20_000
ALERT = 2


def together(rng: np.random.Generator, rows: int = ROWS, *, broken: bool = False) -> np.ndarray:
    """Return two columns that go together and a third on its own; *broken*, the second is shuffled."""
    first = rng.standard_normal(rows)
    second = first + 0.3 * rng.standard_normal(rows)
    return np.stack([first, rng.permutation(second) if broken else second, rng.standard_normal(rows)])


def built(values: np.ndarray, **options: object) -> Reference:
    return build(lambda: [batch(values)], BuildOptions("simulated", START, **options))  # type: ignore[arg-type]


def names(reference: Reference) -> tuple[str, ...]:
    return tuple(column.name for column in reference.profile.spec.schema.columns)


def test_a_broken_correlation_alerts_though_every_marginal_is_the_same():
    """Shuffling one of two columns that go together: the residual alerts with evidence, the columns stay ok."""
    rng = np.random.default_rng(1)
    reference = built(together(rng))
    watching = model(reference, seasonality="none")
    watching.observe(batch(together(rng, 1_000, broken=True)), START)
    evaluation = watching.tick(START)
    assert evaluation is not None
    assert dict(zip(names(reference), evaluation.status.tolist(), strict=True)) == {
        "f0": 0, "f1": 0, "f2": 0, RESIDUAL: ALERT,
    }  # fmt: skip
    place = names(reference).index(RESIDUAL)
    assert evaluation.scores.evidence[0, place] > 100
    assert evaluation.scores.debiased[0, place] > 0.5


def test_undrifted_rows_leave_the_residual_ok():
    """New rows of the same kind score as noise."""
    rng = np.random.default_rng(2)
    reference = built(together(rng))
    watching = model(reference, seasonality="none")
    watching.observe(batch(together(rng, 1_000)), START)
    evaluation = watching.tick(START)
    assert evaluation is not None
    assert evaluation.status.tolist() == [0, 0, 0, 0]


def test_independent_columns_have_no_residual():
    """Where nothing goes together there is nothing to break, and no column that says so."""
    reference = built(np.random.default_rng(3).standard_normal((10, ROWS)))
    assert RESIDUAL not in names(reference)
    assert reference.profile.spec.projection is None


@pytest.mark.parametrize("columns", [1, 151])
def test_too_few_or_too_many_columns_have_no_residual(columns: int):
    """One numeric column has no partner; beyond 150 the matrix would cost more than it tells."""
    rng = np.random.default_rng(4)
    values = rng.standard_normal((columns, 500))
    values[1:] += 3 * values[0]
    assert RESIDUAL not in names(built(values))


def test_a_hundred_and_fifty_columns_have_one():
    """The limit itself is within."""
    rng = np.random.default_rng(5)
    values = rng.standard_normal((150, 500))
    values[1:] += 3 * values[0]
    assert RESIDUAL in names(built(values))


def test_constants_and_empty_columns_take_no_part():
    """A column that never varies or never was there is no part of the projection and does no harm."""
    rng = np.random.default_rng(6)
    values = np.vstack([together(rng), np.full((1, ROWS), 7.0), np.full((1, ROWS), np.nan)])
    projection = built(values).profile.spec.projection
    assert projection is not None
    assert projection.columns == ("f0", "f1", "f2")


def test_a_column_given_twice_is_a_correlation_like_any_other():
    """An exact copy has no spread of its own; the residual is finite, and large where the copy departs."""
    values = np.random.default_rng(7).standard_normal(2_000)
    projection = Projection.of(("a", "b"), np.stack([values, values], axis=1))
    assert projection is not None
    together_now = projection.residual(np.array([[1.0, 1.0], [1.0, -1.0]]))
    assert np.isfinite(together_now).all()
    assert together_now[1] > 100 * max(together_now[0], 0.1)


def test_missing_values_stand_at_the_mean():
    """A missing value neither makes the residual missing nor large."""
    projection = Projection.of(("a", "b"), together(np.random.default_rng(8))[:2].T)
    assert projection is not None
    found = projection.residual(np.array([[np.nan, np.nan], [0.1, np.nan], [np.inf, 0.0]]))
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(0.0, abs=1e-9)
    assert found[1] < 1


def test_one_absurd_value_is_not_the_whole_residual():
    """Values beyond ten standard deviations pull no further."""
    projection = Projection.of(("a", "b"), together(np.random.default_rng(9))[:2].T)
    assert projection is not None
    ten, absurd = projection.residual(np.array([[1e2, 0.0], [1e300, 0.0]]))
    assert ten == absurd


def test_its_scale_is_one():
    """Undrifted rows have a root mean square of one."""
    values = together(np.random.default_rng(10))[:2].T
    projection = Projection.of(("a", "b"), values)
    assert projection is not None
    assert np.sqrt(np.mean(projection.residual(values) ** 2)) == pytest.approx(1.0, abs=0.02)


def test_rows_are_projected_one_by_one():
    """However many come at once, a row's residual is the same."""
    values = together(np.random.default_rng(11), 10_000).T
    projection = Projection.of(("a", "b", "c"), values)
    assert projection is not None
    np.testing.assert_allclose(
        projection.residual(values), np.concatenate([projection.residual(part) for part in np.split(values, 8)])
    )


def test_a_batch_without_most_of_the_columns_has_no_residual():
    """With half of the columns it can be told; with fewer it would be a guess."""
    projection = Projection.of(("a", "b", "c"), together(np.random.default_rng(12)).T)
    two = Batch(3, inputs={"a": np.zeros(3), "b": np.zeros(3)})
    assert RESIDUAL in with_residual_column(two, projection).inputs
    one = replace(two, inputs={"a": np.zeros(3)})
    assert with_residual_column(one, projection) is one
    assert with_residual_column(two, None) is two


def test_a_column_of_the_wrong_kind_is_missing():
    """Text where numbers were learned does not stop the others."""
    projection = Projection.of(("a", "b"), together(np.random.default_rng(13))[:2].T)
    wrong = Categories(np.zeros(2, dtype=np.int32), ("text",))
    found = with_residual_column(Batch(2, inputs={"a": wrong, "b": np.zeros(2)}), projection)
    assert np.isfinite(found.inputs[RESIDUAL]).all()


def test_ignoring_a_column_drops_the_residual():
    """What was learned with a column cannot be told without it."""
    reference = built(together(np.random.default_rng(14)))
    watching = model(reference, seasonality="none", features={"f1": ColumnSettings(ignore=True)})
    watching.observe(batch(together(np.random.default_rng(15), 500)), START)
    evaluation = watching.tick(START)
    assert evaluation is not None
    assert [column.name for column in evaluation.columns] == ["f0", "f2"]
    assert not watching.view(START).counters.violations


def test_it_can_be_left_out():
    """`multivariate=False` builds a reference of the columns alone."""
    assert names(built(together(np.random.default_rng(16)), multivariate=False)) == ("f0", "f1", "f2")


def test_a_column_of_the_same_name_is_the_users():
    """Data that have such a column keep it, and get none added."""
    values = together(np.random.default_rng(17))
    inputs = {"a": values[0], "b": values[1], RESIDUAL: values[2]}
    reference = build(lambda: [Batch(ROWS, inputs=inputs)], BuildOptions("rows", START))
    assert reference.profile.spec.projection is None
    assert reference.profile.spec.schema.columns[2].name == RESIDUAL
