"""Query: what a panel asks, and how the answer is drawn. The style goes with the query, so a legend can be anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from dashboards import colours
from dashboards.sdk import DATASOURCE, models, prometheus, prometheus_models

__all__ = ["BAND", "PLAIN", "Query", "Style", "bold", "coloured", "dashed", "limits"]

_FORMATS = {
    "": prometheus_models.PromQueryFormat.TIME_SERIES,
    "table": prometheus_models.PromQueryFormat.TABLE,
    "heatmap": prometheus_models.PromQueryFormat.HEATMAP,
}


@dataclass(frozen=True, slots=True)
class Style:
    """Field properties of Grafana, by id."""

    properties: Mapping[str, Any] = field(default_factory=dict)

    def override(self, ref: str) -> models.DashboardFieldConfigSourceOverrides:
        """Return the override for what the query *ref* returns."""
        values = [models.DynamicConfigValue(id_val=name, value=value) for name, value in self.properties.items()]
        return models.DashboardFieldConfigSourceOverrides(
            matcher=models.MatcherConfig(id_val="byFrameRefID", options=ref), properties=values
        )


def coloured(colour: str, **properties: Any) -> Style:
    """Draw in one colour."""
    custom = {f"custom.{name}": value for name, value in properties.items()}
    return Style(MappingProxyType({"color": {"mode": "fixed", "fixedColor": colour}, **custom}))


def bold(colour: str) -> Style:
    """Draw what the panel is about."""
    return coloured(colour, lineWidth=3, fillOpacity=0)


def dashed(colour: str) -> Style:
    """Draw a threshold."""
    return coloured(colour, lineStyle={"fill": "dash", "dash": [8, 6]}, lineWidth=2, fillOpacity=0)


PLAIN = Style()
#: from zero up to what noise alone explains
BAND = coloured(colours.REFERENCE, lineWidth=0, fillOpacity=40)


@dataclass(frozen=True, slots=True)
class Query:
    """One query.

    Attributes:
        expr: PromQL with the dashboard's variables.
        legend: template of the series' name.
        style: how its series are drawn.
        instant: whether only the end of the time range counts.
        form: "" for series, `table` or `heatmap`.
    """

    expr: str
    legend: str = ""
    style: Style = PLAIN
    instant: bool = False
    form: str = ""

    def target(self, ref: str) -> Any:
        """Return the target of a panel."""
        target = prometheus.Dataquery().expr(self.expr).legend_format(self.legend or "__auto").ref_id(ref)
        target = target.datasource(DATASOURCE).format(_FORMATS[self.form])
        return (target.instant() if self.instant else target.range()).build()


def limits(warning: str, critical: str) -> tuple[Query, Query]:
    """Return the queries of two threshold series."""
    return (
        Query(warning, "warning threshold", dashed(colours.WARNING)),
        Query(critical, "critical threshold", dashed(colours.CRITICAL)),
    )
