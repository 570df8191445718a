"""Tables: one row per thing, one column per question, as they are at the end of the time range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboards import colours
from dashboards.kinds.panel import FULL, dress, fields, override, steps
from dashboards.kinds.tiles import STATUS_MAP
from dashboards.query import Query
from dashboards.sdk import common, models
from dashboards.sdk import table as builders

__all__ = ["Column", "table"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column with values.

    Attributes:
        name: its head.
        expr: by the labels of the table, and no others.
        unit: of its values.
        decimals: shown.
        look: "" plain, `status` a drift status as a word on its colour, `bar` a bar up to `top`, `bad` coloured above 0.
        top: where a bar is full.
    """

    name: str
    expr: str
    unit: str = "none"
    decimals: int | None = None
    look: str = ""
    top: float = 1.0
    properties: Mapping[str, Any] = field(default_factory=dict)


def table(
    title: str,
    about: str,
    labels: Mapping[str, str],
    columns: Sequence[Column],
    *,
    sort: str,
    links: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ascending: bool = False,
    width: int = FULL,
    height: int = 9,
) -> models.Panel:
    """Show a table: *labels* (label -> head) tell its rows, *links* belong to columns by their head."""
    queries = [Query(column.expr, column.name, instant=True, form="table") for column in columns]
    builder = (
        builders.Panel()
        .show_header(True)
        .filterable(True)
        .sort_by([common.TableSortByFieldState().display_name(sort).desc(not ascending)])
        .with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(models.DataTransformerConfig(id_val="organize", options=_order(labels, columns)))
    )
    panel = dress(builder.build(), title, about, queries, width=width, height=height, unit="none")
    config = fields(panel)
    config.overrides += [override(column.name, _properties(column)) for column in columns]
    config.overrides += [override(head, {"links": [dict(link) for link in own]}) for head, own in (links or {}).items()]
    return panel


def _order(labels: Mapping[str, str], columns: Sequence[Column]) -> dict[str, Any]:
    values = [f"Value #{chr(ord('A') + place)}" for place in range(len(columns))] if len(columns) > 1 else ["Value"]
    names = [*labels, *values]
    return {
        "excludeByName": {"Time": True},
        "indexByName": {name: place for place, name in enumerate(names)},
        "renameByName": dict(zip(names, [*labels.values(), *(column.name for column in columns)], strict=True)),
    }


def _properties(column: Column) -> dict[str, Any]:
    decimals = {} if column.decimals is None else {"decimals": column.decimals}
    return {"unit": column.unit, **decimals, **_LOOKS[column.look](column), **column.properties}


def _status(_: Column) -> dict[str, Any]:
    return {"mappings": STATUS_MAP, "custom.cellOptions": {"type": "color-background", "mode": "basic"}}


def _bar(column: Column) -> dict[str, Any]:
    return {
        "custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
        "min": 0,
        "max": column.top,
        "color": {"mode": "fixed", "fixedColor": colours.CURRENT},
    }


def _bad(_: Column) -> dict[str, Any]:
    return {
        "custom.cellOptions": {"type": "color-text"},
        "thresholds": steps("text", (1e-9, colours.CRITICAL)),
        "color": {"mode": "thresholds"},
    }


_LOOKS = {"": lambda _: {}, "status": _status, "bar": _bar, "bad": _bad}
