"""Grids: many things over time in one panel, a row each: a matrix of values, a timeline of states, latency's buckets."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.kinds.panel import dress, fields
from dashboards.kinds.tiles import status_mappings
from dashboards.query import Query
from dashboards.sdk import common, common_models, heatmap, heatmap_models, models, statetimeline, units

__all__ = ["latency", "matrix", "timeline"]


def matrix(
    title: str,
    about: str,
    unit: str,
    queries: Sequence[Query],
    *,
    top: float,
    scheme: str = "Oranges",
    width: int = 24,
    height: int = 9,
) -> models.Panel:
    """Show values over time, a row a series, pale at 0 and dark from *top* on."""
    colour = _scheme(scheme).min(0).max(top)
    builder = (
        heatmap.Panel()
        .calculate(False)
        .color(colour)
        .filter_values(heatmap.FilterValueRange().le(-1))  # a score of 0 is pale, not missing
        .cell_gap(0)
        .show_legend()
        .y_axis(heatmap.YAxisConfig().axis_placement(common_models.AxisPlacement.LEFT).reverse(False))
        .cell_values(heatmap.CellValues().unit(unit).decimals(3))
        .tooltip(heatmap.HeatmapTooltip().mode(common_models.TooltipDisplayMode.SINGLE).y_histogram(False))
    )
    return dress(builder.build(), title, about, queries, width=width, height=height, unit=unit)


def latency(title: str, about: str, query: Query, *, width: int = 12, height: int = 8) -> models.Panel:
    """Show how the counts of a classic histogram move, a row a bucket."""
    builder = (
        heatmap.Panel()
        .calculate(False)
        .color(_scheme("Blues"))
        .cell_gap(0)
        .show_legend()
        .filter_values(heatmap.FilterValueRange().le(1e-9))
        .y_axis(heatmap.YAxisConfig().axis_placement(common_models.AxisPlacement.LEFT).unit(units.Seconds))
        .tooltip(heatmap.HeatmapTooltip().mode(common_models.TooltipDisplayMode.SINGLE).y_histogram(True))
    )
    return dress(builder.build(), title, about, [query], width=width, height=height, unit=units.Short)


def timeline(
    title: str,
    about: str,
    queries: Sequence[Query],
    *,
    width: int = 12,
    height: int = 9,
    mappings: Sequence[models.ValueMapping] | None = None,
) -> models.Panel:
    """Show states over time, a row a series; drift statuses unless *mappings* say otherwise."""
    builder = (
        statetimeline.Panel()
        .mappings(list(mappings) if mappings is not None else status_mappings())
        .merge_values(True)
        .show_value(common_models.VisibilityMode.NEVER)
        .row_height(0.85)
        .fill_opacity(90)
        .line_width(0)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(common_models.LegendDisplayMode.LIST)
            .placement(common_models.LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.SINGLE))
    )
    panel = dress(builder.build(), title, about, queries, width=width, height=height, unit="none")
    fields(panel).defaults.custom = {**_plain(fields(panel).defaults.custom), "spanNulls": False}
    return panel


def _plain(custom: object) -> dict[str, object]:
    to_json = getattr(custom, "to_json", None)
    return dict(to_json()) if to_json else {}


def _scheme(name: str) -> heatmap.HeatmapColorOptions:
    """One hue from pale to dark: any kind of colour vision reads that."""
    return (
        heatmap.HeatmapColorOptions()
        .mode(heatmap_models.HeatmapColorMode.SCHEME)
        .scheme(name)
        .steps(64)
        .exponent(0.5)
        .fill("dark-orange")
    )
