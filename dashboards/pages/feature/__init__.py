"""Feature: one column of one model. What does it look like now, against the reference, and where does that come from?"""

from __future__ import annotations

from dashboards import links
from dashboards.events import events
from dashboards.page import Page
from dashboards.pages.feature import change, distribution, pods, score, values
from dashboards.variables import FEATURE, MODEL, ROLE, VERSION, kept_variables
from dashboards.where import Where

__all__ = ["page"]


def page() -> Page:
    """Return the dashboard."""
    where = Where((*kept_variables(Where(())), MODEL, VERSION, FEATURE, ROLE), window=True)
    return Page(
        uid=links.FEATURE,
        title="Driftgauge / Feature",
        about="One input or output: its distribution against the reference, score, noise and evidence, its values, each pod.",
        where=where,
        rows=(
            distribution.row(where),
            score.row(where),
            values.row(where),
            change.row(where),
            pods.row(where),
        ),
        annotations=events(where),
        links=links.others(),
        start="now-7d",
    )
