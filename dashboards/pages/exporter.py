"""Exporter: the sidecar itself. Does it see everything, in time, within its bounds?"""

from __future__ import annotations

from alerting.catalogue import groups
from alerting.rule import Alert
from dashboards import colours, links
from dashboards.events import ALERTS, FIRING, alerts
from dashboards.kinds import Column, lines, table, tile
from dashboards.page import Page, Row
from dashboards.pages import checkpoints, events
from dashboards.query import Query, coloured, dashed
from dashboards.sdk import models, units
from dashboards.variables import kept_variables, pod_variable
from dashboards.where import Where
from driftgauge import names

__all__ = ["page"]


def page() -> Page:
    """Return the dashboard."""
    blank = Where(())
    where = Where((*kept_variables(blank), pod_variable(blank)))
    return Page(
        uid=links.EXPORTER,
        title="Driftgauge / Exporter",
        about="The exporters: what they take in, refuse and drop, how long that takes, what it costs, how they are configured.",
        where=where,
        rows=(
            Row("Do the exporters work?", _tiles(where)),
            Row("Input", _input(where)),
            Row("Inference loggers", events.panels(where)),
            Row("Time", _time(where)),
            Row("Cost", _cost(where)),
            Row("Checkpoints", checkpoints.panels(where)),
            Row("Configuration", _configuration(where)),
        ),
        annotations=(alerts(where.foreign(ALERTS, (where.pod,), **{**FIRING, "alertname": _own_alerts(where)})),),
        links=links.others(),
        start="now-6h",
    )


def _own_alerts(where: Where) -> str:
    """Return the pattern of the alerts that lead here."""
    rules = (rule for group in groups(where.settings) for rule in group.rules if isinstance(rule, Alert))
    return "=~" + "|".join(sorted({rule.name for rule in rules if rule.dashboard == links.EXPORTER}))


def _process(where: Where, name: str) -> str:
    """Return a series that Prometheus or the client library adds, of exporters only."""
    series = where.foreign(name, (where.pod,))
    return f"{series.removesuffix('}')}, {where.settings.up_selector}}}"


def _tiles(where: Where) -> tuple[models.Panel, ...]:
    orange = ((1e-9, colours.WARNING),)
    lost = f"sum({where.rate(names.INGEST_DROPPED)})"
    rejected = f"sum({where.rate(names.INGEST_REJECTED_ROWS)})"
    return (
        tile(
            "Exporters up",
            "Exporters that Prometheus could scrape.",
            units.Short,
            Query(f"sum({_process(where, 'up')})"),
            width=4,
        ),
        tile(
            "Exporters down",
            "Exporters that Prometheus knows and could not scrape: their models are not seen.",
            units.Short,
            Query(f"count({_process(where, 'up')} == 0) or vector(0)"),
            steps=((1, colours.CRITICAL),),
            first=colours.OK,
            width=4,
        ),
        tile(
            "Bad configuration",
            "Exporters that run with an invalid configuration, or could not read the latest one.",
            units.Short,
            Query(
                f"count({where.metric(names.CONFIG_VALID)} == 0 or {where.metric(names.CONFIG_RELOAD_SUCCESS)} == 0)"
                " or vector(0)"
            ),
            steps=((1, colours.CRITICAL),),
            first=colours.OK,
            width=4,
        ),
        tile(
            "Rows",
            "Rows taken in per second.",
            units.RowsPerSecond,
            Query(f"sum({where.rate(names.INGEST_ROWS)})"),
            width=4,
        ),
        tile(
            "Bodies dropped",
            "Bodies per second refused as a whole. Anything but 0 is a sender's error or an overload.",
            units.CountsPerSecond,
            Query(lost),
            steps=orange,
            first=colours.OK,
            decimals=2,
            width=4,
        ),
        tile(
            "Rows rejected",
            "Rows per second of accepted bodies that could not be used.",
            units.RowsPerSecond,
            Query(rejected),
            steps=orange,
            first=colours.OK,
            decimals=2,
            width=4,
        ),
    )


def _input(where: Where) -> tuple[models.Panel, ...]:
    pod = where.pod
    return (
        lines(
            "Rows by format",
            "Rows taken in per second, by the format of their bodies.",
            units.RowsPerSecond,
            _all_and_some(where.rate(names.INGEST_ROWS), "format"),
        ),
        lines(
            "Bodies by format",
            "Bodies taken in per second. Many rows a body are cheaper than many bodies.",
            units.CountsPerSecond,
            _all_and_some(where.rate(names.INGEST_BATCHES), "format"),
        ),
        lines(
            "Rows by pod",
            "Rows taken in per second by each exporter. One far from the others: uneven load balancing.",
            units.RowsPerSecond,
            [Query(f"sum by ({pod}) ({where.rate(names.INGEST_ROWS)})", f"{{{{{pod}}}}}")],
        ),
        lines(
            "Dropped bodies by reason",
            "Bodies refused as a whole, per second. queue_full: the exporter is overloaded; the other reasons: the sender is "
            "wrong, and the API's answer says how.",
            units.CountsPerSecond,
            _all_and_some(where.rate(names.INGEST_DROPPED), "reason"),
        ),
        lines(
            "Rejected rows by reason",
            "Rows of accepted bodies that could not be used, per second.",
            units.RowsPerSecond,
            _all_and_some(where.rate(names.INGEST_REJECTED_ROWS), "reason"),
        ),
        lines(
            "Late rows by model",
            "Rows left out because of their event time, per second: older than the allowed lateness (late), or ahead of the "
            "clock (future).",
            units.RowsPerSecond,
            [Query(f"sum by (model, reason) ({where.rate(names.LATE_OBSERVATIONS)})", "{{model}} {{reason}}")],
        ),
    )


