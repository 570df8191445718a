"""What was done to the values of numeric columns, in words: one cause for what was done alike to several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from driftgauge.diagnosis.cause import CONTEXT, MECHANISM, SYMPTOM, Cause, Sight, number, percent
from driftgauge.diagnosis.consequences import derived
from driftgauge.diagnosis.values import Change, change_of
from driftgauge.profile import INPUT, OUTPUT

__all__ = ["changes"]

#: what several columns can have in common
_TOGETHER = frozenset({"unit_change", "sign_change", "clock_shift"})
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
        "are about {words} times as large",
        "Look for another currency or unit, a normalisation that is done twice or not at all, or growth of the whole population.",
        SYMPTOM,
    ),
    "offset": (
        "A move as a whole",
        "look moved by {words}, with the spread as it was",
        "A step is an added constant, a recalibrated sensor or another baseline; a slow move is the population or the season.",
        CONTEXT,
    ),
}
#: what to check where an output has one value for many
_SAME_ANSWER = "See whether it is a fallback answer, an answer from a cache, or another threshold; compare with the time of the last release."


def changes(sight: Sight, explained: AbstractSet[int], outputs: AbstractSet[int]) -> Iterator[Cause]:
    """Yield what was done to the values of columns.

    Args:
        sight: what is looked at.
        explained: columns that have had their cause.
        outputs: those outputs whose values may have been converted or moved; the others may stand still.
    """
    groups: dict[tuple[str, str], list[tuple[int, Change]]] = {}
    for column in sight.drifting:
        if not sight.numeric(column) or column in explained or (change := change_of(sight, column)) is None:
            continue
        own = sight.columns[column].role == INPUT or column in outputs
        if change.name != "one_value" and (not own or derived(sight, column)):
            continue
        key = f"{change.amount:.6g}" if change.name in _TOGETHER else f"{column}"
        groups.setdefault((change.name, key), []).append((column, change))
    for (name, _), members in groups.items():
        yield _change(sight, name, members)


def _change(sight: Sight, name: str, members: list[tuple[int, Change]]) -> Cause:
    title, done, check, tier = _CHANGES[name]
    names = ", ".join(sight.columns[column].name for column, _ in members)
    shares = [change.share for _, change in members]
    share = percent(shares[0]) if len(shares) == 1 else f"{percent(min(shares))} to {percent(max(shares))}"
    left = max(change.left for _, change in members)
    first = members[0][1]
    if name == "one_value" and all(sight.columns[column].role == OUTPUT for column, _ in members):
        title, check = "One answer for many", _SAME_ANSWER
    words = _round(first.amount) if name == "scale_change" else first.words
    about = "about " if name == "scale_change" else ""
    accounts = percent(max(1 - left, 0.0))
    figures = {"amount": first.amount, "what": first.words, "share": min(shares), "unexplained_ratio": left}
    return Cause(
        name,
        title,
        f"{names}: {about}{share} of the values in {sight.window} {done.format(words=words)}; that accounts for {accounts} of the distance.{_others(members)}",
        check,
        tuple(sight.key(column) for column, _ in members),
        {**figures, **_bounds(members)},
        tier,
        float(sum(sight.debiased[column] for column, _ in members)) * max(1 - left, 0.0),
    )


def _ends(members: list[tuple[int, Change]]) -> tuple[float, float] | None:
    """Return the factors between which all members fit."""
    bounds = [change.bounds for _, change in members if change.bounds is not None]
    return (max(low for low, _ in bounds), min(high for _, high in bounds)) if bounds else None


def _others(members: list[tuple[int, Change]]) -> str:
    """Say which other factors fit, and which conversions have one of these."""
    if (ends := _ends(members)) is None:
        return ""
    low, high = (f"{end:.3g}" if end < 1e3 else number(end) for end in ends)
    said = f" Factors from {low} to {high} fit about as well." if low != high else ""
    also = [words for words in members[0][1].also if all(words in change.also for _, change in members)]
    return f"{said} Also fits: {', '.join(also)}." if also else said


def _bounds(members: list[tuple[int, Change]]) -> dict[str, object]:
    ends = _ends(members)
    return {} if ends is None else {"least": ends[0], "most": ends[1], "also": list(members[0][1].also)}


def _round(factor: float) -> str:
    return number(float(f"{factor:.2g}"))
