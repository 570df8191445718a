"""States: panels about the end of the time range: tiles, tables, bars, notes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboards.preview.draw import fields
from dashboards.preview.draw.units import spell
from dashboards.preview.grafana import Asked, Panel, Range

__all__ = ["draw_bars", "draw_note", "draw_table", "draw_tile"]


def draw_tile(axes: Any, panel: Panel, asked: Sequence[Asked], _: Range) -> None:
    """Draw a stat panel."""
    axes.set_axis_off()
    defaults, options = fields.properties(panel), panel.json["options"]
    series = [series for query in asked for series in query.result]
    text, name, colour = str(defaults.get("noValue", "no data")), "", "#9A9A9A"
    if series:
        value = float(series[0]["values"][-1][1])
        word = fields.mapped(value, defaults.get("mappings"))
        colour = word[1] if word else fields.colour_at(value, defaults.get("thresholds"))
        text = word[0] if word else spell(value, fields.unit(panel), defaults.get("decimals"))
        name = fields.named(asked[0], series[0]) if options.get("textMode") == "value_and_name" else ""
    filled = str(options.get("colorMode", "")).startswith("background")
    if filled:
        axes.add_patch(_box(axes, colour))
    axes.text(
        0.5,
        0.4,
        text,
        ha="center",
        va="center",
        fontsize=15,
        weight="bold",
        color="white" if filled else colour,
        transform=axes.transAxes,
    )
    axes.text(0.5, 0.8, name, ha="center", va="center", fontsize=9, transform=axes.transAxes)


def _box(axes: Any, colour: str) -> Any:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - one shape of one kind

    return Rectangle((0, 0), 1, 1, color=colour, transform=axes.transAxes, zorder=-1)


def draw_table(axes: Any, panel: Panel, asked: Sequence[Asked], _: Range) -> None:
    """Draw a table: rows are merged by their labels, columns named and ordered as the panel says."""
    axes.set_axis_off()
    heads, rows = tabulate(panel, asked)
    if not rows:
        axes.text(0.5, 0.5, "no data", ha="center", va="center", color="#9A9A9A", transform=axes.transAxes)
        return
    height = float(panel.json["gridPos"]["h"])
    rows = rows[: int(height * 1.6)]
    styles = {head: fields.override(panel, "byName", head) for head in heads}
    cells = [[_spelt(row.get(head), styles[head]) for head in heads] for row in rows]
    colours = [[_coloured(row.get(head), styles[head]) for head in heads] for row in rows]
    made = axes.table(cells, colLabels=heads, cellColours=colours, loc="upper center", cellLoc="left", colLoc="left")
    made.auto_set_font_size(False)
    made.set_fontsize(6.5)


def tabulate(panel: Panel, asked: Sequence[Asked]) -> tuple[list[str], list[dict[str, Any]]]:
    """Return heads and rows, as the transformations of a table or of bars make them."""
    organize = next(step["options"] for step in panel.json["transformations"] if step["id"] == "organize")
    renamed: dict[str, str] = organize["renameByName"]
    merged: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for query in asked:
        column = f"Value #{query.target['refId']}" if len(panel.targets) > 1 else "Value"
        for series in query.result:
            labels = {name: value for name, value in series["metric"].items() if name != "__name__"}
            row = merged.setdefault(tuple(sorted(labels.items())), {renamed.get(k, k): v for k, v in labels.items()})
            row[renamed[column]] = float(series["values"][-1][1])
    places = organize.get("indexByName") or {}
    order = sorted(renamed, key=lambda name: places.get(name, 0))
    heads = [renamed[name] for name in order]
    rows = list(merged.values())
    for sort in panel.json["options"].get("sortBy", []):
        head, down = sort["displayName"], sort.get("desc", False)
        rows.sort(key=lambda row: (row.get(head) is not None, row.get(head, "")), reverse=down)
    return heads, rows


def _spelt(value: Any, style: dict[str, Any]) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    word = fields.mapped(value, style.get("mappings"))
    return word[0] if word else spell(value, style.get("unit", "none"), style.get("decimals"))


def _coloured(value: Any, style: dict[str, Any]) -> str:
    if not isinstance(value, float):
        return "white"
    word = fields.mapped(value, style.get("mappings"))
    if word:
        return word[1]
    if style.get("thresholds") and value > 0:
        return "#F6D5C3"
    if style.get("custom.cellOptions", {}).get("type") == "gauge":
        share = min(value / style["max"], 1.0)
        return f"#{int(255 - 140 * share):02X}{int(255 - 80 * share):02X}FF"
    return "white"


def draw_bars(axes: Any, panel: Panel, asked: Sequence[Asked], _: Range) -> None:
    """Draw a bar chart."""
    label = panel.json["options"]["xField"]
    rows = tabulate(panel, asked)[1]
    rows.sort(key=lambda row: row[label])
    renamed = next(step["options"] for step in panel.json["transformations"] if step["id"] == "organize")[
        "renameByName"
    ]
    names = [renamed[name] for name in sorted(renamed)]
    places, width = np.arange(len(rows)), 0.8 / max(len(names), 1)
    for number, name in enumerate(names):
        colour = fields.override(panel, "byName", name).get("color", {}).get("fixedColor")
        values = [row.get(name, 0.0) for row in rows]
        axes.bar(places + (number - (len(names) - 1) / 2) * width, values, width, color=colour, label=name)
    axes.set_xticks(places, [row[label] for row in rows], fontsize=6, rotation=60 if len(rows) > 14 else 0)
    axes.tick_params(labelsize=6)
    axes.legend(fontsize=6, frameon=False)


def draw_note(axes: Any, panel: Panel, asked: Sequence[Asked], over: Range) -> None:  # noqa: ARG001 - one signature for all
    """Draw the words of a text panel."""
    axes.set_axis_off()
    words = panel.json["options"]["content"].replace("*", "")
    axes.text(0, 1, textwrap.fill(words, 230), va="top", fontsize=8, transform=axes.transAxes)
