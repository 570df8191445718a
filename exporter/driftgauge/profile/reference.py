"""Reference: a frozen profile with where it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from driftgauge.profile.calibration import Calibration
from driftgauge.profile.outcomes import Outcomes
from driftgauge.profile.profile import Profile
from driftgauge.profile.segments import SegmentProfiles
from driftgauge.profile.strata import Strata
from driftgauge.sketch import Sketch

__all__ = ["EMBEDDING", "PERFORMANCE", "TOKENS", "Provenance", "Reference", "sketch_name"]

#: kinds of sketches beside columns
EMBEDDING, PERFORMANCE, TOKENS = "embedding", "performance", "tokens"


def sketch_name(kind: str, column: str) -> str:
    """Return the name of a sketch beside columns: `tokens of review`."""
    return f"{kind} of {column}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a profile came from.

    Attributes:
        name: name of the data, such as its file name; `learned` for a reference learned from traffic.
        created: seconds since 1970.
        model: model that the profile is meant for, empty for any.
        version: its version, empty for any.
        time_range: first and last event time of the data in seconds since 1970, where known.
        notes: what the builder noticed, for people.
    """

    name: str
    created: float
    model: str = ""
    version: str = ""
    time_range: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A frozen profile; its `digest` tells references apart in labels.

    Attributes:
        profile: what was counted.
        provenance: where it came from.
        calibration: what undrifted chunks of it score, by the name of the window that is as long; under `STUCK` how much of one value
            they hold (`drift.stuck`).
        strata: its counts by hour of day; None where the data have no daily rhythm, too few rows or no timestamps.
        sketches: what was counted beside columns, such as tokens, mean embeddings and outcomes, by `sketch_name`.
        outcomes: how the predictions of the data turned out, where they had labels.
        segments: its counts by segment, by the field that makes them.
        digest: 12 hexadecimal digits over columns, bins and counts.
    """

    profile: Profile
    provenance: Provenance
    calibration: Mapping[str, Calibration] = field(default_factory=dict)
    strata: Strata | None = None
    sketches: Mapping[str, Sketch] = field(default_factory=dict)
    outcomes: Outcomes | None = None
    segments: Mapping[str, SegmentProfiles] = field(default_factory=dict)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        outcomes = {} if self.outcomes is None else self.outcomes.sketches
        beside = {**self.sketches, **{f"outcomes:{name}": sketch for name, sketch in outcomes.items()}}
        object.__setattr__(self, "digest", _digest(self.profile, beside))

    @property
    def rows(self) -> int:
        """Rows of the reference data."""
        return int(self.profile.rows[0])


def _digest(profile: Profile, sketches: Mapping[str, Sketch]) -> str:
    """Return 12 hexadecimal digits over the columns, bins and counts: the same reference, the same digest everywhere."""
    spec: Any = profile.spec
    digest = hashlib.sha256(repr((spec.schema, spec.categories.names)).encode())
    for array in (*spec.histogram.edges, profile.rows, profile.histogram.counts, profile.histogram.infinite):
        digest.update(array.astype("<f8").tobytes())
    digest.update(profile.categories.counts.astype("<i8").tobytes())
    for name in sorted(sketches):
        digest.update(repr((name, sketches[name].spec)).encode())
        for array in sketches[name].arrays.values():
            digest.update(array.astype("<f8").tobytes())
    return digest.hexdigest()[:12]
