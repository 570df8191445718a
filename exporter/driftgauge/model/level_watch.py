"""Level watch: changes of level of the model as a whole, slot by slot.

    minutes of the windows and of the labels, requests ──► one level a series and slot ──► a track for each series and detector

A slot is taken once, when it has ended and the rows that may still come late have come (`lateness_seconds`). Slots without rows
are passed over; those with few are added to the next. Features are not watched: with a hundred of them, and detectors that forget
what they found, changes by chance are a daily matter (statistics.md 3.6); columns have statuses, and `drift.log_e`.

Time: 0.4 ms a slot and series for KSWIN, microseconds for the others. Memory: 70 KB for a series and detector at most.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from driftgauge.batch import Requests
from driftgauge.errors import StateError
from driftgauge.level_settings import LevelChangeSettings
from driftgauge.model.level_track import LevelChange, Track
from driftgauge.model.levels import Level, SlotLevels, presented
from driftgauge.profile.slots import TIERS
from driftgauge.state import State

__all__ = ["DIRECTIONS", "LevelView", "LevelWatch"]

DIRECTIONS = ("up", "down")
#: slot -> requests, failed ones
_Requests = dict[int, tuple[int, int]]
#: a clock that goes back by more than this begins anew: slots that were taken would lie ahead of it for as long
_BACK_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class LevelView:
    """A series as one detector sees it.

    Attributes:
        series: `loss`, `confidence`, `latency` or `error_rate`.
        detector: that watches it.
        changes: found by this process, by direction.
        estimate: mean since the last change, NaN without a value; in seconds, shares, or the prediction's own unit.
        slots: values that the estimate rests on.
        warming: whether there are too few to find a change.
        last: the last change, its times in seconds; None before the first.
    """

    series: str
    detector: str
    changes: Mapping[str, int]
    estimate: float
    slots: int
    warming: bool
    last: LevelChange | None


class LevelWatch:
    """Watches one version of a model.

    Args:
        settings: of the detectors.
        lateness_seconds: how late rows may come.
    """

    def __init__(self, settings: LevelChangeSettings, lateness_seconds: float) -> None:
        self.settings = settings
        self._slot_seconds = settings.slot_seconds
        self._reach = dict(TIERS)[settings.slot_seconds]
        # a slot that has gone from the windows can be looked at no more
        self._lateness = min(lateness_seconds, (self._reach - 3.0) * settings.slot_seconds)
        #: requests, and failed ones, of the slots that have not been taken
        self._requests: _Requests = {}
        #: those of slots that are being taken
        self._handed: _Requests = {}
        self._waiting: dict[str, Level] = {}
        self._tracks: dict[tuple[str, str], Track] = {}
        self._found: Counter[tuple[str, str, str]] = Counter()
        self._done: int | None = None
        self._frozen = self._copy()

    def count(self, requests: Requests, time: float) -> None:
        """Count the requests of a batch."""
        if not requests.count:
            return
        slot = int(time // self._slot_seconds)
        total, failed = self._requests.get(slot, (0, 0))
        self._requests[slot] = total + requests.count, failed + sum(requests.failures.values())
        if len(self._requests) > self._reach:
            del self._requests[min(self._requests)]

    def due(self, now: float) -> Iterator[tuple[int, tuple[int, int]]]:
        """Yield the slots that can be taken at *now* on the model's clock, with their requests; each is then done."""
        current = int(now // self._slot_seconds)
        newest = int((now - self._lateness) // self._slot_seconds) - 1
        if self._done is not None and (self._done + 1) * self._slot_seconds > now + _BACK_SECONDS:
            self._done = None
        oldest = current - self._reach + 1
        first = oldest if self._done is None else max(self._done + 1, oldest)
        if newest < first:
            return
        self._done = newest
        self._handed = {slot: counts for slot, counts in self._requests.items() if slot <= newest}
        self._requests = {slot: counts for slot, counts in self._requests.items() if slot > newest}
        for slot in range(first, newest + 1):
            yield slot, self._handed.get(slot, (0, 0))

    def take(self, slots: Iterable[SlotLevels]) -> tuple[LevelView, ...]:
        """Take slots in, in order; return what is known now."""
        changed = False
        for slot, levels in slots:
            changed = changed or bool(levels)
            for series in self.settings.series:
                if series in levels and (level := self._enough(series, levels[series])) is not None:
                    self._give(series, slot, level)
        if changed:  # in one assignment, because a checkpoint may be taken at any time
            self._frozen = self._copy()
            self._handed = {}
        return self.view()

    def view(self) -> tuple[LevelView, ...]:
        """Return every series that has had a value, as each detector sees it."""
        return tuple(self._seen(*key, track) for key, track in sorted(self._tracks.items()))

    def _enough(self, series: str, level: Level) -> Level | None:
        """Return the level of what has waited and this, None where it has to wait on."""
        waiting = self._waiting.pop(series, None)
        level = level if waiting is None else waiting.merge(level)
        if level.rows >= self.settings.least_rows:
            return level
        self._waiting[series] = level
        return None

    def _give(self, series: str, slot: int, level: Level) -> None:
        for detector in self.settings.detectors:
            track = self._tracks.setdefault((series, detector), Track(detector, self.settings))
            if track.take(slot, level) and track.last is not None:
                self._found[series, detector, track.last.direction] += 1

    def _seen(self, series: str, detector: str, track: Track) -> LevelView:
        last = track.last
        if last is not None:
            before, after = presented(series, last.before), presented(series, last.after)
            last = LevelChange(last.found * self._slot_seconds, last.since * self._slot_seconds, before, after)
        changes = {direction: self._found[series, detector, direction] for direction in DIRECTIONS}
        return LevelView(series, detector, changes, presented(series, track.mean), track.slots, track.warming, last)

    def freeze(self) -> State:
        """Return a copy of the tracks and of what waits, as they were when the last slot had been taken."""
        requests = {str(slot): list(counts) for slot, counts in (self._handed | self._requests).items()}
        frozen = self._frozen
        return State({**frozen.facts, "requests": requests}, parts=frozen.parts)

    def _copy(self) -> State:
        facts = {
            "settings": repr(self.settings),
            "done": self._done,
            "waiting": {name: [level.rows, level.mean, level.variance] for name, level in self._waiting.items()},
        }
        return State(facts, parts={" ".join(key): track.freeze() for key, track in self._tracks.items()})

    def thaw(self, state: State) -> None:
        """Go on from *state*, or begin anew where the settings are others now.

        Raises:
            StateError: it is damaged; nothing has changed.
        """
        if state.fact("settings", str) != repr(self.settings):
            return
        done = state.moment("done")
        waiting = {
            name: Level(int(rows), mean, variance) for name, (rows, mean, variance) in _lists(state, "waiting", 3)
        }
        requests = {int(slot): (int(total), int(failed)) for slot, (total, failed) in _lists(state, "requests", 2)}
        tracks = {}
        for series in self.settings.series:
            for detector in self.settings.detectors:
                if (part := state.parts.get(f"{series} {detector}")) is not None:
                    tracks[series, detector] = Track(detector, self.settings)
                    tracks[series, detector].thaw(part)
        self._done = None if done is None else int(done)
        self._waiting, self._requests, self._tracks = waiting, requests, tracks
        self._frozen = self._copy()


def _lists(state: State, name: str, length: int) -> list[tuple[str, list[float]]]:
    """Return the entries of a fact that holds lists of *length* finite numbers by name."""
    found = list(state.fact(name, dict).items())
    for key, numbers in found:
        fits = isinstance(numbers, list) and len(numbers) == length
        if not fits or not all(isinstance(one, int | float) and math.isfinite(one) for one in numbers):
            raise StateError(f"{name}: {key}: expected {length} finite numbers, got {numbers}")
    return found
