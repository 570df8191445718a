"""Lines: values over time, thresholds dashed, with a table that names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.kinds.panel import dress, fields
from dashboards.query import Query
from dashboards.sdk import common, common_models, dashboard, models, timeseries

__all__ = ["lines"]


def lines(
    title: str,
    about: str,
    unit: str,
    queries: Sequence[Query],
    *,
    width: int = 8,
    height: int = 8,
    least: float | None = 0,
    most: float | None = None,
    stacked: bool = False,
    bars: bool = False,
    logarithmic: bool = False,
    links: Sequence[Mapping[str, Any]] = (),
) -> models.Panel:
    """Draw series over time."""
    builder = (
        timeseries.Panel()
        .line_width(1)
        .fill_opacity(35 if stacked or bars else 8)
        .show_points(common_models.VisibilityMode.NEVER)
        .draw_style(common_models.GraphDrawStyle.BARS if bars else common_models.GraphDrawStyle.LINE)
        .span_nulls(False)
        .color_scheme(_by_name())
        .legend(_legend())
        .tooltip(
            common.VizTooltipOptions()
            .mode(common_models.TooltipDisplayMode.MULTI)
            .sort(common_models.SortOrder.DESCENDING)
        )
    )
    if stacked:
        builder = builder.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL))
    if logarithmic:
        builder = builder.scale_distribution(
            common.ScaleDistributionConfig().type(common_models.ScaleDistribution.LOG).log(10)
        )
    if least is not None:
        builder = builder.min(least)
    if most is not None:
        builder = builder.max(most)
    panel = dress(builder.build(), title, about, queries, width=width, height=height, unit=unit)
    if links:
        fields(panel).defaults.links = [_Link(link) for link in links]  # type: ignore[misc]
    return panel


class _Link(dict[str, Any]):
    """A data link: the SDK's class for it is that of dashboards, with fields that data links do not have."""

    def to_json(self) -> dict[str, Any]:
        """Return what is written."""
        return dict(self)


def _by_name() -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC_BY_NAME)


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(common_models.LegendDisplayMode.TABLE)
        .placement(common_models.LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs(["lastNotNull", "max"])
    )
