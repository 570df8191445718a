"""Outcomes of labelled reference data: what a window's accuracy and errors are compared with.

Memory: the sketches, some 6 KB.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from driftgauge.batch import Batch
from driftgauge.profile.classes import Classes, digests
from driftgauge.profile.outcomes import Outcomes, OutcomeSpec, predictions_of, task_of
from driftgauge.profile.profile import ProfileSpec
from driftgauge.reference.performance import PerformanceTotals

__all__ = ["OutcomeTotals"]

#: classes with counts of their own, as `labels.most_classes` has it by default
MOST_CLASSES = 20


class OutcomeTotals:
    """Counts the outcomes of a data set.

    Args:
        spec: of its profile, which says whether the prediction is a class or a number.
        order: the classes in the order of the probabilities; empty where they are 0, 1, 2, ...
    """

    def __init__(self, spec: ProfileSpec, order: Sequence[str] = ()) -> None:
        task, center, names = task_of(spec)
        self._classes = Classes(MOST_CLASSES, (*names, *order))
        self._order = digests(order)
        self._spec = None if task is None else OutcomeSpec(task, MOST_CLASSES, center)
        self._sketches = {} if self._spec is None else {name: one.zero() for name, one in self._spec.specs.items()}
        self._rows = 0
        self.performance = PerformanceTotals(spec, task)

    def add(self, batch: Batch) -> None:
        """Count the rows of *batch* that have a label and a prediction."""
        if batch.labels is None or self._spec is None:
            return
        truth = self._classes.values(batch.labels)
        predicted, confidence = predictions_of(batch, self._classes, self._order)
        usable = self._spec.usable(truth, predicted)
        self._rows += int(np.count_nonzero(usable))
        outcome = np.full(batch.rows, np.nan)
        outcome[usable] = self._spec.outcome(self._classes, truth.take(usable), predicted.take(usable))
        self.performance.add(batch, outcome)
        found = self._spec.of(self._classes, truth.take(usable), predicted.take(usable), confidence[usable])
        self._sketches = {name: sketch.merge(found[name]) for name, sketch in self._sketches.items()}

    @property
    def outcomes(self) -> Outcomes | None:
        """What was counted; None where no row has both a label and a prediction."""
        if self._spec is None or not self._rows:
            return None
        return Outcomes(self._spec, tuple(self._classes.names), self._sketches)
