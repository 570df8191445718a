"""The text of one batch: the gauges that a model has in the exporter, for node_exporter's textfiles or a Pushgateway.

Counters and histograms are left out: each batch would start them anew.
"""

from __future__ import annotations

from driftgauge.config import LimitSettings
from driftgauge.expose.family import Family, encode
from driftgauge.expose.formats import CLASSIC
from driftgauge.expose.layout import Layout
from driftgauge.expose.shape import Shape
from driftgauge.model import ModelView
from driftgauge.names import ALL, GAUGE

__all__ = ["batch_text"]


def batch_text(view: ModelView) -> str:
    """Return the gauges of *view* in the classic format."""
    layout = Layout.of(view, Shape.of(view), LimitSettings().classes)
    families = (
        Family(metric, tuple(block.samples(view) for block in layout.blocks[metric]))
        for metric in ALL
        if metric in layout.blocks and metric.type == GAUGE
    )
    return encode(families, CLASSIC).decode()
