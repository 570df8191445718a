"""Model: one version of a model. Is it well, and if not, what is wrong with it, since when, and how sure is that?"""

from __future__ import annotations

from dashboards import links
from dashboards.events import events
from dashboards.page import Page
from dashboards.pages.model import (
    clients,
    drift,
    health,
    labels,
    outputs,
    overview,
    quality,
    segments,
    service,
    versions,
)
from dashboards.variables import FEATURES, MODEL, VERSION, kept_variables
from dashboards.where import Where

__all__ = ["page"]


def page() -> Page:
    """Return the dashboard."""
    where = Where((*kept_variables(Where(())), MODEL, VERSION, FEATURES), window=True)
    return Page(
        uid=links.MODEL,
        title="Driftgauge / Model",
        about="One version of a model: traffic, errors, latency, which inputs drift since when, predictions, data quality.",
        where=where,
        rows=(
            overview.row(where),
            drift.row(where),
            service.row(where),
            outputs.row(where),
            labels.row(where),
            health.row(where),
            quality.row(where),
            segments.row(where),
            clients.row(where),
            drift.change_row(where),
            versions.row(where),
        ),
        annotations=events(where),
        links=links.others(),
        start="now-7d",
    )
