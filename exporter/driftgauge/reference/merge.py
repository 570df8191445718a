"""Stored profiles added up: old data times a weight, and new data.

Edges need not be the same where those of one side contain the other's (`rebin`); anything else is refused, because a
guess inside a bin would be drift that nobody measured. Time: a few milliseconds for 100 columns.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.derive import ANOMALY, RESIDUAL, Embedder, Projection
from driftgauge.errors import ProfileError
from driftgauge.profile import EMBEDDING, Profile, ProfileSpec, Provenance, Reference, Strata, sketch_name
from driftgauge.profile.detector_codec import detector_record
from driftgauge.reference.accept import origin, without_short_windows
from driftgauge.reference.accept_embeddings import of_both
from driftgauge.reference.rebin import aligned
from driftgauge.reference.scale import apportioned, check_weight, plain, scaled
from driftgauge.reference.survey import MOST_TAIL
from driftgauge.sketch import Binned, CategorySpec, MeanVector, Sketch

__all__ = ["merge"]

Float64s = NDArray[np.float64]

#: longest name of merged data; merging goes on and on
NAME_CHARS = 200


def merge(old: Reference, new: Reference, *, created: float, weight: float = 1.0) -> Reference:
    """Add the profile *new* to *weight* times the profile *old*.

    Raises:
        ProfileError: they have other columns, or bins that cannot be made equal exactly.
    """
    check_weight(weight, "weight")
    _check_columns(old, new)
    mine, theirs = aligned(old.profile, new.profile, advice="profiles of such edges cannot be added exactly")
    spec = _spec_of_both(mine.spec, old, new)
    spec = replace(spec, embedders=_embedders(old, new, weight))
    profile = scaled(_under(spec, mine), weight).merge(plain(_under(spec, theirs)))
    strata = _strata(old, new, weight)
    calibrated = new if not old.calibration and new.profile.spec.schema == spec.schema else old
    lost = calibrated.strata is not None and strata is None
    return Reference(
        profile,
        _provenance(old, new, created, weight),
        without_short_windows(calibrated.calibration) if lost else calibrated.calibration,
        strata,
        _sketches(old, new, weight),
        new.outcomes or old.outcomes,
    )


def _sketches(old: Reference, new: Reference, weight: float) -> dict[str, Sketch]:
    """Add what both count beside columns; what only one side has would stand for half of the rows."""
    found: dict[str, Sketch] = {}
    for name in old.sketches.keys() & new.sketches.keys():
        mine, theirs = old.sketches[name], new.sketches[name]
        if isinstance(mine, Binned) and mine.spec != theirs.spec:
            continue  # other bins of the confidence: an estimate needs labelled data of one kind
        if mine.spec != theirs.spec:
            raise ProfileError(
                f"{name} was computed with another feature map in each profile, expected the same; "
                "build one profile of all the data"
            )
        arrays = {
            part: np.rint(array * weight).astype(array.dtype) if array.dtype.kind == "i" else array * weight
            for part, array in mine.arrays.items()
        }
        found[name] = mine.spec.holding(arrays).merge(theirs)
    return found


def _embedders(old: Reference, new: Reference, weight: float) -> dict[str, Embedder]:
    """Return the maps of *old* with what bounds the moments of both."""
    found, theirs = dict(old.profile.spec.embedders), new.profile.spec.embedders
    for name, embedder in found.items():
        mine, other = (side.sketches.get(sketch_name(EMBEDDING, name)) for side in (old, new))
        if isinstance(mine, MeanVector) and isinstance(other, MeanVector) and mine.spec == other.spec:
            before = replace(mine, rows=np.rint(mine.rows * weight).astype(np.int64), sums=mine.sums * weight)
            found[name] = of_both(embedder, before, theirs[name], other)
    return found


def _provenance(old: Reference, new: Reference, created: float, weight: float) -> Provenance:
    first, second = old.provenance, new.provenance
    times = [part.time_range for part in (first, second) if part.time_range is not None]
    return Provenance(
        f"{origin(first.name)} and {origin(second.name)}"[:NAME_CHARS],
        created,
        first.model if first.model == second.model else "",
        first.version if first.version == second.version else "",
        (min(begin for begin, _ in times), max(end for _, end in times)) if len(times) == 2 else None,
        (
            f"{old.rows:,} rows of {first.name!r}, digest {old.digest}, counted {weight:g} times",
            f"{new.rows:,} rows of {second.name!r}, digest {new.digest}",
        ),
    )


def _strata(old: Reference, new: Reference, weight: float) -> Strata | None:
    """Add the counts by hour where both have them in the same bins."""
    if old.strata is None or new.strata is None or not _same_bins(old.profile.spec, new.profile.spec):
        return None
    return Strata(
        new.strata.numeric + apportioned(old.strata.numeric, weight),
        new.strata.categorical + apportioned(old.strata.categorical, weight),
    )


def _same_bins(mine: ProfileSpec, theirs: ProfileSpec) -> bool:
    edges = zip(mine.histogram.edges, theirs.histogram.edges, strict=False)
    return (
        mine.schema == theirs.schema
        and mine.categories.names == theirs.categories.names
        and all(np.array_equal(a, b) for a, b in edges)
    )


def _spec_of_both(spec: ProfileSpec, old: Reference, new: Reference) -> ProfileSpec:
    """Return the aligned spec with what is known from either side: ranges, rare categories."""
    histogram = replace(
        spec.histogram,
        lows=_widest(old, new, "lows", np.fmin),
        highs=_widest(old, new, "highs", np.fmax),
    )
    categories = _known_to_both(spec.categories, old, new)
    return replace(
        spec,
        histogram=histogram,
        categories=categories,
        projection=old.profile.spec.projection,
        embedders=old.profile.spec.embedders,
        texts=old.profile.spec.texts,
        own_tokens=old.profile.spec.own_tokens,
        detector=old.profile.spec.detector,
    )


def _check_columns(old: Reference, new: Reference) -> None:
    mine, theirs = ({(column.role, column.name) for column in side.profile.spec.schema.columns} for side in (old, new))
    for lacking, side, other in ((theirs - mine, old, new), (mine - theirs, new, old)):
        if lacking:
            names = ", ".join(repr(name) for _, name in sorted(lacking))
            raise ProfileError(
                f"{side.provenance.name!r} lacks {names}, which {other.provenance.name!r} has; expected the same columns"
            )
    if any(name == RESIDUAL for _, name in mine) and not _same_projection(
        old.profile.spec.projection, new.profile.spec.projection
    ):
        raise ProfileError(
            f"column {RESIDUAL!r} was computed with other components in each profile, expected the same; "
            "leave it out of both, or build one profile of all the data"
        )
    if len({_scored_by(side) for side in (old, new)}) > 1:
        raise ProfileError(
            f"column {ANOMALY!r} was scored by another detector in each profile, expected the same; "
            "build one profile of all the data"
        )


def _scored_by(reference: Reference) -> str:
    detector = reference.profile.spec.detector
    return "" if detector is None else repr(detector_record(detector))


def _same_projection(mine: Projection | None, theirs: Projection | None) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    pairs = ((mine.means, theirs.means), (mine.scales, theirs.scales), (mine.components, theirs.components))
    return mine.columns == theirs.columns and all(np.array_equal(a, b) for a, b in pairs)


def _widest(old: Reference, new: Reference, bound: str, choose: np.ufunc) -> Float64s:
    """Return the wider of both sides' bounds; an empty column has none."""
    places = {(column.role, column.name): place for place, column in enumerate(new.profile.spec.schema.numeric)}
    order = [places[column.role, column.name] for column in old.profile.spec.schema.numeric]
    mine, theirs = getattr(old.profile.spec.histogram, bound), getattr(new.profile.spec.histogram, bound)[order]
    known: Float64s = choose(*(np.where(np.isfinite(side), side, np.nan) for side in (mine, theirs)))
    return np.where(np.isnan(known), mine, known)


def _known_to_both(spec: CategorySpec, old: Reference, new: Reference) -> CategorySpec:
    """Return the aligned spec with the names of both sides in its tails."""
    places = {(column.role, column.name): place for place, column in enumerate(new.profile.spec.schema.categorical)}
    tails, complete = [], []
    for place, column in enumerate(old.profile.spec.schema.categorical):
        theirs, other = new.profile.spec.categories, places[column.role, column.name]
        shown = set(spec.names[place])
        tail = {*spec.tails[place], *theirs.names[other], *theirs.tails[other]} - shown
        tails.append(tuple(sorted(tail)[:MOST_TAIL]))
        complete.append(spec.complete[place] and theirs.complete[other] and len(tail) <= MOST_TAIL)
    return CategorySpec(spec.names, tuple(tails), tuple(complete))


def _under(spec: ProfileSpec, profile: Profile) -> Profile:
    """Return the same counts under a spec with the same bins."""
    return Profile(
        spec,
        profile.rows,
        replace(profile.histogram, spec=spec.histogram),
        replace(profile.categories, spec=spec.categories),
        profile.latency,
    )
