"""Limit: which ranks of which models are left out when there are more series than allowed.

Whole ranks go, in the order of `RANKS`, and within a rank the model with the most series first, until the rest fits. What
is never left out (`KEPT`, the exporter's own) is about 100 series a model. What is cut depends on the series there can be,
not on those that have a value now, so a cut does not come and go with the values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from driftgauge.expose.block import RANKS
from driftgauge.expose.layout import Layout

__all__ = ["CLASS_LIMIT", "SERIES_LIMIT", "Cuts", "Suppressed", "choose_cuts"]

CLASS_LIMIT, SERIES_LIMIT = "class_limit", "series_limit"

#: (model, version, reference, rank): series that are left out together
Cuts = Mapping[tuple[str, str, str, str], int]


def choose_cuts(layouts: Sequence[Layout], own: int, limit: int) -> Cuts:
    """Return what is to be left out, with its number of series; *own* series are the exporter's."""
    series = own + sum(sum(layout.sizes.values()) for layout in layouts)
    cuts: dict[tuple[str, str, str, str], int] = {}
    for rank in RANKS:
        for layout in sorted(layouts, key=lambda layout: (-layout.sizes.get(rank, 0), layout.key)):
            size = layout.sizes.get(rank, 0)
            if series <= limit:
                return cuts
            if size:
                cuts[*layout.key, rank] = size
                series -= size
    return cuts


@dataclass(slots=True)
class Suppressed:
    """Counts every series once, when it is first left out; one that came back counts again when it goes again."""

    counts: dict[str, int] = field(default_factory=lambda: {CLASS_LIMIT: 0, SERIES_LIMIT: 0})
    _known: dict[str, Cuts] = field(default_factory=dict)

    def note(self, reason: str, cuts: Cuts) -> None:
        """Take in what is left out now because of *reason*."""
        known = self._known.get(reason, {})
        self.counts[reason] += sum(size for cut, size in cuts.items() if cut not in known)
        self._known[reason] = cuts
