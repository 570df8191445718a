"""Series: panels whose horizontal axis is time: lines, matrices, timelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import dates
from matplotlib.colors import to_rgb
from matplotlib.ticker import FuncFormatter

from dashboards.preview.draw import fields
from dashboards.preview.draw.units import spell
from dashboards.preview.grafana import Asked, Json, Panel, Range

__all__ = ["draw_lines", "draw_matrix", "draw_timeline"]

#: names in a legend, which has little room
_NAMED = 7


def draw_lines(axes: Any, panel: Panel, asked: Sequence[Asked], over: Range) -> None:
    """Draw a time series panel."""
    custom = fields.properties(panel).get("custom", {})
    stacked = custom.get("stacking", {}).get("mode") == "normal"
    drawn: dict[str, tuple[Any, Any]] = {}
    base = None
    for query in asked:
        style = fields.override(panel, "byFrameRefID", query.target["refId"])
        for series in query.result:
            times, values = _course(series, over)
            name = fields.named(query, series)
            colour = style.get("color", {}).get("fixedColor")
            if stacked:
                below = np.zeros_like(values) if base is None else base
                base = below + np.nan_to_num(values)
                axes.fill_between(times, below, base, alpha=0.5, label=name)
                continue
            _line(axes, (times, values), name, colour, style)
            drawn[name] = times, values
            lower = style.get("custom.fillBelowTo")
            if lower:
                drawn[f"band {lower}"] = times, values
    for name, (times, values) in drawn.items():
        if name.startswith("band ") and name[5:] in drawn:
            axes.fill_between(times, drawn[name[5:]][1], values, color="#B8B8B8", alpha=0.45, lw=0)
    _frame(axes, panel, over)
    if axes.get_legend_handles_labels()[0]:
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(
            handles[:_NAMED],
            labels[:_NAMED],
            loc="upper left",
            bbox_to_anchor=(0, -0.13),
            fontsize=6,
            ncol=3,
            frameon=False,
        )


def _line(axes: Any, course: tuple[Any, Any], name: str, colour: str | None, style: dict[str, Any]) -> None:
    times, values = course
    width = style.get("custom.lineWidth", 1)
    opacity = style.get("custom.fillOpacity", 0)
    dash = "--" if style.get("custom.lineStyle", {}).get("fill") == "dash" else "-"
    if opacity and not style.get("custom.fillBelowTo"):
        axes.fill_between(times, 0, values, color=colour, alpha=opacity / 100, lw=0, label=None if width else name)
    if width or style.get("custom.fillBelowTo"):
        lone = np.count_nonzero(np.isfinite(values)) == 1
        axes.plot(times, values, dash, color=colour, lw=width, label=name, marker="." if lone else None)


def draw_matrix(axes: Any, panel: Panel, asked: Sequence[Asked], over: Range) -> None:
    """Draw a heatmap panel, its rows as they came; buckets of a histogram by their bound."""
    rows = [(fields.named(query, series), _course(series, over)) for query in asked for series in query.result]
    is_histogram = any(query.target.get("format") == "heatmap" for query in asked)
    options = panel.json["options"]["color"]
    if is_histogram:
        rows = _decumulated(rows)
    if rows:
        values = np.array([values for _, (_, values) in rows])
        times = rows[0][1][0]
        scheme = options.get("scheme", "Oranges")
        mesh = axes.pcolormesh(
            times,
            np.arange(len(rows)),
            values,
            cmap=scheme,
            vmin=options.get("min", 0),
            vmax=options.get("max"),
            shading="nearest",
        )
        axes.figure.colorbar(mesh, ax=axes, fraction=0.02, pad=0.01).ax.tick_params(labelsize=5)
        axes.set_yticks(np.arange(len(rows)), [name[:26] for name, _ in rows], fontsize=6)
    _frame(axes, panel, over, values=False)


def _decumulated(rows: list[tuple[str, tuple[Any, Any]]]) -> list[tuple[str, tuple[Any, Any]]]:
    rows = sorted(rows, key=lambda row: float(row[0].replace("+Inf", "inf")))
    result, below = [], 0.0
    for name, (times, values) in rows:
        counts = values - below
        result.append((name, (times, np.where(counts > 0, counts, np.nan))))
        below = values
    return [row for row in result if np.isfinite(row[1][1]).any()]


def draw_timeline(axes: Any, panel: Panel, asked: Sequence[Asked], over: Range) -> None:
    """Draw a state timeline."""
    rows = [(fields.named(query, series), _course(series, over)) for query in asked for series in query.result]
    mappings = fields.properties(panel).get("mappings")
    for place, (_, (times, values)) in enumerate(reversed(rows)):
        step = times[1] - times[0] if len(times) > 1 else 0.01
        for state in np.unique(values[np.isfinite(values)]):
            _, colour = fields.mapped(state, mappings) or (str(state), "#DDDDDD")
            spans = [(time, step) for time in times[values == state]]
            axes.broken_barh(spans, (place - 0.42, 0.84), facecolors=to_rgb(colour))
    axes.set_yticks(np.arange(len(rows)), [name[:26] for name, _ in reversed(rows)], fontsize=6)
    axes.set_ylim(-0.6, max(len(rows) - 0.4, 0.6))
    _frame(axes, panel, over, values=False)


def _course(series: Json, over: Range) -> tuple[Any, Any]:
    """Return times and values on the whole grid, gaps as NaN."""
    first = over.start // over.step * over.step
    grid = np.arange(first, over.end + 1, over.step)
    values = np.full(len(grid), np.nan)
    for time, value in series["values"]:
        values[min(int((float(time) - first) // over.step), len(grid) - 1)] = float(value)
    return grid / 86400.0, values


def _frame(axes: Any, panel: Panel, over: Range, *, values: bool = True) -> None:
    """Set axes up: time below, units on the left."""
    defaults = fields.properties(panel)
    axes.set_xlim(over.start / 86400, over.end / 86400)
    locator = dates.AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.tick_params(labelsize=6)
    axes.xaxis.get_offset_text().set_fontsize(5)
    if values:
        unit = fields.unit(panel)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: spell(value, unit)))
        axes.set_ylim(bottom=defaults.get("min"), top=defaults.get("max"))
        axes.grid(visible=True, lw=0.3)
