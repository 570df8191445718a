"""Events: what is drawn across the graphs: firing alerts, a new reference, a new version."""

from __future__ import annotations

from dashboards import colours
from dashboards.sdk import DATASOURCE, dashboard
from dashboards.where import RATE, Where
from driftgauge import names

__all__ = ["ALERTS", "FIRING", "alerts", "events", "firing"]

#: Prometheus' own series of pending and firing alerts
ALERTS = "ALERTS"
#: those that somebody should act upon; a pod's own opinion is not
FIRING = {"alertname": "=~Driftgauge.+", "alertstate": "firing", "severity": "!=info"}


def firing(where: Where, severity: str = FIRING["severity"]) -> str:
    """Return the expression of firing alerts: where there is one feature, of that and of the model as a whole."""
    labels, wanted = ("model", "version"), {**FIRING, "severity": severity}
    if not any(variable.name == "feature" and not variable.many for variable in where.variables):
        return where.foreign(ALERTS, labels, **wanted)
    whole = where.foreign(ALERTS, labels, feature="", **wanted)
    return f"{where.foreign(ALERTS, (*labels, 'feature'), **wanted)} or {whole}"


def alerts(expr: str) -> dashboard.AnnotationQuery:
    """Return the annotation of alerts where they begin to fire; *expr* is made of plain selectors."""
    return (
        _annotation("Alerts", colours.CRITICAL, f"({expr}) unless ({_earlier(expr)})")
        .title_format("{{alertname}}")
        .text_format("{{severity}} {{model}} {{feature}}")
        .tag_keys("severity,model,feature")
    )


def events(where: Where, severity: str = FIRING["severity"]) -> tuple[dashboard.AnnotationQuery, ...]:
    """Return the annotations of a page about models."""
    return (
        alerts(firing(where, severity)),
        _appeared(where, "New reference", colours.SECOND, names.REFERENCE_INFO, "reference {{reference}}", "reference"),
        _appeared(where, "New version", colours.THIRD, names.LAST_OBSERVATION, "{{model}} {{version}}", version=None),
    )


def _earlier(expr: str) -> str:
    """Return an expression of plain selectors as it was a step before."""
    return expr.replace("}", f"}} offset {RATE}")


def _appeared(
    where: Where, name: str, colour: str, metric: names.Metric, text: str, *more: str, **fixed: str | None
) -> dashboard.AnnotationQuery:
    """Mark where a series appears that was not there a step before, nor in the hour before that."""
    series = where.metric(metric, **fixed)
    by = f"group by ({', '.join((*where.kept, 'model', 'version', *more))})"
    expr = f"{by} ({series}) unless {by} (last_over_time({series}[1h] offset {RATE}))"
    return _annotation(name, colour, expr).title_format(name).text_format(text)


def _annotation(name: str, colour: str, expr: str) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(True)
        .icon_color(colour)
        .placement(None)  # type: ignore[arg-type]  # the SDK's default hides it in a menu
        .expr(expr)
    )
