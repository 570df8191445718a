"""Outputs that move because inputs do: told as what follows, not as troubles of their own.

An output that drifts beside inputs is what a model makes of them. Whether its values look converted says nothing then, and
of what is derived (class probabilities, confidence, residuals, facts of texts) it never does: nobody sends them in a unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from driftgauge.derive import ANOMALY, CONFIDENCE, RESIDUAL, text_of
from driftgauge.diagnosis.cause import Cause, Sight
from driftgauge.profile import INPUT, OUTPUT

__all__ = ["derived", "followed", "own_outputs"]

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


def followed(sight: Sight, causes: Iterable[Cause]) -> Iterator[Cause]:
    """Yield *causes*, and the outputs that drift with the one of inputs that accounts for most rather than with causes of their own."""
    found = list(causes)
    ours = sorted((cause for cause in found if _of_inputs(cause)), key=lambda cause: (cause.tier, -cause.weight))
    if not ours:
        yield from found
        return
    kept = [cause for cause in found if cause.name not in _FOLLOWING or not _of_outputs(cause)]
    own = {key for cause in kept if _of_outputs(cause) for key in cause.columns}
    outputs = [sight.key(n) for n in sight.drifting if sight.columns[n].role == OUTPUT and sight.key(n) not in own]
    for cause in kept:
        yield _with(cause, outputs) if cause is ours[0] and outputs else cause


def _with(cause: Cause, outputs: list[tuple[str, str]]) -> Cause:
    names = [name for _, name in outputs]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    said = f"{cause.said} And therefore, most likely, these outputs drift: {', '.join(names[:_LISTED])}{more}."
    return replace(cause, said=said, figures={**cause.figures, "outputs": names})


def _of_inputs(cause: Cause) -> bool:
    return cause.name not in _AROUND and any(role == INPUT for role, _ in cause.columns)


def _of_outputs(cause: Cause) -> bool:
    return bool(cause.columns) and all(role == OUTPUT for role, _ in cause.columns)
