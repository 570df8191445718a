"""Scores of two data sets: one a way in which they can differ, each with what it needs to be believed.

    COLUMN            debiased Jensen-Shannon distance of the column, 0..1
    COLUMN mean       relative change of its mean, of lengths, channel means and brightness, whose zero means something
    tokens of FIELD   debiased Jensen-Shannon distance of the hashed tokens
    top tokens of FIELD   share of the most frequent tokens that are no longer among them; over one half is drift
    embedding FIELD   relative discrepancy of the mean embeddings, which warns at 0.05 and alerts at 0.10

Every score states its evidence (-log10 of the probability without drift), NaN where there is none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from driftgauge.drift import mean_shift
from driftgauge.drift.gamma import log_normal_tail
from driftgauge.drift.mmd import MMD_ALERT, MMD_WARN, mean_discrepancy
from driftgauge.drift.pearson import MAX_EVIDENCE
from driftgauge.drift.token_drift import OVERLAP_DRIFT, token_drift
from driftgauge.profile import EMBEDDING, TOKENS, Profile, sketch_name
from driftgauge.reference.compare import ColumnComparison
from driftgauge.sketch import MeanVector, TokenCounts
from driftgauge.training.dataset_profile import DatasetProfile

__all__ = ["ALERT_AT", "WARN_AT", "Score", "beside_columns", "of_columns", "of_means"]

WARN_AT, ALERT_AT = 0.1, 0.2
#: columns whose relative change says something
_MEANS = re.compile(r".*\.(length|mean\[\d+\]|brightness)$")


@dataclass(frozen=True, slots=True)
class Score:
    """One score.

    Attributes:
        name: see above.
        value: without the share of noise, where it has one.
        plain: as other tools compute it.
        evidence: -log10 of the probability without drift; NaN where the score stands on its number of samples alone.
        samples: of the smaller side.
        warn: value that warns.
        alert: value that alerts.
    """

    name: str
    value: float
    plain: float
    evidence: float
    samples: float
    warn: float = WARN_AT
    alert: float = ALERT_AT

    def scaled(self, value: float) -> float:
        """Return *value* on the scale on which 0.1 warns and 0.2 alerts."""
        return value * WARN_AT / self.warn if self.alert == 2 * self.warn else value


def of_columns(found: Collection[ColumnComparison], least: float) -> Iterator[Score]:
    """Yield the scores of columns; *least* is the number of rows of the reference."""
    for column in found:
        if not math.isnan(column.score):
            samples = min(column.samples, least)
            yield Score(column.column.name, column.debiased, column.score, column.evidence, samples)


def of_means(before: Profile, now: Profile) -> Iterator[Score]:
    """Yield the relative changes of the means that have a meaning."""
    r, c = before.histogram, now.histogram
    shift = mean_shift(r.mean, np.maximum(r.stddev, c.stddev), r.finite, c.mean, c.finite)
    for place, column in enumerate(before.spec.schema.numeric):
        change, z = float(shift.relative[place]), float(shift.z[place])
        if _MEANS.match(column.name) and not math.isnan(change):
            # two means that are constants differ for sure, or not at all
            tail = -float(log_normal_tail(np.array([abs(z)]))[0] + math.log(2)) / math.log(10)
            sure = MAX_EVIDENCE if change > 0 else 0.0
            evidence = sure if math.isnan(z) else min(max(tail, 0.0), MAX_EVIDENCE)
            samples = float(min(r.finite[place], c.finite[place]))
            yield Score(f"{column.name} mean", change, change, evidence, samples)


def beside_columns(reference: DatasetProfile, current: DatasetProfile) -> Iterator[Score]:
    """Yield the scores of tokens and embeddings."""
    before, now = reference.reference.sketches, current.reference.sketches
    for name in sorted(before.keys() & now.keys()):
        mine, theirs = before[name], now[name]
        if isinstance(mine, TokenCounts) and isinstance(theirs, TokenCounts):
            yield from _tokens(name, mine, theirs)
        elif isinstance(mine, MeanVector) and isinstance(theirs, MeanVector) and mine.spec == theirs.spec:
            embedder = reference.reference.profile.spec.embedders[name.removeprefix(sketch_name(EMBEDDING, ""))]
            found = mean_discrepancy(mine, theirs, embedder.square, embedder.cube)
            yield Score(
                name,
                found.relative,
                found.relative,
                found.evidence,
                min(found.samples, int(mine.rows[0])),
                MMD_WARN,
                MMD_ALERT,
            )


def _tokens(name: str, mine: TokenCounts, theirs: TokenCounts) -> Iterator[Score]:
    found = token_drift(mine, theirs)
    if math.isnan(found.score):
        return
    samples = float(min(mine.texts[0], theirs.texts[0]))
    yield Score(name, found.debiased, found.score, found.evidence, samples)
    if found.k:
        lost = 1 - found.overlap
        # exactly one half is no drift
        limit = math.nextafter(1 - OVERLAP_DRIFT, 1)
        top = f"top {name}" if name.startswith(TOKENS) else name
        yield Score(top, lost, lost, math.nan, samples, limit, limit)
