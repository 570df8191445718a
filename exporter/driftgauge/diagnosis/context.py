"""What was different around the values: the model, the season, the hours of the day, one part of the traffic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from driftgauge.diagnosis.cause import CONTEXT, LEAST_ROWS, SYMPTOM, Cause, Sight, percent
from driftgauge.drift import OK, UNDECIDED, WARN
from driftgauge.profile import HOUR_SECONDS, INPUT, OUTPUT, WINDOWS, Reference

__all__ = ["context", "outlying"]

_DAY, _YEAR = 86_400.0, 365.25 * 86_400.0
#: days from what the reference covers, in the course of the year, from which on the season may be another
_SEASON_DAYS = 45.0
#: the reference knows the year if it covers so much of it
_WHOLE_YEAR = 0.85
#: hours of the day of which the rows are, at most, for the hours to be a reason
_FEW_HOURS = 12
#: share of a column's distance that undrifted stretches of the reference have to reach
_STRAYS = 0.5
_LISTED = 5
#: an input that has moved by so much may have moved the output
_CALM = 0.05
_OUTSIDE = 0.02


def context(sight: Sight, explained: set[int]) -> Iterator[Cause]:
    """Yield what was different around the values; *explained* columns have had their cause."""
    yield from _outside(sight, explained)
    yield from _model(sight)
    yield from _segments(sight)
    left = [n for n in sight.drifting if n not in explained]
    if left:
        yield from _season(sight, left)
        yield from _hours(sight, left)


def outlying(sight: Sight) -> list[int]:
    """Return the numeric columns with values outside the reference's range, by as many as are worth a word."""
    shares = np.nan_to_num(sight.current.histogram.outside_ratio)
    return [n for n in np.flatnonzero(shares >= _OUTSIDE).tolist() if sight.samples[n] >= LEAST_ROWS]


def _outside(sight: Sight, explained: set[int]) -> Iterator[Cause]:
    shares = np.nan_to_num(sight.current.histogram.outside_ratio)
    for n in outlying(sight):
        if n in explained:
            continue
        spec, name, share = sight.reference.spec.histogram, sight.columns[n].name, float(shares[n])
        below, above = sight.current.histogram.outside[n].tolist()
        yield Cause(
            "out_of_range",
            "Values outside the reference's range",
            f"{name}: {percent(share)} of the values in {sight.window} lie outside {spec.lows[n]:.6g} to {spec.highs[n]:.6g} ({below} below, {above} above).",
            "Look for a default such as -1 or 999, an overflow or a changed unit at the sender; a model does not extrapolate well.",
            (sight.key(n),),
            {"out_of_range_ratio": share, "below": below, "above": above},
            SYMPTOM,
            max(share, float(sight.debiased[n])),
        )


def _model(sight: Sight) -> Iterator[Cause]:
    """Look for outputs that have moved while no input has."""
    outputs = [n for n in sight.drifting if sight.columns[n].role == OUTPUT]
    inputs, status = sight.inputs(), sight.evaluation.status
    judged = [n for n in inputs if status[n] != UNDECIDED]
    calm = all(status[n] <= OK and sight.debiased[n] < _CALM for n in judged)
    if not outputs or not inputs or len(judged) < 0.8 * len(inputs) or not calm:
        return
    made, served = sight.evaluation.reference.provenance.version, sight.view.version
    other = f" The profile is of version {made}, version {served} is served." if made and made != served else ""
    most = max(float(sight.debiased[n]) for n in judged)
    names = ", ".join(sight.columns[n].name for n in outputs[:5])
    yield Cause(
        "model_change",
        "The model, not its inputs",
        f"{names} moved by {max(float(sight.debiased[n]) for n in outputs):.2f}, none of {len(judged)} inputs by more than {most:.3f} in {sight.window}.{other}",
        "See which model is served: a new version, other weights or preprocessing, another threshold, a fallback answer. Compare with the time of the last release.",
        tuple(map(sight.key, outputs)),
        {"most_input_distance": most, "profile_version": made, "served_version": served},
        SYMPTOM,
        max(float(sight.debiased[n]) for n in outputs),
    )


