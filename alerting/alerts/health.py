"""What the model itself says: embeddings that have moved, texts of other words, anomalies, and estimates without labels that it is right less often.

Tickets, not pages: they are arguments, and labels decide.
"""

from __future__ import annotations

from alerting.alerts.tickets import published, ticket
from alerting.alerts.words import MODEL_DASHBOARD, MODEL_LINKS, WHERE
from alerting.rule import WARNING, Alert
from alerting.scope import MODEL, Scope, expression
from driftgauge import names
from driftgauge.names import Metric

__all__ = ["alerts"]

_WINDOWS = 'window=~"24h|7d"'
_WHY = (
    "The estimate is over a day or a week, so half an hour above is a change and not a few odd rows; an hour of keeping it "
    "bridges an estimate that wobbles about the limit."
)


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on embeddings, tokens, anomalies and estimates."""
    return (_embedding(scope), _tokens(scope), _anomalies(scope), _accuracy(scope), _errors(scope))


def _embedding(scope: Scope) -> Alert:
    return _by_status(
        scope,
        "DriftgaugeEmbeddingDrift",
        (names.EMBEDDING_RELATIVE, names.EMBEDDING_STATUS),
        "The embeddings of a model's rows are not where those of its reference were.",
        f"The mean of embedding {{{{ $labels.feature }}}} of {WHERE} over {{{{ $labels.window }}}} has moved by "
        '{{ $value | printf "%.3f" }} standard deviations of its features (0.05 warns, 0.1 alerts).',
    )


def _tokens(scope: Scope) -> Alert:
    return _by_status(
        scope,
        "DriftgaugeTokenDrift",
        (names.TOKEN_DEBIASED, names.TOKEN_STATUS),
        "The words of a model's texts are not those of its reference.",
        f"The tokens of {{{{ $labels.feature }}}} of {WHERE} over {{{{ $labels.window }}}} are "
        '{{ $value | printf "%.2f" }} away from those of the reference (Jensen-Shannon distance without what chance gives), or fewer than '
        "half of the most frequent ones are shared.",
    )


def _by_status(scope: Scope, name: str, metrics: tuple[Metric, Metric], summary: str, description: str) -> Alert:
    """Return the alert on a distance whose status the exporter tells: the worst over the pods, feature and window."""
    by = (*MODEL, "feature", "window")
    distance, status = (f"max {scope.by(*by)} ({scope.recent(scope.metric(metric))})" for metric in metrics)
    return Alert(
        name=name,
        severity=WARNING,
        expr=expression(f"""
          {distance}
        and {scope.on(*by)}
          {status} >= 1
        """),
        wait="15m",
        keep="30m",
        why="Only windows that may judge have a status, and it has a memory of its own; a quarter of an hour is longer than a restart, and "
        "half an hour of keeping it makes one ticket of a distance that wobbles about the threshold.",
        summary=summary,
        description=description,
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )


def _anomalies(scope: Scope) -> Alert:
    by = (*MODEL, "window")
    rows, share = (scope.recent(scope.metric(one, _WINDOWS)) for one in (names.ANOMALY_SAMPLES, names.ANOMALY_RATIO))
    evidence = scope.recent(scope.metric(names.ANOMALY_EVIDENCE, _WINDOWS))
    needed = scope.recent(scope.metric(names.DRIFT_EVIDENCE_THRESHOLD, _WINDOWS))
    expr = f"""
      (
          sum {scope.by(*by)} ({share} * {rows}) / sum {scope.by(*by)} ({rows})
        >= {scope.on(*MODEL)} group_left ()
          {scope.settings.limits.anomaly_factor:g} * {published(scope, names.ANOMALY_REFERENCE_RATIO)}
      )
    and {scope.on(*by)}
      (max {scope.by(*by)} ({evidence}) >= {scope.on(*by)} max {scope.by(*by)} ({needed}))
    """
    return ticket(
        "DriftgaugeAnomalies",
        expr,
        "The share is over a day or a week, so half an hour above is more than one odd client; an hour of keeping it bridges a "
        "share that wobbles about the limit.",
        "Far more of a model's rows are unlike its reference's than there should be.",
        f"{{{{ $value | humanizePercentage }}}} of the rows of {WHERE} over {{{{ $labels.window }}}} score beyond what 1% of the "
        "reference's rows did.",
    )


def _valid(scope: Scope, metric: Metric, valid: Metric) -> str:
    """Return the mean over the pods whose estimate is valid."""
    value, flag = (scope.recent(scope.metric(one, _WINDOWS)) for one in (metric, valid))
    return f"avg {scope.by(*MODEL, 'window')} ({value} and ({flag} == 1))"


def _accuracy(scope: Scope) -> Alert:
    one = f"{scope.on(*MODEL)} group_left ()"
    value = _valid(scope, names.ESTIMATED_ACCURACY_RATIO, names.ESTIMATED_ACCURACY_VALID)
    evidence = _valid(scope, names.ESTIMATED_ACCURACY_EVIDENCE, names.ESTIMATED_ACCURACY_VALID)
    expr = f"""
      (
          {published(scope, names.ESTIMATED_ACCURACY_REFERENCE_RATIO)} - {scope.on(*MODEL)} group_right () {value}
        >= {one}
          {published(scope, names.ACCURACY_DROP_THRESHOLD)}
      )
    and
      ({evidence} >= {one} {published(scope, names.LABEL_EVIDENCE_THRESHOLD)})
    """
    return ticket(
        "DriftgaugeEstimatedAccuracyDrop",
        expr,
        _WHY,
        "A model is expected to be right less often than it was on its reference.",
        f"The accuracy to be expected of {WHERE} over {{{{ $labels.window }}}}, without labels, is "
        "{{ $value | humanizePercentage }} lower than in the reference, if only the mix of inputs has changed.",
    )


def _errors(scope: Scope) -> Alert:
    one = f"{scope.on(*MODEL)} group_left ()"
    value = _valid(scope, names.ESTIMATED_ERROR, names.ESTIMATED_ERROR_VALID)
    evidence = _valid(scope, names.ESTIMATED_ERROR_EVIDENCE, names.ESTIMATED_ERROR_VALID)
    expr = f"""
      (
          {value} / {one} {published(scope, names.ESTIMATED_ERROR_REFERENCE)} - 1
        >= {one}
          {published(scope, names.ERROR_INCREASE_THRESHOLD)}
      )
    and
      ({evidence} >= {one} {published(scope, names.LABEL_EVIDENCE_THRESHOLD)})
    """
    return ticket(
        "DriftgaugeEstimatedErrorGrown",
        expr,
        _WHY,
        "A model is expected to err more than it did on its reference.",
        f"The mean absolute error to be expected of {WHERE} over {{{{ $labels.window }}}}, without labels, is "
        "{{ $value | humanizePercentage }} higher than in the reference, if only the mix of predictions has changed.",
    )
