"""Categories: new ones, another coding or spelling of the known ones, one in place of all, another mix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.diagnosis.cause import CONTEXT, MECHANISM, SYMPTOM, Cause, Sight, percent
from driftgauge.drift.jensen_shannon import divergence_and_expectation

__all__ = ["categories"]

Float64s = NDArray[np.float64]

#: share of the values that are new, from which on it is worth a word; from which on the known ones are gone
_NEW, _RECODED = 0.02, 0.9
#: share of the new values that are known ones in another spelling
_RESPELT = 0.5
#: share of one category from which on a column stands still, where it did not before
_STILL, _MOVED = 0.98, 0.9
#: share of the distance that the mix of the known categories has to carry
_MIX = 0.5
_SHOWN = 3


def categories(sight: Sight, explained: set[int]) -> Iterator[Cause]:
    """Yield causes in categorical columns; what *explained* holds has had its cause."""
    numeric = len(sight.reference.spec.schema.numeric)
    complete = sight.reference.spec.categories.complete
    unseen = np.nan_to_num(sight.current.categories.unseen_ratio)
    for row in range(len(complete)):
        number = numeric + row
        if number in explained or sight.samples[number] < 100:
            continue
        if complete[row] and unseen[row] >= _NEW:
            yield _new(sight, number, float(unseen[row]))
        elif number in sight.drifting:
            yield from _mixed(sight, number, row)


def _new(sight: Sight, number: int, share: float) -> Cause:
    name = sight.columns[number].name
    facts: dict[str, Any] = {"unseen_ratio": share}
    said = f"{name}: {percent(share)} of the values in {sight.window} are categories that the reference did not have"
    weight = max(share, float(sight.debiased[number]))
    respelt = sight.spellings.get(name, 0.0)
    if respelt >= _RESPELT:
        return Cause(
            "spelling",
            "Another spelling of known categories",
            f"{said}; {percent(respelt)} of those are known ones but for case, spaces or signs.",
            "Let the sender write categories as in the training data, or normalise them before the model: it takes them for unknown.",
            (sight.key(number),),
            {**facts, "respelt_ratio": respelt},
            MECHANISM,
            weight,
        )
    names, where = _names(sight, name)
    facts |= {"new": names} if names else {}
    if share >= _RECODED:
        spelt = "" if sight.of_file else ", or only another spelling"
        return Cause(
            "recoded",
            "Another coding of the categories",
            f"{said}: the known ones are all but gone{_listed(names).replace(': ', '; most frequent ', 1)}.",
            f"Look at how the sender codes the column: names for numbers, another case or language, identifiers of another system{spelt}.{where}",
            (sight.key(number),),
            facts,
            MECHANISM,
            weight,
        )
    return Cause(
        "new_categories",
        "New categories",
        f"{said}{_listed(names)}.",
        f"See which values are new: a typo or another spelling is a fault of the sender; a new kind of thing needs training data.{where}",
        (sight.key(number),),
        facts,
        SYMPTOM,
        weight,
    )


def _names(sight: Sight, name: str) -> tuple[Mapping[str, float], str]:
    """Return the most frequent new categories and their shares, and where to look for names that nobody has kept."""
    if sight.newcomers is None:
        return {}, (
            " A running exporter keeps no names that the reference does not have: `driftgauge report --offline FILE --reference PROFILE`,"
            " with recent rows, names the most frequent ones and recognises other spellings."
        )
    return sight.newcomers.get(name, {}), ""


def _listed(names: Mapping[str, float]) -> str:
    return f": {', '.join(f'{name!r} {percent(share)}' for name, share in names.items())}" if names else ""


def _mixed(sight: Sight, number: int, row: int) -> Iterator[Cause]:
    names = sight.reference.spec.categories.names[row]
    before, now = (
        side.categories.counts[row, : len(names)].astype(np.float64) for side in (sight.reference, sight.current)
    )
    if len(names) < 2 or not before.sum() or not now.sum():
        return
    was, has = before / before.sum(), now / now.sum()
    top = int(np.argmax(has))
    if has[top] >= _STILL and was[top] < _MOVED:
        yield Cause(
            "one_value",
            "A stuck or default value",
            f"{sight.columns[number].name}: {percent(has[top])} of the values in {sight.window} are {names[top]!r}, {percent(was[top])} in the reference.",
            "Look for a cache that is not filled again, a default, a filter, or only one source still sending.",
            (sight.key(number),),
            {"value": names[top], "ratio": float(has[top]), "reference_ratio": float(was[top])},
            MECHANISM,
            float(sight.debiased[number]),
        )
    elif _distance(before, now) >= _MIX * sight.debiased[number]:
        order = np.argsort(-np.abs(has - was), kind="stable")[:_SHOWN].tolist()
        moves = ", ".join(f"{names[n]!r} {percent(was[n])} to {percent(has[n])}" for n in order)
        yield Cause(
            "mix_shift",
            "Another mix",
            f"{sight.columns[number].name}: the shares of known categories have changed in {sight.window}: {moves}.",
            "Ask what brings other rows than before: a campaign, a new client or region, a source that is down, routing between versions. See whether the other drifting columns differ between these categories.",
            (sight.key(number),),
            {"changes": {names[n]: [float(was[n]), float(has[n])] for n in order}},
            CONTEXT,
            float(sight.debiased[number]),
        )


def _distance(before: Float64s, now: Float64s) -> float:
    divergence, expected, _ = divergence_and_expectation(before, now)
    return float(np.sqrt(max(float(divergence) - float(expected), 0.0)))