def _all_and_some(rate: str, label: str) -> list[Query]:
    """Return the sum, which is 0 where nothing happens, and the parts that are not."""
    return [
        Query(f"sum({rate})", "all", coloured(colours.MUTED, fillOpacity=20)),
        Query(f"sum by ({label}) ({rate}) > 0", f"{{{{{label}}}}}"),
    ]


def _time(where: Where) -> tuple[models.Panel, ...]:
    pod = where.pod
    buckets = f"sum by (le) ({where.rate(names.INGEST_DURATION)})"
    limit = f"min({where.metric(names.INGEST_QUEUE_LIMIT_BYTES)})"
    return (
        lines(
            "Queue",
            "Bytes received and not yet counted, by exporter. At the dashed line bodies are refused.",
            units.BytesIEC,
            [
                Query(f"max by ({pod}) ({where.metric(names.INGEST_QUEUE_BYTES)})", f"{{{{{pod}}}}}"),
                Query(limit, "limit", dashed(colours.CRITICAL)),
            ],
        ),
        lines(
            "From body to counted rows",
            "How long a received body takes until its rows are counted.",
            units.Seconds,
            [
                Query(f"histogram_quantile({level}, {buckets})", f"p{level * 100:g}", coloured(colour))
                for level, colour in ((0.5, "#9ECAE1"), (0.95, "#3182BD"), (0.99, "#08306B"))
            ],
        ),
        lines(
            "Evaluation and rendering",
            "How long the last evaluation and rendering of all models took. It should stay far under the scrape's timeout.",
            units.Seconds,
            [Query(f"max by ({pod}) ({where.metric(names.COLLECT_DURATION)})", f"{{{{{pod}}}}}")],
        ),
    )


def _cost(where: Where) -> tuple[models.Panel, ...]:
    pod = where.pod
    memory, cpu = _process(where, "process_resident_memory_bytes"), _process(where, "process_cpu_seconds_total")
    return (
        lines(
            "Memory",
            "Resident memory by exporter. It follows models and columns, not traffic; a steady climb is a leak.",
            units.BytesIEC,
            [Query(f"max by ({pod}) ({memory})", f"{{{{{pod}}}}}")],
        ),
        lines(
            "CPU",
            "Cores in use by exporter.",
            "suffix: cores",
            [Query(f"sum by ({pod}) (rate({cpu}[$__rate_interval]))", f"{{{{{pod}}}}}")],
        ),
        lines(
            "Open files",
            "Open file descriptors by exporter: listeners and connections.",
            units.Short,
            [Query(f"max by ({pod}) ({_process(where, 'process_open_fds')})", f"{{{{{pod}}}}}")],
        ),
        lines(
            "Series left out",
            "Series that a limit cut in the time range, by reason. Anything but 0: raise the limit or watch fewer columns.",
            units.Short,
            [
                Query(
                    f"sum by (reason) (increase({where.metric(names.SERIES_SUPPRESSED)}[$__rate_interval]))",
                    "{{reason}}",
                )
            ],
            width=12,
        ),
        lines(
            "Failed evaluations",
            "Evaluations and renderings that failed, per second; the log says which model.",
            units.CountsPerSecond,
            [Query(f"sum by ({pod}) ({where.rate(names.COLLECT_ERRORS)})", f"{{{{{pod}}}}}")],
            width=12,
        ),
    )


def _configuration(where: Where) -> tuple[models.Panel, ...]:
    pod = where.pod
    labels = tuple(dict.fromkeys((*where.kept, pod)))
    by = ", ".join(labels)
    return (
        table(
            "Exporters",
            "One row an exporter: its version, whether its configuration is valid and the latest reading of it succeeded (1 yes, 0 "
            "no), and how long ago that was.",
            {**{label: label.capitalize() for label in labels}},
            (
                Column("Valid", f"min by ({by}) ({where.metric(names.CONFIG_VALID)})", units.Short, 0),
                Column("Reload worked", f"min by ({by}) ({where.metric(names.CONFIG_RELOAD_SUCCESS)})", units.Short, 0),
                Column(
                    "Read",
                    f"time() - max by ({by}) ({where.metric(names.CONFIG_RELOAD_TIMESTAMP)})",
                    units.DurationSeconds,
                    0,
                ),
                Column(
                    "Memory", f"max by ({by}) ({_process(where, 'process_resident_memory_bytes')})", units.BytesIEC, 0
                ),
                Column("Rows per second", f"sum by ({by}) ({where.rate(names.INGEST_ROWS)})", units.RowsPerSecond, 2),
            ),
            sort=pod.capitalize(),
            ascending=True,
            width=16,
            height=8,
        ),
        table(
            "Versions of driftgauge",
            "How many exporters run which version; two are normal during a rollout.",
            {"version": "Version"},
            (Column("Exporters", f"count by (version) ({where.metric(names.BUILD_INFO)})", units.Short, 0),),
            sort="Exporters",
            width=8,
            height=8,
        ),
    )
