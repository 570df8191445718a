"""Exposition: views of the models and of the exporter in, the text of a scrape out.

Law: the same views give the same bytes: families in the order of `names.ALL`, models by name and version, columns in the
order of their schema. What it remembers between scrapes is the layouts of the models it has just seen (they only save
time) and which series it has counted as left out. Time: about 1 us a series; 10,000 series take 10 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from driftgauge.config import LimitSettings
from driftgauge.expose.exporter import ExporterView, exporter_families
from driftgauge.expose.family import Family, Samples, encode
from driftgauge.expose.formats import Format
from driftgauge.expose.layout import Layout
from driftgauge.expose.limit import CLASS_LIMIT, SERIES_LIMIT, Suppressed, choose_cuts
from driftgauge.expose.shape import Shape
from driftgauge.model import ModelView
from driftgauge.names import ALL

__all__ = ["Exposition"]

Cuts = Mapping[tuple[str, str, str, str], int]


class Exposition:
    """Turns views into text; one scrape at a time.

    Args:
        limits: most series in all, most classes of an output.
    """

    def __init__(self, limits: LimitSettings | None = None) -> None:
        self.limits = limits or LimitSettings()
        self._layouts: dict[tuple[str, str], Layout] = {}
        self._class_limit = self.limits.classes
        self._suppressed = Suppressed()

    def render(self, views: Iterable[ModelView], exporter: ExporterView, wanted: Format, appended: str = "") -> bytes:
        """Return a scrape.

        Args:
            views: of the models, in any order.
            exporter: what is told of the exporter itself.
            wanted: the format, see `negotiate`.
            appended: text of further families in that format, see `ProcessMetrics`.
        """
        return encode(self.families(views, exporter), wanted, appended)

    def families(self, views: Iterable[ModelView], exporter: ExporterView) -> list[Family]:
        """Return the families of a scrape."""
        views = sorted(views, key=lambda view: (view.name, view.version))
        layouts = self._laid_out(views)
        cuts = self._cuts(layouts, exporter)
        own = {family.metric: family for family in exporter_families(exporter, self._suppressed.counts)}
        kept = [(view, layout, _left_out(layout, cuts)) for view, layout in zip(views, layouts, strict=True)]
        return [
            own[metric]
            if metric in own
            else Family(
                metric,
                tuple(
                    block.samples(view)
                    for view, layout, left_out in kept
                    for block in layout.blocks.get(metric, ())
                    if block.rank not in left_out
                ),
            )
            for metric in ALL
        ]

    def _laid_out(self, views: Sequence[ModelView]) -> list[Layout]:
        """Return the layouts of *views*, and forget all others."""
        if self._class_limit != self.limits.classes:
            self._class_limit, self._layouts = self.limits.classes, {}
        layouts = [self._layout(view) for view in views]
        self._layouts = {layout.key[:2]: layout for layout in layouts}
        return layouts

    def _layout(self, view: ModelView) -> Layout:
        shape = Shape.of(view)
        known = self._layouts.get((view.name, view.version))
        return known if known is not None and known.shape == shape else Layout.of(view, shape, self._class_limit)

    def _cuts(self, layouts: Sequence[Layout], exporter: ExporterView) -> Cuts:
        own = sum(_size(family.samples) for family in exporter_families(exporter, self._suppressed.counts))
        cuts = choose_cuts(layouts, own, self.limits.series)
        merged = {(*layout.key, "classes"): layout.merged_classes for layout in layouts if layout.merged_classes}
        self._suppressed.note(SERIES_LIMIT, cuts)
        self._suppressed.note(CLASS_LIMIT, merged)
        return cuts


def _size(samples: Iterable[Samples]) -> int:
    return sum(len(part.prefixes) for part in samples)


def _left_out(layout: Layout, cuts: Cuts) -> frozenset[str]:
    return frozenset(rank for rank in layout.sizes if (*layout.key, rank) in cuts)