def _segments(sight: Sight) -> Iterator[Cause]:
    """Look for parts of the traffic that have moved while others have not."""
    segments = sight.evaluation.segments
    if segments is None:
        return
    for place, column in enumerate(segments.columns):
        status = segments.status[:, place]
        moved, still = np.flatnonzero(status >= WARN), int(np.count_nonzero(status == OK))
        if not len(moved) or still < len(moved):
            continue
        worst = int(moved[np.argmax(segments.scores.debiased[moved, place])])
        distance = float(segments.scores.debiased[worst, place])
        names = ", ".join(segments.names[n] for n in moved[:5].tolist())
        yield Cause(
            "one_segment",
            "One part of the traffic",
            f"{column.name}: {names} moved (furthest {segments.names[worst]}, distance {distance:.2f}), {still} other segments did not.",
            "Look at this part alone: its clients, their version, its source. What concerns one part is rarely the model.",
            ((column.role, column.name),),
            {"moved": [segments.names[n] for n in moved[:20].tolist()], "still": still},
            SYMPTOM,
            distance,
        )


def _season(sight: Sight, left: list[int]) -> Iterator[Cause]:
    covered = sight.evaluation.reference.provenance.time_range
    if covered is None or covered[1] - covered[0] >= _WHOLE_YEAR * _YEAR:
        return
    away = _away(sight.evaluation.time, covered)
    if away < _SEASON_DAYS or not any(sight.columns[n].role == INPUT for n in left):
        return
    first, last, now = map(_date, (*covered, sight.evaluation.time))
    yield _around(
        sight,
        left,
        "season",
        (
            "A season that the reference does not know",
            f"the reference covers {first} to {last}, the rows go to {now}: {away:.0f} days from there in the course of the year.",
            "Compare with the same season of an earlier year. If that looks the same, build the profile from a whole year, or of the same season.",
        ),
        {"days": round(away)},
    )


def _date(time: float) -> str:
    moment = datetime.fromtimestamp(time, UTC)
    return f"{moment.day} {moment:%B %Y}"


def _away(now: float, covered: tuple[float, float]) -> float:
    """Return the days from *now* to the nearest day that is covered, whatever the year."""
    span = covered[1] - covered[0]
    after = (now - covered[0]) % _YEAR
    return 0.0 if after <= span else min(after - span, _YEAR - after) / _DAY


def _hours(sight: Sight, left: list[int]) -> Iterator[Cause]:
    """Look for rows of some hours only, where stretches of the reference as short stray from it, and hours are not compared with like hours."""
    shares, reference = sight.evaluation.hours, sight.view.reference
    if shares is None or reference is None or sight.evaluation.reference.strata is not None or not sight.rhythm:
        return
    held = np.flatnonzero(shares).tolist()
    reached = _reached(reference, len(held))
    if not 0 < len(held) <= _FEW_HOURS or reached is None:
        return
    stray = [n for n in left if reached[n] >= _STRAYS * sight.debiased[n]]
    if not stray:
        return
    most = max(float(reached[n]) for n in stray)
    are = "one hour" if len(held) == 1 else f"{len(held)} hours"
    said = (
        f"all rows are of {are} of the day ({', '.join(f'{hour:02d}' for hour in held)} UTC), and stretches of the reference that are as short stray from"
        f" the whole of it by up to {most:.2f}, in {_listed([sight.columns[n].name for n in stray])}."
    )
    check = (
        "Compare whole days, or build the profile with --strata always, so that an hour is compared with the same hour."
    )
    words = "Some hours of the day only", said, check
    yield _around(sight, stray, "few_hours", words, {"hours": held, "reached": most})


def _reached(reference: Reference, hours: int) -> NDArray[np.float64] | None:
    """Return how far undrifted stretches stray from the reference, [columns], of the longest length within so many hours; None unknown."""
    known = [
        window
        for window in WINDOWS
        if window.seconds <= hours * HOUR_SECONDS
        and window.seconds < _DAY
        and window.name in reference.calibration
        and reference.calibration[window.name].usable.any()
    ]
    return reference.calibration[known[-1].name].reached if known else None


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")


def _around(
    sight: Sight, left: list[int], name: str, words: tuple[str, str, str], figures: Mapping[str, object]
) -> Cause:
    """Return a cause that may be behind all columns that have none of their own; it accounts for half of their drift at most."""
    weight = float(sum(sight.debiased[n] for n in left)) / 2
    return Cause(name, *words, tuple(map(sight.key, left)), figures, CONTEXT, weight)
