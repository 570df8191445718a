"""Made-up traffic with a clock: columns of normal numbers with a daily cycle, in sessions, and what models say of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Requests
from driftgauge.model import Model
from driftgauge.profile import Reference
from driftgauge.reference import BuildOptions, build
from tests.simulation.traffic import START, batch

Matrix = NDArray[np.float64]

DAY_HOURS = 24
HOUR = 3_600.0
#: event time between two batches
PIECE = 300.0
#: standard deviations that the mean of the day's best hour lies above the day's
CYCLE = 0.5


@dataclass(frozen=True)
class Traffic:
    """Rows of normal numbers around a mean that follows the clock.

    Attributes:
        columns: independent columns.
        rows: rows in five minutes.
        cycle: standard deviations of the daily cycle.
        session: rows that share an effect.
        correlation: share of the variance that is the session's.
    """

    columns: int
    rows: int
    cycle: float = CYCLE
    session: int = 1
    correlation: float = 0.0

    def values(self, rng: np.random.Generator, times: Matrix) -> Matrix:
        """Return a value of each column at every one of *times*, the rows of a session after one another."""
        sessions = -(-len(times) // self.session)
        shared = np.repeat(rng.standard_normal((self.columns, sessions)), self.session, axis=1)[:, : len(times)]
        own = rng.standard_normal((self.columns, len(times)))
        daily = self.cycle * np.sin(2 * np.pi * times / (DAY_HOURS * HOUR))
        return np.sqrt(self.correlation) * shared + np.sqrt(1 - self.correlation) * own + daily

    def reference(self, rng: np.random.Generator, days: int, **options: object) -> Reference:
        """Build the reference of whole days that end when the simulation starts."""
        times = np.repeat(START - days * DAY_HOURS * HOUR + PIECE * np.arange(days * 288), self.rows)
        values = self.values(rng, times)
        inputs = {f"f{i}": column for i, column in enumerate(values)}
        whole = Batch(len(times), inputs=inputs, requests=Requests(0), timestamps=times)
        return build(lambda: [whole], BuildOptions("simulated", START, **options))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Watch:
    """What the evaluations of a stretch of time found; arrays begin with the evaluation, times are hours."""

    hours: Matrix
    windows: tuple[str, ...]
    status: NDArray[np.int8]
    window_status: NDArray[np.int8]
    debiased: Matrix
    evidence: Matrix
    dispersion: Matrix

    def raised(self, window: str, least: float = 0.1, evidence: float = 6.0) -> NDArray[np.bool_]:
        """Return where the plain rule would warn in a window, [evaluations, columns]."""
        place = self.windows.index(window)
        return (self.debiased[:, place] >= least) & (self.evidence[:, place] >= evidence)

    def delays(self, since: float, least: int = 1) -> Matrix:
        """Return after how many hours from *since* on each column's status was *least* or above; infinite if never."""
        return first(self.hours, self.status >= least, since)


def first(hours: Matrix, raised: NDArray[np.bool_], since: float) -> Matrix:
    """Return after how many hours from *since* on each column was raised first."""
    late = hours > since
    found = np.where(raised[late], hours[late][:, None], np.inf).min(axis=0, initial=np.inf)
    delays: Matrix = found - since
    return delays


def watch(
    model: Model,
    traffic: Traffic,
    rng: np.random.Generator,
    *,
    days: float,
    shift: Callable[[float], float] = lambda _: 0.0,
    every: int = 3,
) -> Watch:
    """Run *traffic* through *model* from midnight on, moved by `shift(hours)`, evaluating every *every* pieces."""
    found = []
    for piece in range(int(days * 288)):
        now = START + piece * PIECE
        hours = piece * PIECE / HOUR
        model.observe(batch(traffic.values(rng, np.full(traffic.rows, now)) + shift(hours)), now)
        if (piece + 1) % every:
            continue
        evaluation = model.tick(now + PIECE - 1)
        assert evaluation is not None
        scores = evaluation.scores
        found.append((
            hours + PIECE / HOUR, evaluation.status, evaluation.window_status.copy(), scores.debiased, scores.evidence, evaluation.dispersion,
        ))  # fmt: skip
    windows = tuple(window.name for window in evaluation.windows)
    hours_seen, *rest = (np.array(part) for part in zip(*found, strict=True))
    return Watch(hours_seen, windows, *rest)
