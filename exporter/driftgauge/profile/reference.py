"""Reference: a frozen profile with where it came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from driftgauge.profile.profile import Profile

__all__ = ["Provenance", "Reference"]


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
    """A frozen profile; its `digest` tells references apart in labels."""

    profile: Profile
    provenance: Provenance
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", _digest(self.profile))

    @property
    def rows(self) -> int:
        """Rows of the reference data."""
        return int(self.profile.rows[0])


def _digest(profile: Profile) -> str:
    """Return 12 hexadecimal digits over the columns, bins and counts: the same reference, the same digest everywhere."""
    spec: Any = profile.spec
    digest = hashlib.sha256(repr((spec.schema, spec.categories.names)).encode())
    for array in (*spec.histogram.edges, *profile.arrays[:4]):
        digest.update(array.astype("<f8").tobytes())
    digest.update(profile.categories.counts.astype("<i8").tobytes())
    return digest.hexdigest()[:12]
