"""Page: rows of panels as a dashboard. The grid, the ids and what the SDK leaves out are settled here.

Guarantee: panels never overlap; an id is a function of the titles of row and panel, so links to a panel survive when
others come and go.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.kinds.panel import FULL
from dashboards.sdk import JSONEncoder, dashboard, models
from dashboards.variables import datasource_variable, label_variables, window_variable
from dashboards.where import Where

__all__ = ["TAG", "Page", "Row", "render"]

TAG = "driftgauge"
#: 40 to 42 change nothing for such dashboards, and a Grafana 12.0 does not know 42
SCHEMA = 39


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading, left to right, then down."""

    title: str
    panels: Sequence[models.Panel]
    collapsed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A dashboard.

    Attributes:
        uid: stable, part of every link.
        title: of the dashboard.
        about: which questions it answers.
        where: its variables.
        rows: its panels.
        annotations: events drawn in its graphs.
        links: to the other dashboards.
        start: of the time range it opens with, such as `now-7d`.
    """

    uid: str
    title: str
    about: str
    where: Where
    rows: Sequence[Row]
    annotations: Sequence[dashboard.AnnotationQuery]
    links: Sequence[dashboard.DashboardLink]
    start: str


def render(page: Page) -> str:
    """Return the dashboard as classic JSON."""
    builder = (
        dashboard.Dashboard(page.title)
        .uid(page.uid)
        .description(page.about)
        .tags([TAG])
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .time(page.start, "now")
        .refresh("1m")
        .timezone("browser")
        .with_variable(datasource_variable())
    )
    for variable in label_variables(page.where):
        builder = builder.with_variable(variable)
    if page.where.window:
        builder = builder.with_variable(window_variable())
    for annotation in page.annotations:
        builder = builder.annotation(annotation)
    for link in page.links:
        builder = builder.link(link)
    built = builder.build()
    built.panels = _placed(page.rows)
    built.schema_version = SCHEMA
    return JSONEncoder(sort_keys=True, indent=2).encode(built) + "\n"


def _placed(rows: Sequence[Row]) -> list[models.Panel | models.RowPanel]:
    """Lay the rows out from the top."""
    placed: list[models.Panel | models.RowPanel] = []
    y = 0
    for row in rows:
        head = models.RowPanel(row.collapsed, row.title, grid_pos=models.GridPos(h=1, w=FULL, x=0, y=y))
        head.id_val = _number(row.title, "")
        bottom = _flow(row, y + 1)
        placed.append(head)
        if row.collapsed:
            head.panels = list(row.panels)
        else:
            placed += row.panels
        y = y + 1 if row.collapsed else bottom
    return placed


def _flow(row: Row, top: int) -> int:
    """Place the panels of a row, line by line, and return where they end."""
    x, y, bottom = 0, top, top
    for panel in row.panels:
        size = panel.grid_pos
        assert size is not None
        if x + size.w > FULL:
            x, y = 0, bottom
        size.x, size.y = x, y
        x, bottom = x + size.w, max(bottom, y + size.h)
        panel.id_val = _number(row.title, panel.title or "")
    return bottom


def _number(row: str, panel: str) -> int:
    return zlib.crc32(f"{row}/{panel}".encode()) % 100_000 + 1
