"""Track: one series watched by one detector, in three phases.

    warm-up: the first values tell what is usual ──► watching: values as standard deviations, to the detector ──► change: begin anew

Values of few rows stray more than those of many, and series have a memory. So a value becomes its distance from the usual level, over
the standard deviation that its rows and the scatter between slots let expect, less what the value before foretold (Alwan and Roberts
1988). Without a change that is noise of variance 1 at any traffic, so one setting of a detector holds for every series.

Law: a track is a function of what it keeps. The detector is one that was given the kept values, so a restored track goes on exactly as one
that never stopped. When twice as many are there as the detector looks back, the older half is forgotten and the detector made anew from
the rest, restart or not. Memory: at most 2,880 values of 24 bytes.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift.change_detectors import Detector, memory_of, replayed
from driftgauge.errors import StateError
from driftgauge.level_settings import LevelChangeSettings
from driftgauge.model.levels import Level
from driftgauge.state import State

__all__ = ["Baseline", "LevelChange", "Track"]

Float64s = NDArray[np.float64]

#: standard deviations beyond which a value is no further away: one odd slot is no change
_FARTHEST = 4.0
#: of the level: what floating point and buckets leave of a constant series
_LEAST_SPREAD = 1e-4
#: a memory beyond this is a trend, which no single earlier value foretells
_MOST_MEMORY = 0.9


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A change that was found.

    Attributes:
        found: slot in which it was.
        since: slot with which the new level most likely began.
        before: mean of the values before that.
        after: mean of the values since.
    """

    found: int
    since: int
    before: float
    after: float

    @property
    def direction(self) -> str:
        """`up` or `down`."""
        return "up" if self.after > self.before else "down"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual: level, variance between slots, variance of a row, and how much of a deviation the next slot repeats."""

    level: float
    between: float
    within: float
    memory: float

    @classmethod
    def of(cls, means: Float64s, rows: Float64s, variances: Float64s) -> Baseline:
        """Learn from the slots of a warm-up; the variance between them is what their rows do not explain."""
        level = float(means.mean())
        within = float((rows * variances).sum() / max(rows.sum() - len(rows), 1.0))
        between = max(float(means.var(ddof=1)) - within * float((1 / rows).mean()), 0.0)
        found = cls(level, between, within, 0.0)
        z = np.array([found.distance(Level(int(n), x, 0.0)) for n, x in zip(rows, means, strict=True)])
        memory = float(z[1:] @ z[:-1]) / max(float(z @ z), 1e-12)
        # below twice its standard error it is chance
        memory = min(memory, _MOST_MEMORY) if memory > 2 / math.sqrt(len(z)) else 0.0
        return cls(level, between, within, memory)

    def distance(self, level: Level) -> float:
        """Return how many standard deviations a slot is off, `_FARTHEST` at most."""
        spread = math.sqrt(self.between + self.within / level.rows)
        spread = max(spread, _LEAST_SPREAD * abs(self.level), 1e-12)
        return min(max((level.mean - self.level) / spread, -_FARTHEST), _FARTHEST)

    def surprise(self, distance: float, before: float) -> float:
        """Return what the distance before did not foretell of this one, with variance 1."""
        return (distance - self.memory * before) / math.sqrt(1 - self.memory**2)


class Track:
    """A series as one detector sees it.

    Args:
        detector: its name.
        settings: of the detectors.
    """

    def __init__(self, detector: str, settings: LevelChangeSettings) -> None:
        self._name, self._settings = detector, settings
        self._kept = memory_of(detector)
        self.last: LevelChange | None = None
        self._begin()

    def _begin(self) -> None:
        self._baseline: Baseline | None = None
        self._detector: Detector | None = None
        self._before = 0.0
        self._slots, self._means = array("q"), array("d")
        #: while it warms up rows and variances of the slots, then the values that the detector was given
        self._rows, self._variances, self._values = array("d"), array("d"), array("d")

    @property
    def warming(self) -> bool:
        """Whether no change can be found yet."""
        return self._baseline is None

    @property
    def slots(self) -> int:
        """Values since it began or since the last change, as many as are kept."""
        return len(self._means)

    @property
    def mean(self) -> float:
        """Mean of those values; NaN without any."""
        return float(np.mean(self._means)) if self._means else math.nan

    def take(self, slot: int, level: Level) -> bool:
        """Take the next value in; return whether it shows a change, `last` then."""
        self._slots.append(slot)
        self._means.append(level.mean)
        if self._baseline is None:
            self._rows.append(level.rows)
            self._variances.append(level.variance)
            if len(self._means) >= self._settings.warmup_slots:
                self._warmed()
            return False
        if self._detector is None:  # after a restart
            self._detector = replayed(self._name, self._settings, self._values)
        self._give(self._baseline, level)
        self._detector.update(self._values[-1])
        if self._detector.drift_detected:
            self.last = self._change()
            self._begin()
            return True
        if len(self._values) >= 2 * self._kept:
            self._renew()
        return False

    def _warmed(self) -> None:
        means, rows, variances = (np.array(kept) for kept in (self._means, self._rows, self._variances))
        self._baseline = Baseline.of(means, rows, variances)
        for mean, count in zip(self._means, self._rows, strict=True):
            self._give(self._baseline, Level(int(count), mean, 0.0))
        self._rows, self._variances = array("d"), array("d")
        self._renew()

    def _renew(self) -> None:
        """Forget what the detector does not look back to, and make it anew from the rest."""
        if len(self._values) > self._kept:
            kept = slice(-self._kept, None)
            self._slots, self._means, self._values = self._slots[kept], self._means[kept], self._values[kept]
        self._detector = replayed(self._name, self._settings, self._values)

    def _give(self, baseline: Baseline, level: Level) -> None:
        distance = baseline.distance(level)
        self._values.append(baseline.surprise(distance, self._before))
        self._before = distance

    def _change(self) -> LevelChange:
        """Return where the values before and after differ most, in standard errors."""
        values, means = np.array(self._values), np.array(self._means)
        count = len(values)
        sizes = np.arange(1, count)
        sums = np.cumsum(values)
        gaps = (sums[-1] - sums[:-1]) / (count - sizes) - sums[:-1] / sizes
        cut = int(np.argmax(np.abs(gaps) * np.sqrt(sizes * (count - sizes)))) + 1
        return LevelChange(self._slots[-1], self._slots[cut], float(means[:cut].mean()), float(means[cut:].mean()))

    def freeze(self) -> State:
        """Return a copy of what is kept: numbers alone, no detector."""
        facts = {
            "baseline": None if self._baseline is None else list(astuple(self._baseline)),
            "before": self._before,
            "last": None if self.last is None else list(astuple(self.last)),
        }
        kept = {"means": self._means, "rows": self._rows, "variances": self._variances, "values": self._values}
        arrays: dict[str, NDArray[Any]] = {name: np.array(values, dtype=np.float64) for name, values in kept.items()}
        return State(facts, arrays | {"slots": np.array(self._slots, dtype=np.int64)})

    def thaw(self, state: State) -> None:
        """Go on from what *state* says; the detector is made when the next value comes.

        Raises:
            StateError: it is no track; nothing has changed.
        """
        slots = state.array("slots", np.int64, (None,))
        means = _finite(state, "means", len(slots))
        baseline, last = _numbers(state, "baseline", 4), _numbers(state, "last", 4)
        warming = len(slots) if baseline is None else 0
        rows, variances = _finite(state, "rows", warming), _finite(state, "variances", warming)
        values = _finite(state, "values", len(slots) - warming)
        most = self._settings.warmup_slots - 1 if baseline is None else 2 * self._kept - 1
        if len(slots) > most or (rows < 1).any():
            raise StateError(f"slots: expected at most {most} with rows, got {len(slots)}")
        before = state.fact("before", float)
        if baseline is not None and not (min(baseline[1:]) >= 0 and baseline[3] <= _MOST_MEMORY):
            raise StateError(f"baseline: expected variances and a memory of at most {_MOST_MEMORY}, got {baseline}")
        self._before = before
        self._slots = array("q", slots.tolist())
        self._means, self._rows, self._variances, self._values = (
            array("d", kept.tolist()) for kept in (means, rows, variances, values)
        )
        self._detector = None
        self._baseline = None if baseline is None else Baseline(*baseline)
        self.last = None if last is None else LevelChange(int(last[0]), int(last[1]), last[2], last[3])


def _finite(state: State, name: str, length: int) -> Float64s:
    found = state.array(name, np.float64, (length,))
    if not np.isfinite(found).all():
        raise StateError(f"{name}: expected finite numbers")
    return found


def _numbers(state: State, name: str, length: int) -> list[float] | None:
    if state.facts.get(name) is None:
        return None
    found = state.fact(name, list)
    if len(found) != length or not all(isinstance(one, int | float) and math.isfinite(one) for one in found):
        raise StateError(f"{name}: expected {length} finite numbers, got {found}")
    return [float(one) for one in found]
