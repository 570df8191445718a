"""Two profiles in the same bins, where that can be done exactly.

Numbers: when the edges of one side are among the other's, the finer side is summed into the coarser bins, and its sums are
moved to the reference's centre. Categories: cells are matched by name; what one side keeps in its `other` becomes `other`
on both sides.
Guarantee: every count of the result is the count that the data would have given in those bins. Anything else is refused:
quantile edges of two data sets hardly ever agree, and a guess inside a bin would be drift that nobody measured.
`Histogram.outside` and `CategoryCounts.unseen` of the current side are not carried over: a profile does not tell which of
its values lie outside another's range. Time: a few microseconds a column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.errors import ProfileError
from driftgauge.profile import NUMERIC, ColumnSchema, Profile, ProfileSpec, Schema
from driftgauge.sketch import CategoryCounts, CategorySpec, Histogram, HistogramSpec

__all__ = ["aligned"]

Float64s = NDArray[np.float64]

#: columns that an error names before it says how many more there are
_LISTED = 5


@dataclass(frozen=True, slots=True)
class _Pair:
    """A column that both profiles have, and its row in the sketches of each."""

    column: ColumnSchema
    mine: int
    theirs: int


#: what to do instead of comparing profiles of different edges
_ADVICE = "compare the reference with the data file itself, which is then counted with the reference's edges"


def aligned(reference: Profile, current: Profile, advice: str = _ADVICE) -> tuple[Profile, Profile]:
    """Return both profiles over the columns that they share, counted in the same bins.

    Args:
        reference: the first.
        current: the second.
        advice: what an error about different edges says besides.

    Raises:
        ProfileError: a column's bins differ in a way that counts cannot bridge, or no column is shared.
    """
    if reference.spec == current.spec:
        return reference, current
    pairs = _pairs(reference.spec.schema, current.spec.schema)
    numeric = [pair for pair in pairs if pair.column.kind == NUMERIC]
    categorical = [pair for pair in pairs if pair.column.kind != NUMERIC]
    histogram = _histogram_spec(reference.spec.histogram, current.spec.histogram, numeric, advice)
    categories = _category_spec(reference.spec.categories, current.spec.categories, categorical)
    spec = ProfileSpec(Schema.of(pair.column for pair in pairs), histogram, categories, reference.spec.latency)
    mine = ([pair.mine for pair in numeric], [pair.mine for pair in categorical])
    theirs = ([pair.theirs for pair in numeric], [pair.theirs for pair in categorical])
    return _rebinned(reference, spec, *mine), _rebinned(current, spec, *theirs)


def _pairs(reference: Schema, current: Schema) -> list[_Pair]:
    mine, theirs = _places(reference), _places(current)
    shared = [key for key in mine if key in theirs]
    if not shared:
        raise ProfileError("the two profiles have no column in common")
    for key in shared:
        kinds = [side[key][0].kind for side in (mine, theirs)]
        if kinds[0] != kinds[1]:
            raise ProfileError(
                f"column {key[1]!r} is {kinds[0]} in the reference and {kinds[1]} in the other profile; "
                f"build the other one with --{kinds[0]} {key[1]}"
            )
    return [_Pair(mine[key][0], mine[key][1], theirs[key][1]) for key in shared]


def _places(schema: Schema) -> dict[tuple[str, str], tuple[ColumnSchema, int]]:
    return {
        (column.role, column.name): (column, place)
        for columns in (schema.numeric, schema.categorical)
        for place, column in enumerate(columns)
    }


def _histogram_spec(reference: HistogramSpec, current: HistogramSpec, pairs: list[_Pair], advice: str) -> HistogramSpec:
    edges: list[Float64s] = []
    refused: list[str] = []
    for pair in pairs:
        same_precision = (pair.mine < reference.narrow) == (pair.theirs < current.narrow)
        common = _common(reference.edges[pair.mine], current.edges[pair.theirs]) if same_precision else None
        if common is None:
            refused.append(pair.column.name)
        else:
            edges.append(common)
    if refused:
        more = f" and {len(refused) - _LISTED} more" if len(refused) > _LISTED else ""
        raise ProfileError(
            "the two profiles were counted with different edges"
            f" (columns {', '.join(map(repr, refused[:_LISTED]))}{more}); {advice}"
        )
    mine = [pair.mine for pair in pairs]
    return HistogramSpec(
        tuple(edges),
        reference.centers[mine],
        reference.lows[mine],
        reference.highs[mine],
        sum(place < reference.narrow for place in mine),
    )


def _common(mine: Float64s, theirs: Float64s) -> Float64s | None:
    """Return the coarser edges when the finer ones contain them all."""
    if np.isin(mine, theirs).all():
        return mine
    return theirs if np.isin(theirs, mine).all() else None


def _category_spec(reference: CategorySpec, current: CategorySpec, pairs: list[_Pair]) -> CategorySpec:
    names, tails = [], []
    for pair in pairs:
        hidden = _hidden(reference.names[pair.mine], current, pair.theirs)
        names.append(tuple(name for name in reference.names[pair.mine] if name not in hidden))
        tails.append((*reference.tails[pair.mine], *sorted(hidden)))
    return CategorySpec(tuple(names), tuple(tails), tuple(reference.complete[pair.mine] for pair in pairs))


def _hidden(names: tuple[str, ...], current: CategorySpec, column: int) -> set[str]:
    """Return the names that the current side may have counted as `other`."""
    shown, tail = set(current.names[column]), set(current.tails[column])
    return {name for name in names if name in tail or (name not in shown and not current.complete[column])}


def _rebinned(profile: Profile, spec: ProfileSpec, numeric: list[int], categorical: list[int]) -> Profile:
    histogram, categories = spec.histogram.zero(), spec.categories.zero()
    for row, source in enumerate(numeric):
        _sum_bins(profile.histogram, source, histogram, row)
    for row, source in enumerate(categorical):
        _match_names(profile.categories, source, categories, row)
    return Profile(spec, profile.rows, histogram, categories, profile.latency)


def _sum_bins(fine: Histogram, source: int, coarse: Histogram, row: int) -> None:
    """Fill row *row* of *coarse* with row *source* of *fine*."""
    edges = fine.spec.edges[source]
    bins = len(edges) + 1
    target = coarse.spec.edges[row]
    places = np.append(np.searchsorted(target, edges), len(target))
    counts, sums = fine.counts[source, :bins], fine.sums[source, :bins]
    finite = counts.copy()
    finite[0] -= fine.infinite[source, 0]
    finite[-1] -= fine.infinite[source, 1]
    step = fine.spec.centers[source] - coarse.spec.centers[row]
    np.add.at(coarse.counts[row], places, counts)
    coarse.counts[row, -1] = fine.counts[source, -1]
    np.add.at(coarse.sums[row], places, sums + finite * step)
    coarse.squares[row] = fine.squares[source] + 2 * step * sums.sum() + finite.sum() * step**2
    coarse.infinite[row] = fine.infinite[source]


def _match_names(given: CategoryCounts, source: int, wanted: CategoryCounts, row: int) -> None:
    """Fill row *row* of *wanted* with row *source* of *given*."""
    names = given.spec.names[source]
    codes = wanted.spec.encode(row, names)
    cells = np.where(codes == wanted.spec.unseen, wanted.spec.other, codes)
    np.add.at(wanted.counts[row], cells, given.counts[source, : len(names)])
    wanted.counts[row, -2:] += given.counts[source, -2:]
