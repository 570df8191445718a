"""Bars: two or more distributions side by side, one group of bars a bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboards.kinds.panel import dress, fields, override
from dashboards.query import Query
from dashboards.sdk import barchart, common, common_models, models

__all__ = ["bars"]


def bars(
    title: str,
    about: str,
    unit: str,
    shares: Mapping[str, tuple[str, str]],
    *,
    label: str,
    width: int = 12,
    height: int = 9,
) -> models.Panel:
    """Show values by *label* at the end of the time range; *shares*: name -> (expression by *label* alone, colour)."""
    queries = [Query(expr, name, instant=True, form="table") for name, (expr, _) in shares.items()]
    builder = (
        barchart.Panel()
        .x_field(label)
        .orientation(common_models.VizOrientation.VERTICAL)
        .show_value(common_models.VisibilityMode.NEVER)
        .group_width(0.8)
        .bar_width(0.95)
        .fill_opacity(85)
        .min(0)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(common_models.LegendDisplayMode.LIST)
            .placement(common_models.LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
    )
    for step in _transformations(list(shares), label):
        builder = builder.with_transformation(step)
    panel = dress(builder.build(), title, about, queries, width=width, height=height, unit=unit)
    fields(panel).overrides += [
        override(name, {"color": {"mode": "fixed", "fixedColor": colour}}) for name, (_, colour) in shares.items()
    ]
    return panel


def _transformations(names: Sequence[str], label: str) -> list[models.DataTransformerConfig]:
    values = [f"Value #{ref}" for ref in "ABCDEFGH"[: len(names)]] if len(names) > 1 else ["Value"]
    return [
        models.DataTransformerConfig(id_val="merge", options={}),
        models.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {"Time": True},
                "renameByName": dict(zip(values, names, strict=True)),
                "indexByName": {},
            },
        ),
        models.DataTransformerConfig(id_val="sortBy", options={"sort": [{"field": label, "desc": False}]}),
    ]
