"""Outcome windows: how predictions turned out, by time, as soon as it is known what the model does.

The task is what the settings say; else how the reference counts the prediction (categories: classification); else, until there
is a reference, what the values look like. A guess that turns out wrong starts the windows anew. Labels enter at their arrival;
coverage is about the time of the prediction, so that a window's share of labelled predictions is one of its own.

Memory: 564 slots of the sketches, taken as slots fill: some 2.5 KB a slot for a classifier, 0.1 KB for a regression.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.errors import StateError
from driftgauge.label_settings import LabelSettings
from driftgauge.model.label_join import Matched
from driftgauge.profile import Reference, SketchRing, Window
from driftgauge.profile.classes import Classes
from driftgauge.profile.outcomes import CLASSIFICATION, REGRESSION, OutcomeSpec, task_of
from driftgauge.sketch import CoverageSpec, Sketch
from driftgauge.state import State

__all__ = ["OutcomeWindows"]

Float64s = NDArray[np.float64]

_COVERAGE = {"coverage": CoverageSpec("predictions")}
#: distinct whole numbers up to which a prediction without a reference looks like a class
_FEW = 20
#: slots of the time of predictions that one body of labels may touch one by one
_MOST_MINUTES = 64
_MINUTE, _HOUR = 60.0, 3_600.0


class OutcomeWindows:
    """Outcomes of one version of a model by time.

    Args:
        settings: of its labels.
        shown: what turns a class into what is shown of it; None: its text.
    """

    def __init__(self, settings: LabelSettings, shown: Callable[[str], str] | None = None) -> None:
        self._settings = settings
        self.classes = Classes(settings.most_classes, shown=shown)
        self.spec: OutcomeSpec | None = None
        self._certain = False
        self._ring: SketchRing | None = None
        self._coverage = SketchRing(_COVERAGE)
        #: minute -> predictions, labels; and the outcomes of one minute
        self._covered: defaultdict[float, list[int]] = defaultdict(lambda: [0, 0])
        self._staged: tuple[float, dict[str, Sketch]] | None = None
        if settings.task != "auto":
            self._settle(OutcomeSpec(settings.task, settings.most_classes), certain=True)

    def refer_to(self, reference: Reference) -> None:
        """Learn from a reference what the model does and which classes it has."""
        task, center, names = task_of(reference.profile.spec)
        if reference.outcomes is not None:
            self.classes.learn(reference.outcomes.names)
        self.classes.learn(names)
        if self._settings.task == "auto" and task is not None:
            self._settle(OutcomeSpec(task, self._settings.most_classes, center), certain=True)
        elif self.spec is not None and self.spec.task == REGRESSION:
            self._settle(OutcomeSpec(REGRESSION, self.spec.classes, center), certain=True)

    def predicted(self, rows: int, now: float) -> None:
        """Count predictions that could be labelled."""
        self._covered[now // _MINUTE * _MINUTE][0] += rows
        self._relieve()

    def labelled(self, arrived: Float64s) -> None:
        """Count labels at the times at which their predictions arrived."""
        for slot in (_MINUTE, _HOUR):
            times, counts = np.unique(arrived // slot * slot, return_counts=True)
            if len(times) <= _MOST_MINUTES:
                break
        for time, count in zip(times.tolist(), counts.tolist(), strict=True):
            self._covered[time][1] += count
        self._relieve()

    def add(self, matched: Matched, now: float) -> int:
        """Count outcomes; return how many of them could be compared."""
        if not self._certain:
            self._guess(matched)
        assert self.spec is not None
        assert self._ring is not None
        usable = self.spec.usable(matched.truth, matched.predicted)
        rows = int(np.count_nonzero(usable))
        if rows:
            truth, predicted = matched.truth.take(usable), matched.predicted.take(usable)
            found = self.spec.of(self.classes, truth, predicted, matched.confidence[usable])
            minute = now // _MINUTE * _MINUTE
            if self._staged is not None and self._staged[0] == minute:
                found = {name: sketch.merge(found[name]) for name, sketch in self._staged[1].items()}
            else:
                self.flush()
            self._staged = minute, found
        return rows

    def flush(self) -> None:
        """Put into the windows what has been gathered of the last minute, because a slot costs as much for one row as for many."""
        for time, counts in self._covered.items():
            self._coverage.add({"coverage": _COVERAGE["coverage"].of(np.array(counts)[:, None])}, time)
        self._covered.clear()
        if self._ring is not None and self._staged is not None:
            self._ring.add(self._staged[1], self._staged[0])
        self._staged = None

    def forget_after(self, now: float) -> None:
        """Forget what lies ahead of *now*, after a clock that was wrong."""
        self.flush()
        self._coverage.forget_after(now)
        if self._ring is not None:
            self._ring.forget_after(now)

    def window(self, window: Window, now: float) -> dict[str, Any]:
        """Return the sketches of a window by name; those of outcomes are absent while the task is not known."""
        self.flush()
        found = self._coverage.window(window, now)
        return found if self._ring is None else found | self._ring.window(window, now)

    def slot(self, seconds: int, number: int) -> dict[str, Any]:
        """Return the sketches of the outcomes of one slot; none while the task is not known."""
        self.flush()
        return {} if self._ring is None else self._ring.slot(seconds, number)

    def freeze(self) -> State:
        """Return a copy of the windows, of the classes and of what the model is taken to do."""
        self.flush()
        spec = None if self.spec is None else [self.spec.task, self.spec.classes, self.spec.center]
        parts = {"classes": self.classes.freeze(), "coverage": self._coverage.freeze()}
        if self._ring is not None:
            parts["outcomes"] = self._ring.freeze()
        return State({"spec": spec, "certain": self._certain}, parts=parts)

    def thaw(self, state: State, now: float) -> None:
        """Take windows back; what lies ahead of *now* is forgotten.

        Raises:
            StateError: they are no outcomes; these windows are of no use any more.
        """
        self.classes.thaw(state.part("classes"))
        self._coverage.thaw(state.part("coverage"))
        self._certain = state.fact("certain", bool)
        if state.facts.get("spec") is not None:
            self.spec = _spec(state.fact("spec", list))
            self._ring = SketchRing(self.spec.specs)
            self._ring.thaw(state.part("outcomes"))
        self.forget_after(now)

    def _relieve(self) -> None:
        if len(self._covered) > _MOST_MINUTES:
            self.flush()

    def _guess(self, matched: Matched) -> None:
        """Decide from values what the model does: classes, unless they are numbers that are not few and whole."""
        sides = (matched.truth, matched.predicted)
        numbers = np.concatenate([side.numbers for side in sides])
        worded = any(bool((np.isnan(side.numbers) & (side.words != 0)).any()) for side in sides)
        known = numbers[~np.isnan(numbers)]
        classes = worded or (bool((known % 1 == 0).all()) and len(np.unique(known)) <= _FEW)
        if not np.isnan(matched.confidence).all():
            classes = True
        if self.spec is None or (self.spec.task == CLASSIFICATION and not classes):
            self._settle(OutcomeSpec(CLASSIFICATION if classes else REGRESSION, self._settings.most_classes))

    def _settle(self, spec: OutcomeSpec, *, certain: bool = False) -> None:
        """Count by *spec* from now on; windows that count so already go on."""
        self._certain = self._certain or certain
        if spec != self.spec:
            self._staged = None
            self.spec, self._ring = spec, SketchRing(spec.specs)


def _spec(facts: list[Any]) -> OutcomeSpec:
    """Return what a checkpoint says that is counted."""
    task, classes, center = facts if len(facts) == 3 else (None, None, None)
    if task not in {CLASSIFICATION, REGRESSION} or not isinstance(classes, int) or not isinstance(center, float):
        raise StateError(f"spec: expected a task, classes and a center, got {facts}")
    return OutcomeSpec(task, classes, center)
