"""What the thresholds would raise now, of one model as this exporter alone sees it: the alert, what is wrong, and what to do.

The alerts of `alerting/` look at a fleet and wait before they fire; these are for a person who looks at one exporter. They have
the same names and severities, so the runbooks are found, and they are gone as soon as what they tell of is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from driftgauge.drift import ALERT, UNDECIDED, WARN
from driftgauge.drift.profiles import missing_ratios
from driftgauge.drift.words import over
from driftgauge.expose.panels import deciding
from driftgauge.expose.raised_outcomes import Raised, alert, performance, realised, traffic
from driftgauge.expose.stuck import what_stays
from driftgauge.model import QUANTILES, Evaluation, ModelView

__all__ = ["ANOMALY_FACTOR", "CONFIDENCE_DROP", "MASS", "raised"]

Json = dict[str, Any]

#: shares of missing, unseen or outlying values beyond the reference's; fall of the mean confidence; anomalies in multiples of
#: the reference's. As `alerting/limits.py`.
MASS, CONFIDENCE_DROP, ANOMALY_FACTOR = 0.02, 0.1, 5
#: columns or segments that are told of one kind; the others are counted
_MOST = 6
#: how long a change of level is told of, as the alert rule does
_LEVEL_SECONDS = 7_200
_SEVERITIES = {WARN: "warning", ALERT: "critical"}
_P95 = QUANTILES.index(0.95)

_DRIFT = (
    "Compare with the time of the last release of the model and of its senders. A step is a broken pipeline: mend or roll back "
    "the source. A slow change is the world: evaluate on fresh labels, and retrain."
)
_DO = {
    "DriftgaugeFeatureDrift": _DRIFT,
    "DriftgaugePredictionDrift": "See which inputs have moved with it; if none has, look at the model that is served and its version.",
    "DriftgaugeValueStuck": "See who sends this value: a sensor, a cache or a default that no longer changes; one part of the traffic is enough.",
    "DriftgaugeMissingValues": "Ask the sender why values are missing: a join, a default or a renamed column.",
    "DriftgaugeUnseenCategories": "See which values are new; a typo or another spelling is a fault of the sender, a new kind needs training data.",
    "DriftgaugeOutOfRange": "Look for a changed unit, a default such as -1, or an overflow at the sender.",
    "DriftgaugeLatency": "See whether the load has grown or the model server is short of CPU or memory; scale out or roll back.",
    "DriftgaugeLowConfidence": "See which inputs have drifted, and collect labels: a model that is less sure is usually less right.",
    "DriftgaugeSegmentDrift": "Look at this part of the traffic alone: a country, a tenant, a client version that has changed.",
    "DriftgaugeAccuracyDrop": "Evaluate on the newest labels, roll back to the previous version if it did better, and retrain.",
    "DriftgaugeErrorRatio": "See which reason, pod and version fail. Only the newest version: roll it back. Overloaded: scale out. Invalid input: find the caller.",
    "DriftgaugeSchemaViolations": "Compare the sender's columns and types with the profile's: a renamed column, numbers as text, an old sender before a new model.",
    "DriftgaugeErrorsGrown": "Evaluate on the newest labels, roll back to the previous version if it did better, and retrain.",
    "DriftgaugeEstimatedAccuracyDrop": "See which inputs have drifted, and get labels of recent rows: this is what to expect if only the mix of inputs has changed.",
    "DriftgaugeEstimatedErrorGrown": "See which inputs have drifted, and get labels of recent rows: this is what to expect if only the mix of predictions has changed.",
    "DriftgaugeMiscalibrated": "Do not act upon the probabilities as they are; recalibrate on the newest labels.",
    "DriftgaugeEmbeddingDrift": "See what is new in what is embedded: another language, topic, camera or encoder version.",
    "DriftgaugeTokenDrift": "See which words are new: another language, topic or sender, a changed template or tokenizer.",
    "DriftgaugeLevelWorse": "See what else began then: a release of the model, of its senders or its features, or the load.",
    "DriftgaugeAnomalies": "Look at the rows with the highest scores: a broken sender, an attack, or a kind of case that the model never saw.",
    "DriftgaugeReferenceMissing": "Build the profile again, or mend its path; until then nothing is judged.",
}


def raised(view: ModelView) -> list[Json]:
    """Return what would be raised, the critical first: of each kind how many, and the first that are found, furthest first."""
    groups: dict[tuple[str, str], Json] = {}
    for name, severity, instance in _found(view):
        group = groups.setdefault(
            (name, severity), {"alert": name, "severity": severity, "do": _DO[name], "count": 0, "found": []}
        )
        group["count"] += 1
        if len(group["found"]) < _MOST:
            group["found"].append(instance)
    return sorted(groups.values(), key=lambda group: group["severity"] != "critical")


def _found(view: ModelView) -> Iterator[Raised]:
    if view.state == "no_reference":
        yield alert("DriftgaugeReferenceMissing", "warning", "the configured profile cannot be read")
    if view.evaluation is not None:
        yield from _columns(view.evaluation)
        yield from _latency(view)
        yield from _confidence(view.evaluation)
        yield from _segments(view.evaluation)
        yield from _embeddings(view.evaluation)
        yield from _tokens(view.evaluation)
        yield from _levels(view.evaluation)
        yield from performance(view, view.evaluation)
        yield from _anomalies(view.evaluation)
    if view.labels is not None:
        yield from realised(view.labels)
    yield from traffic(view)


def _columns(evaluation: Evaluation) -> Iterator[Raised]:
    place = evaluation.windows.index(evaluation.status_window)
    usual = missing_ratios(evaluation.reference.profile)
    order = np.argsort(-np.nan_to_num(evaluation.scores.debiased[place], nan=-1.0), kind="stable")
    for number in order.tolist():
        column, status = evaluation.columns[number], int(evaluation.status[number])
        where = {"feature": column.name, "role": column.role}
        stuck = evaluation.stuck
        scored = status if stuck is None else int(stuck.scored[number])
        if scored in _SEVERITIES:
            name = "DriftgaugeFeatureDrift" if column.role == "input" else "DriftgaugePredictionDrift"
            yield alert(name, _SEVERITIES[scored], _far(evaluation, number, scored), **where)
        if stuck is not None and stuck.status[number] >= WARN:
            # A ticket, as the alert of the rules: what pages is the distance.
            yield alert("DriftgaugeValueStuck", "warning", what_stays(evaluation, stuck, number), **where)
        if status == UNDECIDED and evaluation.undecided[number] == "muted":
            continue
        few = evaluation.scores.samples[place, number] < 100
        facts = {
            name: 0.0 if few else float(np.nan_to_num(values[number])) for name, values in evaluation.facts.items()
        }
        shares = (
            (
                "DriftgaugeMissingValues",
                facts.get("missing_ratio", 0.0) - float(usual[number]),
                "more of the values are missing",
            ),
            ("DriftgaugeUnseenCategories", facts.get("unseen_ratio", 0.0), "of the values are categories that are new"),
            (
                "DriftgaugeOutOfRange",
                facts.get("out_of_range_ratio", 0.0),
                "of the values lie outside the reference's range",
            ),
        )
        for name, share, words in shares:
            if share >= MASS:
                window = evaluation.status_window.name
                yield alert(name, "warning", f"{100 * share:.3g} % {words} ({over(window)})", **where)


def _far(evaluation: Evaluation, number: int, status: int) -> str:
    """Say how far a column is in the window that decides."""
    place, scores = deciding(evaluation, number), evaluation.scores
    threshold = evaluation.alert if status == ALERT else evaluation.warn
    limit = float(threshold[place, number])
    beyond = f", threshold {limit:.2f}" if np.isfinite(limit) else ""
    name = evaluation.windows[place].name
    return f"distance {float(scores.debiased[place, number]):.2f} from the reference ({over(name)}{beyond})"


def _latency(view: ModelView) -> Iterator[Raised]:
    assert view.evaluation is not None
    limits = view.settings.latency
    for window, quantiles in zip(view.evaluation.windows, view.evaluation.latency, strict=True):
        if np.isnan(quantiles[_P95]):
            continue
        seconds = float(quantiles[_P95])
        for severity, limit in (("critical", limits.alert_seconds), ("warning", limits.warn_seconds)):
            if limit is not None and seconds > limit:
                what = f"95 % of the requests take up to {seconds:.3g} s ({over(window.name)}), threshold {limit:.3g} s"
                yield alert("DriftgaugeLatency", severity, what)
                return
        return


def _confidence(evaluation: Evaluation) -> Iterator[Raised]:
    numeric = len(evaluation.reference.profile.spec.schema.numeric)
    for number, column in enumerate(evaluation.columns[:numeric]):
        if column.name == "confidence.top1" and column.role == "output":
            now = float(evaluation.facts["mean"][number])
            usual = float(evaluation.reference.profile.histogram.mean[number])
            if usual - now >= CONFIDENCE_DROP:
                what = f"the mean confidence is {100 * now:.3g} %, {100 * usual:.3g} % in the reference"
                yield alert("DriftgaugeLowConfidence", "warning", what)


def _segments(evaluation: Evaluation) -> Iterator[Raised]:
    segments = evaluation.segments
    if segments is None:
        return
    for place in np.argwhere(segments.status >= WARN).tolist():
        segment, number = place
        column = segments.columns[number]
        distance = float(segments.scores.debiased[segment, number])
        what = f"{segments.names[segment]}: distance {distance:.2f} from the {segments.against[segment]}"
        yield alert("DriftgaugeSegmentDrift", "warning", what, feature=column.name, role=column.role)


def _embeddings(evaluation: Evaluation) -> Iterator[Raised]:
    found = evaluation.embeddings
    if found is None:
        return
    row = evaluation.windows.index(evaluation.status_window)
    for place, name in enumerate(found.names):
        status, distance = int(found.status[row, place]), float(found.relative[row, place])
        if status in _SEVERITIES:
            what = f"{name}: distance {distance:.2f} from the reference ({over(evaluation.status_window.name)})"
            yield alert("DriftgaugeEmbeddingDrift", "warning", what)


def _tokens(evaluation: Evaluation) -> Iterator[Raised]:
    found = evaluation.tokens
    if found is None:
        return
    row = evaluation.windows.index(evaluation.status_window)
    for place, name in enumerate(found.names):
        status, distance, overlap = (part[row, place] for part in (found.status, found.debiased, found.overlap))
        if int(status) in _SEVERITIES:
            shared = "" if np.isnan(overlap) else f", {100 * overlap:.0f} % of the most frequent tokens shared"
            what = f"{name}: distance {distance:.2f} from the reference{shared} ({over(evaluation.status_window.name)})"
            yield alert("DriftgaugeTokenDrift", "warning", what)


def _levels(evaluation: Evaluation) -> Iterator[Raised]:
    """Tell once of each series that a detector has found worse within two hours."""
    told = set()
    for level in evaluation.levels:
        last = level.last
        if last is None or evaluation.time - last.found > _LEVEL_SECONDS or level.series in told:
            continue
        if last.direction == ("down" if level.series == "confidence" else "up"):
            told.add(level.series)
            what = f"{level.series}: {last.before:.3g} before, {last.after:.3g} since (found by {level.detector})"
            yield alert("DriftgaugeLevelWorse", "warning", what)


def _anomalies(evaluation: Evaluation) -> Iterator[Raised]:
    found = evaluation.anomalies
    row = evaluation.windows.index(evaluation.status_window)
    if found is None or not found.samples[row]:
        return
    ratio, usual = float(found.ratio[row]), found.reference_ratio
    if ratio >= ANOMALY_FACTOR * usual and found.evidence[row] >= evaluation.evidence_threshold[row]:
        name = evaluation.status_window.name
        what = (
            f"{100 * ratio:.3g} % of the rows are beyond what {100 * usual:.2g} % of the reference were ({over(name)})"
        )
        yield alert("DriftgaugeAnomalies", "warning", what)
