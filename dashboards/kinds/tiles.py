"""Tiles: one number, large, with its recent course; or a status as a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards import colours
from dashboards.kinds.panel import dress, fields
from dashboards.query import Query
from dashboards.sdk import common, common_models, dashboard, models, stat

__all__ = ["STATUS_MAP", "Steps", "status_mappings", "tile", "verdict"]

#: values from which on a tile has another colour
Steps = Sequence[tuple[float, str]]


def tile(
    title: str,
    about: str,
    unit: str,
    query: Query,
    *,
    width: int = 3,
    height: int = 4,
    decimals: int | None = None,
    steps: Steps = (),
    first: str = colours.CURRENT,
    named: bool = False,
    course: bool = True,
    nothing: str = "–",  # noqa: RUF001 - a dash for the eye
    links: Sequence[Mapping[str, Any]] = (),
) -> models.Panel:
    """Show the latest value; *named*, with the series' name."""
    builder = (
        stat.Panel()
        .thresholds(_thresholds(first, steps))
        .color_mode(
            common_models.BigValueColorMode.BACKGROUND_SOLID if steps else common_models.BigValueColorMode.VALUE
        )
        .graph_mode(common_models.BigValueGraphMode.AREA if course else common_models.BigValueGraphMode.NONE)
        .text_mode(common_models.BigValueTextMode.VALUE_AND_NAME if named else common_models.BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .no_value(nothing)
    )
    if decimals is not None:
        builder = builder.decimals(decimals)
    panel = dress(builder.build(), title, about, [query], width=width, height=height, unit=unit)
    if links:
        fields(panel).defaults.links = [dict(link) for link in links]  # type: ignore[misc]
    return panel


def verdict(title: str, about: str, query: Query, *, width: int = 3, height: int = 4) -> models.Panel:
    """Show a drift status as a word."""
    builder = (
        stat.Panel()
        .thresholds(_thresholds(colours.MUTED, [(0, colours.OK), (1, colours.WARNING), (2, colours.CRITICAL)]))
        .mappings(status_mappings())
        .color_mode(common_models.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .text_mode(common_models.BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .no_value("no data")
    )
    return dress(builder.build(), title, about, [query], width=width, height=height, unit="none")


#: the same mapping as an override has it
STATUS_MAP: list[dict[str, Any]] = [
    {
        "type": "value",
        "options": {
            str(value): {"text": text, "color": colour, "index": index}
            for index, (value, (text, colour)) in enumerate(colours.STATUS.items())
        },
    }
]


def status_mappings() -> list[models.ValueMapping]:
    """Return the words and colours of a status."""
    return [
        models.ValueMap(
            options={
                str(value): models.ValueMappingResult(text=text, color=colour, index=index)
                for index, (value, (text, colour)) in enumerate(colours.STATUS.items())
            }
        )
    ]


def _thresholds(first: str, steps: Steps) -> dashboard.ThresholdsConfig:
    marks = [models.Threshold(color=first), *(models.Threshold(color=colour, value=value) for value, colour in steps)]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(marks)
