"""Fleet: all models. Which one needs me?"""

from __future__ import annotations

from dashboards import colours, links, scores, traffic
from dashboards.events import events, firing
from dashboards.kinds import Column, lines, table, tile, timeline
from dashboards.page import Page, Row
from dashboards.query import Query
from dashboards.sdk import models, units
from dashboards.variables import MODELS, VERSIONS, kept_variables
from dashboards.where import Where
from driftgauge import names

__all__ = ["page"]

#: a model that has seen nothing for so long is silent
SILENT_SECONDS = 900


def page() -> Page:
    """Return the dashboard."""
    where = Where((*kept_variables(Where(())), MODELS, VERSIONS))
    return Page(
        uid=links.FLEET,
        title="Driftgauge / Fleet",
        about="All models at once: which one has stopped, fails, slows down or drifts.",
        where=where,
        rows=(
            Row("At a glance", _tiles(where)),
            Row("Models", (_table(where),)),
            Row("Drift", _drift(where)),
            Row("Traffic", _traffic(where)),
        ),
        # Of so many models, only what pages.
        annotations=events(where, "critical"),
        links=links.others(),
        start="now-7d",
    )


def _model(where: Where) -> tuple[str, ...]:
    return (*where.kept, "model", "version")


def _tiles(where: Where) -> tuple[models.Panel, ...]:
    by = _model(where)
    per_model = ", ".join(by)
    last = where.metric(names.LAST_OBSERVATION)
    drifted = f"count by ({per_model}) (({scores.status(where, *by, 'feature', 'role')}) >= 1)"
    bad = ((1, colours.WARNING),)
    return (
        tile(
            "Models",
            "Versions of models that exporters report.",
            units.Short,
            Query(f"count(group by ({per_model}) ({last})) or vector(0)"),
            width=4,
        ),
        tile(
            "Drifting",
            "Models with at least one column that warns or alerts. Blue: none.",
            units.Short,
            Query(f"count({drifted}) or vector(0)"),
            steps=bad,
            first=colours.OK,
            width=4,
        ),
        tile(
            "Silent",
            "Models that observed nothing for a quarter of an hour though an exporter still reports them.",
            units.Short,
            Query(f"count({traffic.silence(where, *by)} > {SILENT_SECONDS}) or vector(0)"),
            steps=bad,
            first=colours.OK,
            width=4,
        ),
        tile(
            "Firing alerts",
            "Alerts of these models that fire now; the table of the models says which have them.",
            units.Short,
            Query(f"count({firing(where)}) or vector(0)"),
            steps=bad,
            first=colours.OK,
            width=4,
        ),
        tile(
            "Requests",
            "Inference requests per second, all models together.",
            units.RequestsPerSecond,
            Query(f"sum({where.rate(names.REQUESTS)})"),
            width=4,
        ),
        tile(
            "Errors",
            "Failed share of all requests. Orange from 1 % on.",
            units.PercentUnit,
            Query(f"sum({where.rate(names.REQUEST_FAILURES)}) / (sum({where.rate(names.REQUESTS)}) > 0)"),
            steps=((0.01, colours.WARNING), (0.05, colours.CRITICAL)),
            first=colours.OK,
            decimals=2,
            width=4,
        ),
    )


def _table(where: Where) -> models.Panel:
    by = _model(where)
    labels = {label: label.capitalize() for label in by}
    every = ("feature", "role")
    status = f"max by ({', '.join(by)}) ({scores.status(where, *by, *every)})"
    worst = f"max by ({', '.join(by)}) ({scores.debiased(where, *by, *every, window='24h')})"
    count = f"count by ({', '.join(by)})"
    drifted = f"{count} (({scores.status(where, *by, *every)}) >= 1)"
    known = f"group by ({', '.join(by)}) ({where.metric(names.LAST_OBSERVATION)}) * 0"
    # Alerts about an exporter have no model.
    alerts = f"{count} ({firing(where)}) and on ({', '.join(by)}) {known}"
    columns = (
        Column("Drift", status, look="status"),
        Column("Worst score", worst, units.Short, 3, look="bar", top=0.5),
        Column("Drifted columns", f"{drifted} or {known}", units.Short, look="bad"),
        Column("Firing alerts", f"{alerts} or {known}", units.Short, look="bad"),
        Column("Requests", traffic.requests(where, *by), units.RequestsPerSecond, 2),
        Column("Errors", traffic.error_ratio(where, *by), units.PercentUnit, 2, look="bad"),
        Column("p95", traffic.quantile(where, 0.95, *by), units.Seconds, 3),
        Column("Last seen", traffic.silence(where, *by), units.DurationSeconds, 0),
    )
    return table(
        "Models",
        "One row a model and version, worst drift first; click a name for its dashboard. Drift: the worst status of its "
        "columns. Worst score: largest distance from the reference over 24 h, without noise, 0 to 1; warnings usually start "
        "at 0.1, alerts at 0.2. No requests and a long time since it was last seen: the model is silent.",
        labels,
        columns,
        sort="Worst score",
        links={"Model": [links.to_model(where, heads=True)]},
        height=9,
    )


def _drift(where: Where) -> tuple[models.Panel, ...]:
    by = _model(where)
    every = ("feature", "role")
    status = f"max by ({', '.join(by)}) ({scores.status(where, *by, *every)})"
    worst = f"max by ({', '.join(by)}) ({scores.debiased(where, *by, *every, window='24h')})"
    return (
        timeline(
            "Drift status by model",
            "The worst status of each model's columns over time. Grey cannot judge yet (too few rows, still warming up), blue "
            "is well, orange warns, red alerts.",
            [Query(status, "{{model}} {{version}}")],
        ),
        lines(
            "Worst drift by model",
            "Largest distance of any column from its reference over 24 h, without noise. 0 is the same, 1 shares nothing. A "
            "step up is a fault or a release; a slow climb is the world that changes.",
            units.Short,
            [Query(worst, "{{model}} {{version}}")],
            width=12,
            height=9,
            links=(links.to_model(where),),
        ),
    )


def _traffic(where: Where) -> tuple[models.Panel, ...]:
    by = _model(where)
    name = "{{model}} {{version}}"
    opened = (links.to_model(where),)
    return (
        lines(
            "Requests",
            "Inference requests per second. A line that drops to zero while others go on is a model cut off.",
            units.RequestsPerSecond,
            [Query(traffic.requests(where, *by), name)],
            links=opened,
        ),
        lines(
            "Errors",
            "Failed share of the requests. Most models live at 0.",
            units.PercentUnit,
            [Query(traffic.error_ratio(where, *by), name)],
            links=opened,
        ),
        lines(
            "Latency, 95th percentile",
            "95 % of the requests took at most this long, from the buckets of all pods.",
            units.Seconds,
            [Query(traffic.quantile(where, 0.95, *by), name)],
            links=opened,
        ),
        lines(
            "Time since the last observation",
            "How long ago each model was last seen. A straight climb is silence.",
            units.Seconds,
            [Query(traffic.silence(where, *by), name)],
            width=12,
        ),
        lines(
            "Age of the reference",
            "How old what production is compared with is. A reference older than the last training compares with the wrong "
            "thing.",
            units.Seconds,
            [Query(f"time() - max by ({', '.join(by)}) ({where.metric(names.REFERENCE_CREATED)})", name)],
            width=12,
        ),
    )
