"""The diagnosis of a model: what kind of trouble there is, and its likely causes in order, with what to check next.

Causes are ranked by how much they explain: first what exactly was done to values, then what is wrong with them, then what was
different around them; among those inputs before outputs, and then by the drift that they account for. Nothing is found where nothing drifts, and a
drift may well have no cause here: then none is listed. Time: some milliseconds a drifting column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from driftgauge.diagnosis.categories import categories
from driftgauge.diagnosis.cause import Cause, Sight, percent
from driftgauge.diagnosis.changes import changes
from driftgauge.diagnosis.consequences import own_outputs, with_outputs, without_consequences
from driftgauge.diagnosis.context import context, outlying
from driftgauge.diagnosis.gaps import gaps
from driftgauge.diagnosis.outcomes import outcomes, realised
from driftgauge.diagnosis.stays import ONE_FOR_MANY, stays
from driftgauge.diagnosis.swaps import swaps
from driftgauge.drift import UNDECIDED, WARN
from driftgauge.model import ModelView
from driftgauge.profile import INPUT, OUTPUT

__all__ = ["Diagnosis", "Finding", "diagnose"]

_QUALITY = frozenset(
    {
        *("missing_values", "broken_join", "absent_column", "renamed_column", "text_in_numbers"),
        *("new_categories", "recoded", "spelling", "out_of_range", "stuck_value"),
    }
)
_NAMED = 3
#: causes that are told; where more tests pass, the first few say why
MOST = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question.

    Attributes:
        question: `data_drift`, `prediction_drift`, `data_quality` or `concept_drift`.
        answer: `yes`, `no` or `unknown`.
        said: why, in words with figures.
    """

    question: str
    answer: str
    said: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, and what may be the reason.

    Attributes:
        findings: the answers, always to the same four questions.
        causes: in the order of `docs/diagnosis.md`, `MOST` at most; empty where no test has passed.
        more: causes beyond those.
    """

    findings: tuple[Finding, ...]
    causes: tuple[Cause, ...]
    more: int = 0


def diagnose(
    view: ModelView,
    *,
    spellings: Mapping[str, float] | None = None,
    newcomers: Mapping[str, Mapping[str, float]] | None = None,
) -> Diagnosis:
    """Diagnose what the status window of *view* holds.

    Args:
        view: the model.
        spellings: by categorical column, the share of its new values that are known ones in another spelling.
        newcomers: by categorical column, the most frequent of its new categories and their share of its values; None where
            nobody has looked at the values themselves, as in a running exporter.
    """
    sight = Sight.of(view, spellings or {}, newcomers)
    causes = () if sight is None else tuple(_causes(sight))
    causes = (*causes, *outcomes(sight, view))
    ranked = sorted(causes, key=_rank)
    findings = (
        _drift(sight, INPUT, "data_drift"),
        _drift(sight, OUTPUT, "prediction_drift"),
        _quality(sight, ranked),
        _concept(view, ranked),
    )
    return Diagnosis(findings, tuple(with_outputs(sight, ranked)[:MOST]), max(len(ranked) - MOST, 0))


def _rank(cause: Cause) -> tuple[object, ...]:
    outputs = bool(cause.columns) and all(role == OUTPUT for role, _ in cause.columns)
    return cause.tier, outputs, -cause.weight, cause.name, cause.columns


def _causes(sight: Sight) -> Iterator[Cause]:
    staying = list(stays(sight))
    found = list(gaps(sight))
    alone = _by_value_alone(sight)
    found += swaps(sight, _explained(sight, found) | alone)
    found += changes(sight, _explained(sight, found) | alone, own_outputs(sight, found))
    found += categories(sight, _explained(sight, found))
    known = {column for cause in staying for column in cause.columns}
    found = [
        cause for cause in found if cause.name not in ONE_FOR_MANY or not known.issuperset(cause.columns)
    ] + staying
    yield from without_consequences([*found, *context(sight, _explained(sight, found))])


def _by_value_alone(sight: Sight) -> set[int]:
    """Return the columns whose distance is as it should be: what happened to all of their values need not be asked."""
    stuck = sight.evaluation.stuck
    return set() if stuck is None else set(np.flatnonzero((stuck.status >= WARN) & (stuck.scored < WARN)).tolist())


def _explained(sight: Sight, causes: list[Cause]) -> set[int]:
    named = {column for cause in causes for column in cause.columns}
    return {number for number in range(len(sight.columns)) if sight.key(number) in named}


def _drift(sight: Sight | None, role: str, question: str) -> Finding:
    if sight is None:
        return Finding(question, "unknown", "There are not rows enough to compare.")
    numbers = [number for number, column in enumerate(sight.columns) if column.role == role]
    kind = "inputs" if role == INPUT else "outputs"
    if not numbers:
        return Finding(question, "unknown", f"The reference has no {kind}.")
    drifting = [number for number in sight.drifting if number in numbers]
    if drifting:
        worst = ", ".join(f"{sight.columns[number].name} {sight.debiased[number]:.2f}" for number in drifting[:_NAMED])
        return Finding(
            question, "yes", f"{len(drifting)} of {len(numbers)} {kind} drift; furthest {worst} ({sight.window})."
        )
    undecided = sum(sight.evaluation.status[number] == UNDECIDED for number in numbers)
    if undecided == len(numbers):
        return Finding(question, "unknown", f"None of {len(numbers)} {kind} can be judged.")
    rest = f", {undecided} cannot be judged" if undecided else ""
    return Finding(question, "no", f"None of {len(numbers)} {kind} drifts{rest} ({sight.window}).")


def _quality(sight: Sight | None, causes: list[Cause]) -> Finding:
    if sight is None:
        return Finding("data_quality", "unknown", "There are not rows enough to compare.")
    found = [cause for cause in causes if cause.name in _QUALITY]
    said = [cause.said.rstrip(".") for cause in found[:_NAMED]]
    if outside := _outside_elsewhere(sight, causes):
        more = f" and {len(outside) - _NAMED} more columns" if len(outside) > _NAMED else ""
        said.append(f"outside the reference's range: {', '.join(outside[:_NAMED])}{more}")
    if not said:
        return Finding("data_quality", "no", "Missing, new and outlying values are as rare as in the reference.")
    words = "; ".join(said)
    return Finding("data_quality", "yes", f"{words[0].upper() if not found else words[0]}{words[1:]}.")


def _outside_elsewhere(sight: Sight, causes: list[Cause]) -> list[str]:
    """Say of columns whose values lie outside the reference's range which other cause that comes of."""
    told = {key for cause in causes if cause.name == "out_of_range" for key in cause.columns}
    found = []
    for n in outlying(sight):
        if sight.key(n) in told:
            continue
        cause = next((cause for cause in causes if sight.key(n) in cause.columns), None)
        why = "" if cause is None else f" (see: {cause.title[0].lower()}{cause.title[1:]})"
        share = percent(float(sight.current.histogram.outside_ratio[n]))
        found.append(f"{share} of {sight.columns[n].name}{why}")
    return found


def _concept(view: ModelView, causes: list[Cause]) -> Finding:
    found = realised(view)
    if found is None:
        why = (
            "There are no labels, or too few."
            if view.reference is None or view.reference.outcomes
            else ("The reference has no labels to compare with.")
        )
        return Finding("concept_drift", "unknown", why)
    words = found.words()
    said = words[0].upper() + words[1:]
    if found.expected is not None:
        said += f", {found.form(found.expected)} for rows like these"
    if any(cause.name == "concept_change" for cause in causes):
        return Finding("concept_drift", "yes", f"{said}: worse than the inputs account for.")
    if not found.fell:
        return Finding("concept_drift", "no", f"{said}.")
    if found.unexpected is False:
        return Finding("concept_drift", "no", f"{said}: the inputs are other, what they mean is not.")
    return Finding(
        "concept_drift", "unknown", f"{said}, but inputs drift as well, and which of the two it is cannot be told."
    )
