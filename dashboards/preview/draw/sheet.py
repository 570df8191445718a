"""Sheet: one picture a dashboard, each panel where the grid has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from dashboards.preview.draw.series import draw_lines, draw_matrix, draw_timeline
from dashboards.preview.draw.states import draw_bars, draw_note, draw_table, draw_tile
from dashboards.preview.grafana import Asked, Json, Panel, Range, panels

__all__ = ["draw"]

Drawer = Callable[[Any, Panel, Sequence[Asked], Range], None]

_DRAWERS: Mapping[str, Drawer] = {
    "timeseries": draw_lines,
    "heatmap": draw_matrix,
    "state-timeline": draw_timeline,
    "stat": draw_tile,
    "table": draw_table,
    "barchart": draw_bars,
    "text": draw_note,
}
#: inches left of a panel's axes and below them, where there is more to write than in a tile
_MARGINS = {"timeseries": (0.9, 0.75), "heatmap": (1.2, 0.35), "state-timeline": (1.2, 0.35), "barchart": (0.5, 0.5)}
_TIMED = {"timeseries", "heatmap", "state-timeline"}
#: inches of a grid unit
_WIDE, _HIGH = 0.85, 0.36


def draw(
    dashboard: Json,
    answers: Mapping[int, Sequence[Asked]],
    marks: Sequence[tuple[str, float]],
    over: Range,
    path: Path,
) -> None:
    """Draw a dashboard; *marks* are (colour, time) of its annotations."""
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    figure = plt.figure(figsize=(24 * _WIDE, bottom * _HIGH + 0.5))
    size = (24 * _WIDE, bottom * _HIGH + 0.5)
    figure.text(0.005, 1 - 0.3 / size[1], dashboard["title"], fontsize=14, weight="bold")
    for head in dashboard["panels"]:
        if head["type"] == "row":
            top = 0.5 + head["gridPos"]["y"] * _HIGH
            figure.text(0.005, 1 - (top + 0.28) / size[1], f"▾ {head['title']}", fontsize=10, weight="bold")
    for panel in panels(dashboard):
        axes = figure.add_axes(_place(panel.json["gridPos"], size, panel.json["type"]))
        axes.set_title(panel.title, fontsize=8, loc="left", pad=3)
        _DRAWERS[panel.json["type"]](axes, panel, answers[panel.json["id"]], over)
        if panel.json["type"] in _TIMED:
            for colour, time in marks:
                axes.axvline(time / 86400, color=colour, lw=0.6, ls=":")
    figure.savefig(path, dpi=75)
    plt.close(figure)


def _place(grid: Json, size: tuple[float, float], kind: str) -> tuple[float, float, float, float]:
    before, below = _MARGINS.get(kind, (0.15, 0.08))
    left, right = grid["x"] * _WIDE + before, (grid["x"] + grid["w"]) * _WIDE - 0.15
    top, base = 0.5 + grid["y"] * _HIGH + 0.3, 0.5 + (grid["y"] + grid["h"]) * _HIGH - below
    return left / size[0], 1 - base / size[1], (right - left) / size[0], (base - top) / size[1]
