"""Panel: what every kind has in common, set once on what a builder of the SDK has built."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.query import PLAIN, Query
from dashboards.sdk import DATASOURCE, models

__all__ = ["FULL", "dress", "fields", "link", "override", "steps"]

#: columns of Grafana's grid
FULL = 24


def dress(
    panel: models.Panel,
    title: str,
    about: str,
    queries: Sequence[Query],
    *,
    width: int,
    height: int,
    unit: str = "",
) -> models.Panel:
    """Give a built panel its head, its queries and its size; the page decides where it goes."""
    panel.title, panel.description = title, about
    panel.grid_pos = models.GridPos(h=height, w=width)
    if not queries:
        return panel
    panel.datasource = DATASOURCE
    refs = string.ascii_uppercase[: len(queries)]
    panel.targets = [query.target(ref) for ref, query in zip(refs, queries, strict=True)]
    config = fields(panel)
    config.defaults.unit = unit or None
    config.overrides += [
        query.style.override(ref) for ref, query in zip(refs, queries, strict=True) if query.style is not PLAIN
    ]
    return panel


def fields(panel: models.Panel) -> models.FieldConfigSource:
    """Return the panel's field configuration."""
    if panel.field_config is None:
        panel.field_config = models.FieldConfigSource()
    return panel.field_config


def override(column: str, properties: Mapping[str, Any]) -> models.DashboardFieldConfigSourceOverrides:
    """Return an override of the field of a name."""
    return models.DashboardFieldConfigSourceOverrides(
        matcher=models.MatcherConfig(id_val="byName", options=column),
        properties=[models.DynamicConfigValue(id_val=name, value=value) for name, value in properties.items()],
    )


def steps(first: str, *more: tuple[float, str]) -> dict[str, Any]:
    """Return thresholds as an override has them: the first colour from minus infinity on."""
    values: list[dict[str, Any]] = [{"color": first, "value": None}]
    return {"mode": "absolute", "steps": values + [{"color": colour, "value": value} for value, colour in more]}


def link(title: str, uid: str, *variables: str, **filled: str) -> dict[str, Any]:
    """Return a data link to a dashboard: *variables* go on as they are, *filled* ones get a template."""
    parts = ["${datasource:queryparam}", *(f"${{{name}:queryparam}}" for name in variables)]
    parts += [f"var-{name}={value}" for name, value in filled.items()]
    return {"title": title, "url": f"/d/{uid}?{'&'.join([*parts, '${__url_time_range}'])}"}
