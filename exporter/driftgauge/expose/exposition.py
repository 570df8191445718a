"""Exposition: views of the models and of the exporter in, the text of a scrape out.

Law: the same views give the same bytes: families in the order of `names.ALL`, models by name and version, columns in the
order of their schema. What it remembers between scrapes is the layouts of the models it has just seen (they only save
time) and which series it has counted as left out. Time: about 1 us a series; 10,000 series take 10 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from driftgauge.config import LimitSettings
from driftgauge.expose.exporter import ExporterView, exporter_families, suppressed_family
from driftgauge.expose.family import Family, pieces
from driftgauge.expose.formats import Format
from driftgauge.expose.layout import Layout
from driftgauge.expose.limit import CLASS_LIMIT, SERIES_LIMIT, Cuts, Suppressed, choose_cuts
from driftgauge.expose.shape import Shape
from driftgauge.model import ModelView
from driftgauge.names import ALL, SERIES_SUPPRESSED, Metric

__all__ = ["Exposition"]


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
        return b"".join(self.pieces(views, exporter, wanted, appended))

    def pieces(
        self, views: Iterable[ModelView], exporter: ExporterView, wanted: Format, appended: str = ""
    ) -> Iterator[bytes]:
        """Yield a scrape in pieces of some hundred lines, made as they are asked for."""
        return pieces(self.families(views, exporter), wanted, appended)

    def families(self, views: Iterable[ModelView], exporter: ExporterView) -> list[Family]:
        """Return the families of a scrape."""
        ordered = sorted(views, key=lambda view: (view.name, view.version))
        layouts = self._laid_out(ordered)
        own = {family.metric: family for family in exporter_families(exporter)}
        cuts = self._cuts(layouts, sum(map(_size, own.values())) + len(self._suppressed.counts))
        own[SERIES_SUPPRESSED] = suppressed_family(self._suppressed.counts)
        kept = [(view, layout, _left_out(layout, cuts)) for view, layout in zip(ordered, layouts, strict=True)]
        return [own.get(metric) or _family(metric, kept) for metric in ALL]

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

    def _cuts(self, layouts: Sequence[Layout], own: int) -> Cuts:
        cuts = choose_cuts(layouts, own, self.limits.series)
        merged = {(*layout.key, "classes"): layout.merged for layout in layouts if layout.merged}
        self._suppressed.note(SERIES_LIMIT, cuts)
        self._suppressed.note(CLASS_LIMIT, merged)
        return cuts


def _family(metric: Metric, kept: Sequence[tuple[ModelView, Layout, frozenset[str]]]) -> Family:
    blocks = (
        block.samples(view)
        for view, layout, left_out in kept
        for block in layout.blocks.get(metric, ())
        if block.rank not in left_out
    )
    return Family(metric, tuple(blocks))


def _size(family: Family) -> int:
    return sum(len(part.prefixes) for part in family.samples)


def _left_out(layout: Layout, cuts: Cuts) -> frozenset[str]:
    return frozenset(rank for rank in layout.sizes if (*layout.key, rank) in cuts)
