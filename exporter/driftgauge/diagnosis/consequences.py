"""Outputs that move because inputs do: told as what follows, not as troubles of their own.

An output that drifts beside inputs is what a model makes of them. Whether its values look converted says nothing then, and
of what is derived (class probabilities, confidence, residuals, facts of texts) it never does: nobody sends them in a unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from driftgauge.derive import ANOMALY, CONFIDENCE, RESIDUAL, text_of
from driftgauge.diagnosis.cause import Cause, Sight
from driftgauge.profile import INPUT, OUTPUT

__all__ = ["derived", "own_outputs", "with_outputs", "without_consequences"]

#: what outputs do because inputs do; values that are missing or stay for days are troubles of their own
_FOLLOWING = frozenset(
    {
        *("unit_change", "sign_change", "clock_shift", "one_value", "scale_change", "offset"),
        *("mix_shift", "new_categories", "recoded", "spelling", "out_of_range"),
    }
)
#: causes that are about all columns without one of their own
_AROUND = frozenset({"season", "few_hours"})
_LISTED = 5


def derived(sight: Sight, n: int) -> bool:
    """Tell whether a numeric column is worked out from others, so that nobody sends it in a unit."""
    name, spec = sight.columns[n].name, sight.reference.spec
    of_embeddings = {
        column for embedding in spec.embedders for column in (f"{embedding}.norm", f"{embedding}.residual")
    }
    probability = sight.columns[n].role == OUTPUT and name.startswith("proba[")
    return probability or name in {*CONFIDENCE, ANOMALY, RESIDUAL, *of_embeddings} or text_of(name) in {*spec.texts}


def own_outputs(sight: Sight, found: Iterable[Cause]) -> set[int]:
    """Return the outputs whose values may have been converted or moved: no input drifts, and they are no probabilities."""
    if any(sight.columns[n].role == INPUT for n in sight.drifting) or any(map(_of_inputs, found)):
        return set()
    outputs = {n for n, column in enumerate(sight.columns) if column.role == OUTPUT}
    spec = sight.reference.spec.histogram
    unit = np.flatnonzero((spec.lows >= 0) & (spec.highs <= 1)).tolist()
    return outputs.difference(unit)


def without_consequences(causes: Iterable[Cause]) -> list[Cause]:
    """Return *causes* less those of outputs that follow from the ones of inputs, where some input has one."""
    found = list(causes)
    if not any(map(_of_inputs, found)):
        return found
    return [cause for cause in found if cause.name not in _FOLLOWING or not _of_outputs(cause)]


def with_outputs(sight: Sight | None, ranked: list[Cause]) -> list[Cause]:
    """Return causes in their order, the first one of inputs with the outputs that drift and have no cause of their own."""
    ours = [place for place, cause in enumerate(ranked) if _of_inputs(cause)]
    if sight is None or not ours:
        return ranked
    own = {key for cause in ranked if _of_outputs(cause) for key in cause.columns}
    names = [key[1] for key in map(sight.key, sight.drifting) if key[0] == OUTPUT and key not in own]
    if not names:
        return ranked
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    why = (
        "And therefore, most likely," if len(ours) == 1 else "And therefore, or because of the other causes in inputs,"
    )
    first = ranked[ours[0]]
    said = f"{first.said} {why} these outputs drift: {', '.join(names[:_LISTED])}{more}."
    told = replace(first, said=said, figures={**first.figures, "outputs": names})
    return [*ranked[: ours[0]], told, *ranked[ours[0] + 1 :]]


def _of_inputs(cause: Cause) -> bool:
    return cause.name not in _AROUND and any(role == INPUT for role, _ in cause.columns)


def _of_outputs(cause: Cause) -> bool:
    return bool(cause.columns) and all(role == OUTPUT for role, _ in cause.columns)
