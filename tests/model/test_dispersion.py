"""The trailing dispersion factor: golden cases, and when the evaluator takes it."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from driftgauge.drift import MOST_DISPERSION
from driftgauge.model import Evaluation
from driftgauge.model.dispersion import LEAST_BLOCKS, trailing_dispersion
from tests.simulation.traffic import MINUTE, START, batch, model, reference

#: twenty bins, equally likely without drift
EDGES = np.array([NormalDist().inv_cdf(part / 20) for part in range(1, 20)])


def blocks(number: int, rows: int, *, session: int = 1, correlation: float = 0.0, columns: int = 40) -> np.ndarray:
    """Count blocks of normal numbers in sessions, [blocks, columns, bins]."""
    rng = np.random.default_rng(7)
    shared = np.repeat(rng.standard_normal((number, columns, -(-rows // session))), session, axis=2)[:, :, :rows]
    own = rng.standard_normal((number, columns, rows))
    return counted(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own)


def counted(values: np.ndarray) -> np.ndarray:
    bins = np.searchsorted(EDGES, values)
    return np.stack([(bins == number).sum(axis=-1) for number in range(len(EDGES) + 1)], axis=-1).astype(np.int64)


@pytest.mark.parametrize("rows", [60, 600, 2_400])
@pytest.mark.parametrize("number", [8, 24, 95])
def test_independent_rows_give_one(number: int, rows: int):
    """Blocks of independent rows scatter as the law says, in the mean and in the tail."""
    assert trailing_dispersion(blocks(number, rows)).mean() == pytest.approx(1.0, abs=0.12)


def test_empty_blocks_say_nothing():
    """Blocks before the first row are left out, also where hours are compared: the factor is that of the others."""
    filled, hours = blocks(48, 600, session=50, correlation=0.5), np.arange(48) % 12
    late = np.concatenate([filled, np.zeros((20, *filled.shape[1:]), dtype=np.int64)])
    assert trailing_dispersion(late).tolist() == trailing_dispersion(filled).tolist()
    later_hours = np.concatenate([hours, np.arange(20) % 12])
    assert trailing_dispersion(late, later_hours).tolist() == trailing_dispersion(filled, hours).tolist()
    assert np.isnan(trailing_dispersion(np.zeros_like(late))).all()


@pytest.mark.parametrize("rows", [600, 2_400])
def test_sessions_of_fifty_give_about_three(rows: int):
    """Sessions of 50 rows with an intra-class correlation of 0.5: hours scatter as a third of their rows would."""
    factor = trailing_dispersion(blocks(24, rows, session=50, correlation=0.5))
    assert factor.mean() == pytest.approx(3.0, abs=0.4)
    assert factor.min() > 1.5


def test_short_sessions_hardly_matter():
    """Sessions of 10 with 0.3."""
    factor = trailing_dispersion(blocks(24, 600, session=10, correlation=0.3))
    assert 1.0 < factor.mean() < 1.4


def test_too_few_blocks_say_nothing():
    """Fewer than eight, or blocks of too few rows: no figure, rather than a wrong one."""
    assert np.isnan(trailing_dispersion(blocks(LEAST_BLOCKS - 1, 600))).all()
    assert np.isnan(trailing_dispersion(blocks(24, 20))).all()
    assert np.isfinite(trailing_dispersion(blocks(LEAST_BLOCKS, 600))).all()


def test_the_factor_has_a_limit():
    """Blocks that have nothing in common give 50."""
    apart = np.zeros((10, 1, 20), dtype=np.int64)
    apart[np.arange(10), 0, np.arange(10)] = 10_000
    assert trailing_dispersion(apart).tolist() == [MOST_DISPERSION]


def test_a_rhythm_is_no_scatter_when_hours_are_compared_with_the_same_hour():
    """With groups the same hour of other days counts, and a daily cycle gives one; without, it gives many."""
    rng = np.random.default_rng(8)
    hours = np.tile(np.arange(24), 7)
    cycle = np.sin(2 * np.pi * hours / 24)[:, None, None]
    found = counted(cycle + rng.standard_normal((len(hours), 10, 300)))
    assert trailing_dispersion(found, hours).mean() == pytest.approx(1.0, abs=0.1)
    assert trailing_dispersion(found).min() > 5


def watched(hours: int, moved_from: float = np.inf, shift: float = 1.0) -> list[Evaluation]:
    """Evaluate independent rows every ten minutes, moved by *shift* from hour *moved_from* on."""
    rng = np.random.default_rng(9)
    watching = model(reference(rng.standard_normal((4, 10_000))), seasonality="none", tick_seconds=600)
    found = []
    for step in range(hours * 6):
        now = START + step * 10 * MINUTE
        values = rng.standard_normal((4, 100)) + shift * (step / 6 >= moved_from)
        watching.observe(batch(values), now)
        evaluation = watching.tick(now)
        assert evaluation is not None
        found.append(evaluation)
    return found


def test_what_drifts_is_not_taken_for_scatter():
    """The factor of a column is frozen when a step comes, so its evidence stays as large as it was."""
    found = watched(24, moved_from=14)
    hour = [window.name for window in found[-1].windows].index("1h")
    assert (found[-1].status == 2).all()
    assert found[-1].dispersion[hour].max() < 1.3
    assert found[-1].scores.evidence[hour].min() > 50


def test_a_window_borrows_the_factor_of_the_next_shorter_one():
    """Until a window has seen eight blocks of its own length, it takes the factor of a shorter one."""
    before, after = watched(2)[-1], watched(4)[-1]
    names = [window.name for window in after.windows]
    assert (before.dispersion == 1).all()
    assert (after.dispersion[names.index("15m")] > 1).any()
    assert (after.dispersion[names.index("24h")] == after.dispersion[names.index("15m")]).all()
