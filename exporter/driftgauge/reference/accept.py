"""A new reference from a window of traffic that is accepted as the new normal.

Law: columns, edges, categories and ranges stay, so that what was counted against the old reference goes on being counted
against the new one, in the same windows. Time: a few milliseconds for 100 columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from driftgauge.drift.mean_change import FeatureSums
from driftgauge.errors import ProfileError
from driftgauge.profile import (
    DAY_SECONDS,
    STUCK,
    WINDOWS,
    Calibration,
    Profile,
    Provenance,
    Reference,
    Strata,
    Window,
)
from driftgauge.reference.accept_embeddings import AcceptedEmbeddings, accept_embeddings
from driftgauge.reference.calibration import LEAST_STRATUM_ROWS
from driftgauge.reference.scale import apportioned, check_weight, plain, scaled

__all__ = ["LEAST_ROWS", "Accepted", "accept", "origin", "without_short_windows"]

#: rows below which a window is no reference: its own noise floor would be more than half of what warns (statistics.md 2)
LEAST_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """A window that is to be the new reference.

    Attributes:
        window: its length.
        profile: what it holds, counted with the reference's spec.
        end: time of its newest row.
        first: time of the first row, where that is later than the window's beginning.
        hours: what it holds by hour of day, 24 profiles; empty where the reference does not know the hours.
        embeddings: sums of its vectors' features, by embedding.
    """

    window: Window
    profile: Profile
    end: float
    first: float
    hours: Sequence[Profile] = ()
    embeddings: Mapping[str, FeatureSums] = field(default_factory=dict)


def accept(
    old: Reference,
    found: Accepted,
    *,
    model: str,
    version: str,
    created: float,
    merge_old: float = 0.0,
    least_rows: int = LEAST_ROWS,
) -> Reference:
    """Make a reference of a window, and of *old* with the weight *merge_old*.

    What chunks of *old* scattered is kept: it describes the data, not their level. Counts by hour are made anew of the
    window; where an hour has too few rows there are none, and then nor are figures of chunks shorter than a day, which
    were taken within the hours.

    Raises:
        ProfileError: there are too few rows, or the weight is no weight.
    """
    check_weight(merge_old, "merge_old")
    rows = int(found.profile.rows[0])
    if rows < least_rows:
        raise ProfileError(
            f"window {found.window.name} holds {rows:,} rows, a baseline needs {least_rows:,} or more; "
            "wait for more traffic or accept a longer window"
        )
    if found.profile.spec != old.profile.spec:
        raise ProfileError(f"window {found.window.name} was counted with other bins than the reference {old.digest}")
    profile = plain(found.profile)
    if merge_old:
        profile = scaled(old.profile, merge_old).merge(profile)
    embedded = accept_embeddings(old, found.embeddings, weight=merge_old, least_rows=least_rows)
    if embedded.sketches:
        profile = replace(profile, spec=replace(profile.spec, embedders=embedded.embedders))
    strata = None if old.strata is None else _strata(old.strata, found, merge_old)
    lost = old.strata is not None and strata is None
    return Reference(
        profile,
        Provenance(
            f"window {found.window.name} of {origin(old.provenance.name)}",
            created,
            model,
            version,
            (found.first, found.end),
            tuple(_notes(old, found, merge_old, embedded, lost=lost)),
        ),
        without_short_windows(old.calibration) if lost else old.calibration,
        strata,
        {**old.sketches, **embedded.sketches},
        old.outcomes,
    )


def _notes(old: Reference, found: Accepted, weight: float, embedded: AcceptedEmbeddings, *, lost: bool) -> list[str]:
    notes = [
        f"made of {int(found.profile.rows[0]):,} rows of the {found.window.name} that ended at {_instant(found.end)}",
        f"follows {old.provenance.name!r}, digest {old.digest}, whose edges, categories, ranges and chunk figures it keeps",
    ]
    if weight:
        notes.append(f"the {old.rows:,} rows of that reference count {weight:g} times in it")
    kept = sorted(old.sketches.keys() - embedded.sketches.keys())
    if kept:
        notes.append(f"{', '.join(kept)}: as they were in that reference")
    if lost:
        notes.append(
            f"no counts by hour of day: an hour of the window has fewer than {LEAST_STRATUM_ROWS} rows; "
            "windows shorter than a day do not judge"
        )
    return notes


def _strata(old: Strata, found: Accepted, weight: float) -> Strata | None:
    if not found.hours:
        return None
    numeric = np.stack([hour.histogram.counts for hour in found.hours])
    categorical = np.stack([hour.categories.counts for hour in found.hours])
    strata = Strata(
        numeric + apportioned(old.numeric, weight),
        categorical + apportioned(old.categorical, weight),
    )
    rows = np.concatenate([strata.numeric.sum(axis=2), strata.categorical.sum(axis=2)], axis=1)
    return strata if rows.max(axis=1, initial=0).min() >= LEAST_STRATUM_ROWS else None


def without_short_windows(calibration: Mapping[str, Calibration]) -> dict[str, Calibration]:
    """Return the figures of a day or more: shorter chunks were scored within their hours of day."""
    long = {STUCK, *(window.name for window in WINDOWS if window.seconds >= DAY_SECONDS)}
    return {name: figures for name, figures in calibration.items() if name in long}


def origin(name: str) -> str:
    """Return the name of the data that windows were accepted over, however many."""
    while name.startswith("window ") and " of " in name:
        name = name.partition(" of ")[2]
    return name


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
