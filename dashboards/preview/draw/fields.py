"""Fields: names, colours and styles of what came back, read from the panel as Grafana does."""

from __future__ import annotations

import re
from typing import Any

from dashboards.preview.grafana import Asked, Json, Panel

__all__ = ["colour_at", "mapped", "named", "override", "properties", "unit"]

_TEMPLATE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def named(asked: Asked, series: Json) -> str:
    """Return the legend of a series."""
    template = asked.target.get("legendFormat", "__auto")
    labels = series["metric"]
    if template == "__auto":
        return ", ".join(f"{name}={value}" for name, value in labels.items()) or asked.target["refId"]
    return _TEMPLATE.sub(lambda match: labels.get(match[1], ""), template)


def override(panel: Panel, matcher: str, option: str) -> dict[str, Any]:
    """Return the properties that an override sets."""
    found: dict[str, Any] = {}
    for entry in panel.json.get("fieldConfig", {}).get("overrides", []):
        if entry["matcher"] == {"id": matcher, "options": option}:
            found |= {prop["id"]: prop.get("value") for prop in entry["properties"]}
    return found


def properties(panel: Panel) -> dict[str, Any]:
    """Return the panel's defaults."""
    return dict(panel.json.get("fieldConfig", {}).get("defaults", {}))


def unit(panel: Panel) -> str:
    """Return the panel's unit."""
    return str(properties(panel).get("unit", "none"))


def colour_at(value: float, thresholds: dict[str, Any] | None, fallback: str = "#222222") -> str:
    """Return the colour of the highest step that a value has reached."""
    colour = fallback
    for step in (thresholds or {}).get("steps", []):
        if step.get("value") is None or value >= step["value"]:
            colour = step["color"]
    return "#222222" if colour == "text" else colour


def mapped(value: float, mappings: list[Json] | None) -> tuple[str, str] | None:
    """Return the word and colour that a value is mapped to."""
    for mapping in mappings or []:
        found = mapping.get("options", {}).get(f"{value:g}")
        if found:
            return found["text"], found["color"]
    return None
