"""The anomaly score of reference data: a detector fitted on one half of a sample of rows, its scores counted on others.

Rows that a detector was fitted on look less odd to it than new ones, so they are never scored: what the profile counts is what
undrifted traffic will give. Of long files, 16,384 evenly spread rows of each batch are scored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch
from driftgauge.derive import ANOMALY, RESIDUAL, Detector
from driftgauge.derive.anomaly import Standard
from driftgauge.errors import SourceError
from driftgauge.profile import INPUT, NUMERIC, Block, ProfileSpec
from driftgauge.reference.detectors import MOST_FITTED, fit
from driftgauge.reference.joint import RowSample
from driftgauge.reference.survey import Survey

__all__ = ["AnomalySurvey", "survey_anomalies"]

#: share of the reference's rows that are beyond the threshold
SHARE = 0.01
#: rows without which there is no such share
LEAST_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class AnomalySurvey:
    """A detector, and the numbers of the rows that it was fitted on, ascending."""

    detector: Detector
    fitted: NDArray[np.int64]

    def spec(self, spec: ProfileSpec) -> ProfileSpec:
        """Return *spec* with the detector, whose threshold becomes an edge."""
        place = [column.name for column in spec.schema.numeric].index(ANOMALY)
        edges = list(spec.histogram.edges)
        edges[place] = np.unique(np.append(edges[place], self.detector.threshold))
        return replace(spec, histogram=replace(spec.histogram, edges=tuple(edges)), detector=self.detector)

    def scored(self, spec: ProfileSpec, block: Block, first: int) -> Block:
        """Return *block*, whose first row has the number *first*, with scores of rows that were not fitted on."""
        own = self.fitted[slice(*np.searchsorted(self.fitted, (first, first + block.rows)))] - first
        return spec.scored(block, np.delete(np.arange(block.rows), own))


def survey_anomalies(survey: Survey, sample: RowSample, kind: str, name: str) -> AnomalySurvey:
    """Fit a detector of a *kind* and add its score to the survey as a column; *name* is named in errors.

    Raises:
        SourceError: there are too few rows, no numeric inputs that vary, or a column has the score's name.
    """
    if (INPUT, ANOMALY) in survey.columns:
        raise SourceError(f"{name}: a column is called {ANOMALY!r} already; leave it out with --ignore {ANOMALY}")
    if survey.rows < LEAST_ROWS:
        raise SourceError(f"{name}: {survey.rows} rows, an anomaly detector needs {LEAST_ROWS} or more")
    columns = tuple(
        column
        for role, column in survey.columns
        if role == INPUT and column != RESIDUAL and survey.kind(role, column) == NUMERIC
    )
    values = sample.matrix(columns)
    standard = Standard.of(columns, values)
    if standard is None:
        raise SourceError(f"{name}: no numeric input varies, so there is nothing that an anomaly could show in")
    values = values[:, [columns.index(column) for column in standard.columns]]
    order = np.random.default_rng(1).permutation(len(values))  # the same rows give the same detector
    size = min(len(order) // 2, MOST_FITTED[kind])
    scorer = fit(kind, standard.of_rows(values[order[:size]]))
    scores = Detector(standard, scorer, 0.0).scores(values[order[size:]])
    threshold = float(np.quantile(scores, 1 - SHARE, method="higher"))
    survey.add(Batch(len(scores), inputs={ANOMALY: scores}))
    survey.rows -= len(scores)
    # The sample's extremes are no bounds of the reference's.
    survey.columns[INPUT, ANOMALY].low, survey.columns[INPUT, ANOMALY].high = np.inf, -np.inf
    return AnomalySurvey(Detector(standard, scorer, threshold), np.sort(sample.numbers[order[:size]]))
