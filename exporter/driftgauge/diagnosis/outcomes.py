"""What labels tell: whether the same inputs mean something else, or are only harder, or the truth itself is another mix.

A model does worse on unlike rows without having become wrong. How it did on like rows of its reference (the estimate without
labels, by bins of its confidence or its prediction) tells the two apart: what is worse than that has changed in itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from driftgauge.diagnosis.cause import CONTEXT, MECHANISM, SYMPTOM, Cause, Sight, number, percent
from driftgauge.drift import jensen_shannon
from driftgauge.drift.gamma import log_normal_tail
from driftgauge.model import LabelView, ModelView
from driftgauge.profile import CLASSIFICATION
from driftgauge.profile.outcomes import CONFUSION

__all__ = ["Realised", "outcomes", "realised"]

#: distance between the mixes of truths, and how far the recall of a class may fall where only the mix has changed
_MIX, _RECALL = 0.1, 0.05
#: share of the labels that come when nobody waits for them any more
_LATE = 0.2
_SHARE_OF_DROP = 0.5


@dataclass(frozen=True, slots=True)
class Realised:
    """How a model did by the labels of one window.

    Attributes:
        window: its name.
        labels: rows that it rests on.
        classifies: whether the figures are accuracies; mean absolute errors otherwise.
        value: what was found.
        usual: the reference's.
        worse: by how much it is worse, in the units of `limit`.
        limit: from which on that is worth an alert.
        evidence: that it is worse at all.
        needed: evidence that is asked for.
        expected: what rows like these had in the reference; None where that is not known.
        beyond: evidence that it is worse than expected.
        place: of the window.
    """

    window: str
    labels: int
    classifies: bool
    value: float
    usual: float
    worse: float
    limit: float
    evidence: float
    needed: float
    expected: float | None
    beyond: float
    place: int

    @property
    def fell(self) -> bool:
        """Whether the model does worse than on its reference, by as much as is worth an alert."""
        return self.worse >= self.limit and self.evidence >= self.needed

    @property
    def unexpected(self) -> bool | None:
        """Whether it does worse than on like rows of the reference; None where that is not known."""
        if self.expected is None:
            return None
        gap = (
            (self.expected - self.value) if self.classifies else (self.value - self.expected) / max(self.usual, 1e-300)
        )
        return self.beyond >= self.needed and gap >= _SHARE_OF_DROP * self.limit

    def words(self) -> str:
        """Say what was found."""
        where = "the file" if self.window == "batch" else f"the last {self.window}"
        if self.classifies:
            return f"{self.form(self.value)} of {self.labels} labelled predictions in {where} are right, {self.form(self.usual)} in the reference"
        return f"the mean absolute error of {self.labels} labelled predictions in {where} is {number(self.value)}, {number(self.usual)} in the reference"

    def form(self, value: float) -> str:
        """Write a figure of the same kind."""
        return f"{100 * value:.3g} %" if self.classifies else number(value)


def realised(view: ModelView) -> Realised | None:
    """Return how the newest window with labels enough did; None where labels or the reference's outcomes are lacking."""
    labels = view.labels
    if labels is None or labels.spec is None or "samples" not in labels.figures:
        return None
    classifies = labels.spec.task == CLASSIFICATION
    name, sure = ("accuracy", "drop_evidence") if classifies else ("mean_absolute_error", "rise_evidence")
    figures, limits = labels.figures, labels.settings
    enough = np.flatnonzero(figures["samples"] >= limits.least_samples)
    if sure not in figures or f"reference_{name}" not in figures or not len(enough):
        return None
    place = int(enough[0])
    value, usual = float(figures[name][place]), float(figures[f"reference_{name}"][0])
    worse = usual - value if classifies else (value - usual) / usual if usual > 0 else math.nan
    expected, beyond = _expected(
        view, labels.windows[place].name, value, float(figures[f"{name}_stderr"][place]), classifies=classifies
    )
    return Realised(
        labels.windows[place].name,
        int(figures["samples"][place]),
        classifies,
        value,
        usual,
        worse,
        limits.accuracy_drop if classifies else limits.error_increase,
        float(figures[sure][place]),
        limits.evidence,
        expected,
        beyond,
        place,
    )


def _expected(
    view: ModelView, window: str, value: float, stderr: float, *, classifies: bool
) -> tuple[float | None, float]:
    """Return the estimate for a window, and the evidence that *value* is worse."""
    evaluation = view.evaluation
    found = None if evaluation is None else evaluation.performance
    if evaluation is None or found is None:
        return None, math.nan
    place = next((n for n, one in enumerate(evaluation.windows) if one.name == window), None)
    if place is None or not np.isfinite(found.value[place]):
        return None, math.nan
    estimate = float(found.value[place])
    gap = estimate - value if classifies else value - estimate
    spread = math.hypot(stderr, float(np.nan_to_num(found.stderr[place])))
    if not spread > 0:
        return estimate, math.nan
    tail = float(log_normal_tail(np.array(gap / spread)))
    return estimate, max(-tail / math.log(10), 0.0)


