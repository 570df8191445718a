"""The diagnosis of a model: what kind of trouble there is, and its likely causes, the likeliest first, with what to check next.

Causes are ranked by how much they explain: first what exactly was done to values, then what is wrong with them, then what was
different around them; among those by the drift that they account for. Nothing is found where nothing drifts, and a
drift may well have no cause here: then none is listed. Time: some milliseconds a drifting column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from driftgauge.batch import Counts
from driftgauge.diagnosis.categories import categories
from driftgauge.diagnosis.cause import CONTEXT, MECHANISM, SYMPTOM, Cause, Sight, percent
from driftgauge.diagnosis.context import context
from driftgauge.diagnosis.gaps import gaps
from driftgauge.diagnosis.outcomes import outcomes, realised
from driftgauge.diagnosis.stays import ONE_FOR_MANY, stays
from driftgauge.diagnosis.values import Change, change_of
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
        causes: the likeliest first, `MOST` at most; empty where no test has passed.
        more: causes beyond those.
    """

    findings: tuple[Finding, ...]
    causes: tuple[Cause, ...]
    more: int = 0


def diagnose(
    view: ModelView, *, hours: Counts | None = None, spellings: Mapping[str, float] | None = None
) -> Diagnosis:
    """Diagnose what the status window of *view* holds.

    Args:
        view: the model.
        hours: rows of the window by hour of day (UTC), [24]; None where that is not known.
        spellings: by categorical column, the share of its new values that are known ones in another spelling.
    """
    sight = Sight.of(view, spellings or {})
    causes = () if sight is None else tuple(_causes(sight, hours))
    causes = (*causes, *outcomes(sight, view))
    ranked = sorted(causes, key=lambda cause: (cause.tier, -cause.weight, cause.name, cause.columns))
    findings = (
        _drift(sight, INPUT, "data_drift"),
        _drift(sight, OUTPUT, "prediction_drift"),
        _quality(sight, ranked),
        _concept(view, ranked),
    )
    return Diagnosis(findings, tuple(ranked[:MOST]), max(len(ranked) - MOST, 0))


def _causes(sight: Sight, hours: Counts | None) -> Iterator[Cause]:
    staying = list(stays(sight))
    found = list(gaps(sight))
    found += _changes(sight, _explained(sight, found) | _by_value_alone(sight))
    found += categories(sight, _explained(sight, found))
    known = {column for cause in staying for column in cause.columns}
    found = [
        cause for cause in found if cause.name not in ONE_FOR_MANY or not known.issuperset(cause.columns)
    ] + staying
    yield from found
    yield from context(sight, _explained(sight, found), hours)


def _by_value_alone(sight: Sight) -> set[int]:
    """Return the columns whose distance is as it should be: what happened to all of their values need not be asked."""
    stuck = sight.evaluation.stuck
    return set() if stuck is None else set(np.flatnonzero((stuck.status >= WARN) & (stuck.scored < WARN)).tolist())


def _explained(sight: Sight, causes: list[Cause]) -> set[int]:
    named = {column for cause in causes for column in cause.columns}
    return {number for number in range(len(sight.columns)) if sight.key(number) in named}


def _changes(sight: Sight, explained: set[int]) -> Iterator[Cause]:
    """Yield what was done to the values of numeric columns; what was done to several is one cause."""
    groups: dict[tuple[str, str], list[tuple[int, Change]]] = {}
    for number in sight.drifting:
        if sight.numeric(number) and number not in explained and (change := change_of(sight, number)):
            together = change.name in {"unit_change", "sign_change", "clock_shift"}
            groups.setdefault((change.name, f"{change.amount:.6g}" if together else f"{number}"), []).append(
                (number, change)
            )
    for (name, _), members in groups.items():
        yield _change(sight, name, members)


#: name -> title, what is said of the values, what to check, tier
_CHANGES: Mapping[str, tuple[str, str, str, int]] = {
    "unit_change": (
        "A changed unit",
        "look converted from {words}",
        "Ask the sender for the unit of the column, and since when; convert before the model, or rebuild both in one unit.",
        MECHANISM,
    ),
    "sign_change": (
        "A changed sign",
        "look negated",
        "Look for a swapped difference or convention at the sender (debit and credit, west and east).",
        MECHANISM,
    ),
    "clock_shift": (
        "A shifted clock",
        "look moved by {words} around the day",
        "Compare the sender's time zone, and what happened to daylight saving time.",
        MECHANISM,
    ),
    "one_value": (
        "A stuck or default value",
        "are one value, about {words}",
        "Look for a cache that is not filled again, a sensor or job that stands still, or a default in place of what is missing.",
        MECHANISM,
    ),
    "scale_change": (
        "Another scale",
        "look multiplied ({words}); no unit that is known here",
        "Look for another currency, a normalisation that is done twice or not at all, or growth of the whole population.",
        SYMPTOM,
    ),
    "offset": (
        "A move as a whole",
        "look moved by {words}, with the spread as it was",
        "A step is an added constant, a recalibrated sensor or another baseline; a slow move is the population or the season.",
        CONTEXT,
    ),
}


def _change(sight: Sight, name: str, members: list[tuple[int, Change]]) -> Cause:
    title, done, check, tier = _CHANGES[name]
    names = ", ".join(sight.columns[number].name for number, _ in members)
    shares = [change.share for _, change in members]
    share = percent(shares[0]) if len(shares) == 1 else f"{percent(min(shares))} to {percent(max(shares))}"
    left = max(change.left for _, change in members)
    first = members[0][1]
    if first.several:
        title = "A changed unit or another scale"
    accounts = percent(max(1 - left, 0.0))
    return Cause(
        name,
        title,
        f"{names}: {share} of the values in {sight.window} {done.format(words=first.words)}; that accounts for {accounts} of the distance.",
        check,
        tuple(sight.key(number) for number, _ in members),
        {"amount": first.amount, "what": first.words, "share": min(shares), "unexplained_ratio": left},
        tier,
        float(sum(sight.debiased[number] for number, _ in members)) * max(1 - left, 0.0),
    )


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
    if found:
        return Finding("data_quality", "yes", "; ".join(cause.said.rstrip(".") for cause in found[:_NAMED]) + ".")
    return Finding("data_quality", "no", "Missing, new and outlying values are as rare as in the reference.")


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
