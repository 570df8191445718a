"""Grafana, as far as queries go: variables filled from the database in their order, templates replaced, panels asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards.preview.history import STEP
from dashboards.preview.tsdb import Server

__all__ = ["Answers", "Asked", "Panel", "Range", "ask", "fill", "marked", "panels", "read"]

Json = dict[str, Any]

_LABEL_VALUES = re.compile(r"label_values\((.*), (\w+)\)", re.DOTALL)
_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Range:
    """The time range of a dashboard, and the step of its graphs."""

    start: float
    end: float
    step: float = STEP


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a panel as it was sent, with the series that came back."""

    target: Json
    expr: str
    result: list[Json]


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel as the dashboard has it, rows opened."""

    json: Json

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.json["title"])

    @property
    def targets(self) -> list[Json]:
        """Its queries."""
        return list(self.json.get("targets", []))


Answers = Mapping[int, list[Asked]]


def read(path: Path) -> Json:
    """Read a rendered dashboard."""
    document: Json = json.loads(path.read_text("utf-8"))
    return document


def panels(dashboard: Json) -> Iterator[Panel]:
    """Yield the panels, those in collapsed rows too, headings left out."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from map(Panel, panel.get("panels", []))
        else:
            yield Panel(panel)


def fill(server: Server, dashboard: Json, over: Range, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every variable: the *chosen* one, "All", or the first there is."""
    values: dict[str, str] = {}
    for variable in dashboard["templating"]["list"]:
        name = variable["name"]
        if variable["type"] == "datasource":
            values[name] = "prometheus"
        elif name in chosen:
            values[name] = chosen[name]
        elif variable.get("includeAll"):
            values[name] = variable["allValue"]
        elif variable["type"] == "custom":
            values[name] = variable["current"]["value"]
        else:
            found = _choices(server, variable["query"], values, over)
            values[name] = found[0] if found else ""
    return values


def _choices(server: Server, query: str, values: Mapping[str, str], over: Range) -> list[str]:
    match = _LABEL_VALUES.fullmatch(query)
    assert match, query
    selector, label = concrete(match[1], values, over), match[2]
    return list(server.get(f"label/{label}/values", **{"match[]": selector, "start": over.start, "end": over.end}))


def concrete(expr: str, values: Mapping[str, str], over: Range) -> str:
    """Return PromQL without templates."""
    own = {
        "__rate_interval": f"{max(int(over.step) + STEP, 4 * STEP)}s",
        "__interval": f"{int(over.step)}s",
        "__range": f"{int(over.end - over.start)}s",
    }
    return _REFERENCE.sub(lambda match: {**values, **own}[match[1] or match[2]], expr)


def ask(server: Server, panel: Panel, values: Mapping[str, str], over: Range) -> list[Asked]:
    """Send the queries of a panel."""
    return [_asked(server, target, values, over) for target in panel.targets]


def _asked(server: Server, target: Json, values: Mapping[str, str], over: Range) -> Asked:
    expr = concrete(target["expr"], values, over)
    if target.get("instant"):
        answer = server.get("query", query=expr, time=over.end)
        result = [{"metric": series["metric"], "values": [series["value"]]} for series in answer["result"]]
    else:
        start = over.start // over.step * over.step
        answer = server.get("query_range", query=expr, start=start, end=over.end, step=over.step)
        result = answer["result"]
    return Asked(target, expr, [series for series in result if series["values"]])


def marked(server: Server, dashboard: Json, values: Mapping[str, str], over: Range) -> Iterator[tuple[Json, Asked]]:
    """Send the queries of the annotations."""
    for annotation in dashboard["annotations"]["list"]:
        if annotation.get("expr"):
            yield annotation, _asked(server, {"expr": annotation["expr"]}, values, over)