def outcomes(sight: Sight | None, view: ModelView) -> Iterator[Cause]:
    """Yield what labels tell of causes."""
    found, labels = realised(view), view.labels
    if found is not None and labels is not None:
        # Another mix of truths changes what a score stands for, too; it is the simpler account of the two.
        mixed = list(_prior(labels, found.place, found.labels))
        if found.fell and not mixed:
            yield from _worse(sight, found)
        yield from mixed
        yield from _overconfident(labels, found)
    if labels is not None:
        yield from _late(labels)


def _worse(sight: Sight | None, found: Realised) -> Iterator[Cause]:
    figures = {"realised": found.value, "reference": found.usual, "expected": found.expected, "labels": found.labels}
    calm = sight is not None and not any(sight.columns[n].role == "input" for n in sight.drifting)
    if found.unexpected or (found.unexpected is None and calm):
        expected = found.expected
        like = (
            "no input has drifted"
            if expected is None
            else f"rows like these had {found.form(expected)} in the reference"
        )
        yield Cause(
            "concept_change",
            "The same inputs mean something else",
            f"{found.words()}; {like}.",
            "Compare the newest labelled rows with the training rows where the model errs most: a changed rule, behaviour, fraud pattern, or"
            " a definition of the label. Retrain on new labels; until then roll back does not help unless the model itself was changed.",
            (),
            figures,
            MECHANISM,
            max(found.worse / found.limit, 1.0),
        )
    elif found.unexpected is False and found.expected is not None:
        expected = (found.usual - found.expected) if found.classifies else (found.expected - found.usual) / found.usual
        if expected >= _SHARE_OF_DROP * found.worse:
            yield Cause(
                "harder_inputs",
                "Harder rows, not another truth",
                f"{found.words()}; rows like these had {found.form(found.expected)} in the reference, so the drift of the inputs accounts for it.",
                "Mend or explain the drift of the inputs first. If the world has moved, retrain with rows like these.",
                (),
                figures,
                SYMPTOM,
                max(found.worse / found.limit, 1.0),
            )


def _prior(labels: LabelView, place: int, rows: int) -> Iterator[Cause]:
    """Look for another mix of truths of which each class is still recognised as well as it was, or better."""
    if (
        labels.reference is None
        or CONFUSION not in labels.sketches[place]
        or CONFUSION not in labels.reference.sketches
    ):
        return
    now, before = labels.sketches[place][CONFUSION], labels.reference.sketches[CONFUSION]
    names = [name for name in labels.reference.names if name in labels.classes]
    if len(names) < 2:
        return
    mine, theirs = ([known.index(name) for name in names] for known in (labels.classes, labels.reference.names))
    was, has = before.support[theirs].astype(np.float64), now.support[mine].astype(np.float64)
    score = jensen_shannon(was, has)
    recall, usual = now.recall[mine], before.recall[theirs]
    common = (was >= 0.02 * was.sum()) & (has >= 30)
    if not (float(score.debiased) >= _MIX and float(score.evidence) >= labels.settings.evidence and common.any()):
        return
    if np.nanmax((usual - recall)[common]) > _RECALL + 3 * math.sqrt(0.25 / max(float(has[common].min()), 1)):
        return
    top = int(np.argmax(np.abs(has / has.sum() - was / was.sum())))
    shares: tuple[float, float] = (float(was[top] / was.sum()), float(has[top] / has.sum()))
    yield Cause(
        "prior_shift",
        "Another mix of truths",
        f"class {names[top]!r} is the truth of {percent(shares[1])} of {rows} labelled rows, {percent(shares[0])} in the reference; each class is"
        " recognised at least as well as before.",
        "Correct the probabilities for the new shares of the classes, or move the decision threshold; retraining is not needed for that."
        " Make sure that labels are not of some rows only.",
        (),
        {"class": names[top], "reference_ratio": shares[0], "ratio": shares[1], "distance": float(score.debiased)},
        SYMPTOM,
        float(score.debiased),
    )


def _overconfident(labels: LabelView, found: Realised) -> Iterator[Cause]:
    figures = labels.figures
    if "calibration_error" not in figures or found.fell:
        return
    error, floor, gap = (
        float(figures[name][found.place])
        for name in ("calibration_error", "calibration_error_floor", "calibration_gap")
    )
    if error - floor >= labels.settings.calibration_error:
        yield Cause(
            "miscalibrated",
            "Probabilities that are no longer honest",
            f"stated and realised confidence differ by {percent(error)}, {percent(floor)} by chance alone; the model is {'more' if gap > 0 else 'less'}"
            f" sure than right by {percent(abs(gap))}, while {found.words()}.",
            "Recalibrate on the newest labels (isotonic or Platt); do not act upon the probabilities as they are.",
            (),
            {"calibration_error": error, "calibration_error_floor": floor, "calibration_gap": gap},
            SYMPTOM,
            error - floor,
        )


def _late(labels: LabelView) -> Iterator[Cause]:
    late, received = labels.counters.unmatched.get("expired", 0), labels.counters.received
    if received >= labels.settings.least_samples and late >= _LATE * received:
        yield Cause(
            "late_labels",
            "Labels that come too late",
            f"{late} of {received} labels came when their prediction was no longer waiting, so what is realised is of the quick ones only.",
            "Compare the delay of the labels with `labels.ttl_seconds`, and let predictions wait longer.",
            (),
            {"expired": late, "received": received},
            CONTEXT,
            late / received,
        )
