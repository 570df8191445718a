"""References: without the right one there is no drift score, or one that says nothing."""

from __future__ import annotations

from alerting.alerts.words import MODEL_DASHBOARD, MODEL_LINKS, WHERE
from alerting.records import series
from alerting.rule import WARNING, Alert
from alerting.scope import MODEL, Scope, expression
from driftgauge import names

__all__ = ["alerts"]


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on the references."""
    return (_missing(scope), _learning(scope), _learned_again(scope), _mixed(scope), _mismatch(scope))


def _missing(scope: Scope) -> Alert:
    own = scope.on(scope.pod, *MODEL)
    expr = f"""
    count {scope.by(*MODEL)} (
        {scope.recent(scope.metric(names.REQUESTS))}
      unless {own}
        {scope.recent(scope.metric(names.REFERENCE_INFO))}
      unless {own}
        {scope.recent(scope.metric(names.LEARNING_ROWS))}
    )
    """
    return Alert(
        name="DriftgaugeReferenceMissing",
        severity=WARNING,
        expr=expression(expr),
        wait="15m",
        why="A profile is read at the start; after a quarter of an hour and several restarts it is not coming.",
        summary="A model has no reference, so nothing can be said about its drift.",
        description=f"{{{{ $value }}}} pods of {WHERE} have no reference and are learning none.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )


def _learning(scope: Scope) -> Alert:
    rows, wanted = (
        f"max {scope.by(scope.pod, *MODEL)} ({scope.recent(scope.metric(metric))})"
        for metric in (names.LEARNING_ROWS, names.LEARNING_WANTED_ROWS)
    )
    return Alert(
        name="DriftgaugeLearningTooLong",
        severity=WARNING,
        expr=f"{rows} / {wanted} < 1",
        wait="1d",
        why="A reference needs a whole day to know the daily rhythm; one that has not enough rows after it has too little traffic.",
        summary="A pod has been learning a reference for more than a day, so nothing can be said about drift.",
        description=f"Pod {{{{ $labels.{scope.pod} }}}} has learned {{{{ $value | humanizePercentage }}}} of the rows that it "
        f"wants for a reference of {WHERE}.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )


def _learned_again(scope: Scope) -> Alert:
    settings = scope.settings
    matcher = 'mode="learned"'
    expr = f"""
      count {scope.by(*MODEL)} (
          time() - {scope.recent(scope.metric(names.REFERENCE_CREATED))} < {settings.seconds("1h"):g}
        and {scope.on(scope.pod, *MODEL)}
          {scope.recent(scope.metric(names.REFERENCE_INFO, matcher))}
      )
    and {scope.on(*MODEL)}
      {series.REQUESTS} offset {settings.time("1d")} > 0
    """
    return Alert(
        name="DriftgaugeLearnedAgain",
        severity=WARNING,
        expr=expression(expr),
        wait="5m",
        why="The version was in use a day ago, so what is learned now replaces what was known; five minutes gather the pods of "
        "a restart into one alert.",
        summary="A reference was learned again from present traffic, so earlier drift is forgotten.",
        description=f"{{{{ $value }}}} pods of {WHERE} have learned a new reference within the last hour, though the version "
        "has been in use for more than a day.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )


def _mixed(scope: Scope) -> Alert:
    matcher = 'mode="file"'
    info = scope.recent(scope.metric(names.REFERENCE_INFO, matcher))
    return Alert(
        name="DriftgaugeReferencesMixed",
        severity=WARNING,
        expr=f"count {scope.by(*MODEL)} (count {scope.by(*MODEL, 'reference')} ({info})) > 1",
        wait="2h",
        why="A rollout changes pod by pod; two hours are longer than one takes.",
        summary="Pods of one version of a model use different references.",
        description=f"{{{{ $value }}}} different references are in use for {WHERE}.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )


def _mismatch(scope: Scope) -> Alert:
    return Alert(
        name="DriftgaugeReferenceMismatch",
        severity=WARNING,
        expr=f"count {scope.by(*MODEL)} ({scope.recent(scope.metric(names.REFERENCE_MISMATCH))} == 1)",
        wait="15m",
        why="A rollout may bring the model before its profile; a quarter of an hour later both should be there.",
        summary="A model is compared with a profile that was built for another model or version.",
        description=f"{{{{ $value }}}} pods of {WHERE} use a profile that says it was built for another model or version.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )
