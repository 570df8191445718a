"""Kinds: one function a kind of panel. Each takes a title, how to read it, a unit and queries, and returns the panel.

To add a panel, call one of these in a row of a page; the grid, its id and its data source follow.
"""

from dashboards.kinds.bars import bars
from dashboards.kinds.grids import latency, matrix, timeline
from dashboards.kinds.lines import lines
from dashboards.kinds.notes import note
from dashboards.kinds.tables import Column, table
from dashboards.kinds.tiles import Steps, tile, verdict

__all__ = [
    "Column",
    "Steps",
    "bars",
    "latency",
    "lines",
    "matrix",
    "note",
    "table",
    "tile",
    "timeline",
    "verdict",
]
