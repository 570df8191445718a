"""Values that are missing: alone, together as from a broken join, a whole column, or because text came in place of numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from driftgauge.diagnosis.cause import MECHANISM, SYMPTOM, Cause, Sight, percent
from driftgauge.drift import drop_evidence

__all__ = ["gaps"]

#: share of the rows that are missing beyond the reference's, and the evidence for it, from which on it is worth a word
_MASS, _EVIDENCE = 0.02, 4.0
#: columns that lose the same share at once, and how alike the shares are
_TOGETHER, _ALIKE = 3, 0.1
#: share from which on a column is not there at all
_ABSENT = 0.98
#: share of the values that are missing beyond the reference's that has to be text
_TEXT = 0.5
_RENAMED = "renamed_column", "A renamed column", "Renamed columns"
_DROPPED = "absent_column", "A column that is not sent", "Columns that are not sent"
#: names that a sentence lists
_LISTED = 5


def gaps(sight: Sight) -> Iterator[Cause]:
    """Yield causes of missing values; each column is in one of them."""
    usual, now = sight.missing
    risen = {n: float(now[n] - usual[n]) for n in range(len(sight.columns)) if _rose(sight, n)}
    texts = {n: share for n, gap in risen.items() if (share := _written(sight, n)) >= _TEXT * gap}
    for n, share in texts.items():
        yield _text(sight, n, risen[n], share)
    absent = [n for n in risen if n not in texts and now[n] >= _ABSENT]
    if absent:
        yield _absent(sight, absent)
    rest = sorted((n for n in risen if n not in absent and n not in texts), key=lambda n: -risen[n])
    while rest:
        like = [n for n in rest if risen[n] >= (1 - _ALIKE) * risen[rest[0]]]
        if len(like) >= _TOGETHER:
            yield _join(sight, like, risen)
            rest = [n for n in rest if n not in like]
        else:
            yield _missing(sight, rest.pop(0))


def _written(sight: Sight, n: int) -> float:
    """Return the share of the rows in which text came for a numeric column: of the last hour, or since counting began if that is more."""
    if not sight.numeric(n):
        return 0.0
    counters, key = sight.view.counters, (sight.columns[n].name, "wrong_type")
    sides = ((counters.violations, counters.predictions), (counters.hour.violations, counters.hour.rows))
    return max(min(found.get(key, 0) / rows, 1.0) if rows else 0.0 for found, rows in sides)


def _rose(sight: Sight, n: int) -> bool:
    usual, now = (float(side[n]) for side in sight.missing)
    if now - usual < _MASS:
        return False
    rows, before = int(sight.samples[n]), _rows(sight, n)
    # Of values that are there: a share that fell.
    evidence = drop_evidence(round((1 - usual) * before), before, round((1 - now) * rows), rows)
    return bool(np.nan_to_num(evidence) >= _EVIDENCE)


def _rows(sight: Sight, n: int) -> int:
    numeric = len(sight.reference.spec.schema.numeric)
    side = sight.reference.histogram.total if n < numeric else sight.reference.categories.total
    return int(side[n if n < numeric else n - numeric])


def _absent(sight: Sight, numbers: list[int]) -> Cause:
    strangers = sorted({name for name, reason in sight.view.counters.violations if reason == "unknown_column"})
    names = [sight.columns[n].name for n in numbers]
    arrived = f"; columns that the reference does not know came instead: {_listed(strangers)}" if strangers else ""
    name, one, many = _RENAMED if strangers else _DROPPED
    return Cause(
        name,
        one if len(names) == 1 else many,
        f"{_listed(names)}: no value in {sight.window}{arrived}.",
        "Compare the sender's columns with the profile's: a renamed or dropped column, another version of the schema or of the sender.",
        tuple(map(sight.key, numbers)),
        {"columns": len(numbers), "unknown_columns": strangers[:20]},
        MECHANISM,
        float(sum(1.0 - sight.missing[0][n] for n in numbers)),
    )


def _text(sight: Sight, n: int, risen: float, share: float) -> Cause:
    name = sight.columns[n].name
    return Cause(
        "text_in_numbers",
        "Text in place of numbers",
        f"{name}: text came where the reference has numbers, in {percent(share)} of the rows, and {percent(risen)} more of the values are missing in {sight.window}.",
        "Look at how the sender writes numbers: a decimal comma, a unit or a currency in the value, quoted numbers, a word for nothing.",
        (sight.key(n),),
        {
            "values": sight.view.counters.violations.get((name, "wrong_type"), 0),
            "ratio": share,
            "missing_ratio": float(sight.missing[1][n]),
            "reference_missing_ratio": float(sight.missing[0][n]),
        },
        MECHANISM,
        risen,
    )


def _join(sight: Sight, numbers: list[int], risen: dict[int, float]) -> Cause:
    names, shares = [sight.columns[n].name for n in numbers], [risen[n] for n in numbers]
    return Cause(
        "broken_join",
        "A broken join or source",
        f"{len(names)} columns lose about the same share of their values at once, {percent(min(shares))} to {percent(max(shares))} in"
        f" {sight.window}: {_listed(names)}.",
        "Find the table or service that these columns come from together: a join key that changed, a source that is late or down, a time-out that leaves blanks.",
        tuple(map(sight.key, numbers)),
        {"columns": len(names), "least_missing": min(shares), "most_missing": max(shares)},
        MECHANISM,
        float(sum(shares)),
    )


def _missing(sight: Sight, n: int) -> Cause:
    usual, now = (float(side[n]) for side in sight.missing)
    return Cause(
        "missing_values",
        "More missing values",
        f"{sight.columns[n].name}: {percent(now)} of the values are missing in {sight.window}, {percent(usual)} in the reference.",
        "Ask the sender why values are missing: a field that became optional, a default that was removed, a source of its own.",
        (sight.key(n),),
        {"missing_ratio": now, "reference_missing_ratio": usual},
        SYMPTOM,
        now - usual,
    )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
