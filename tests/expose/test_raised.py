"""What the thresholds would raise now: the kinds, what is told of each, and that they go when what they tell of has gone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alerting.catalogue import groups
from alerting.limits import Limits
from alerting.rule import Alert
from alerting.settings import Settings
from driftgauge.config import ModelSettings, ReferenceSettings
from driftgauge.expose.raised import _DO, ANOMALY_FACTOR, CONFIDENCE_DROP, MASS, raised
from driftgauge.expose.raised_outcomes import ERROR_RATIOS, LEAST, SCHEMA_RATIO
from driftgauge.model import LevelChange, LevelView, Model
from tests.expose.embedded import embedded
from tests.expose.estimated import estimated, estimated_errors
from tests.expose.examples import view
from tests.expose.labelled import regression
from tests.expose.levelled import levelled
from tests.expose.odd import odd
from tests.expose.worded import worded
from tests.serve.harness import MONDAY, Exporter

CONFIG = """
defaults:
  seasonality: none
  reference: {learn_rows: 600}
  latency: {warn_seconds: 0.1, alert_seconds: 0.2}
"""


def rows(seed, *, shift=0.0, plans=("basic", "plus"), missing=0.0, latency=0.02, stated=0.9, right=0.9):
    rng = np.random.default_rng(seed)
    return [
        {
            "id": f"{seed}-{n}",
            "features": {
                "age": float(age),
                "plan": str(plan),
                "debt": None if rng.random() < missing else float(rng.normal()),
            },
            "prediction": "yes",
            "proba": [stated + 0.05 * float(rng.random()), 1 - stated],
            "latency_s": latency,
            "label": "yes" if rng.random() < right else "no",
        }
        for n, age, plan in zip(range(600), rng.normal(40 + shift, 10, 600), rng.choice(plans, 600), strict=True)
    ]


@pytest.fixture
def exporter():
    with Exporter(CONFIG) as made:
        assert made.post(rows(0)).status == 202
        made.scrape()
        yield made


def told(exporter):
    (model,) = exporter.get("/api/v1/models").json["models"]
    return {group["alert"]: group for group in model["alerts"]}


def observe(exporter, number, **how):
    exporter.now = MONDAY + 86_400 * number
    assert exporter.post(rows(number, **how)).status == 202
    exporter.tick()
    return told(exporter)


def test_a_model_that_is_well_raises_nothing(exporter):
    assert observe(exporter, 1) == {}


@pytest.mark.parametrize(
    ("how", "name", "severity", "feature"),
    [
        ({"shift": 15.0}, "DriftgaugeFeatureDrift", "critical", "age"),
        ({"plans": ("basic", "gold")}, "DriftgaugeUnseenCategories", "warning", "plan"),
        ({"missing": 0.2}, "DriftgaugeMissingValues", "warning", "debt"),
        ({"shift": 60.0}, "DriftgaugeOutOfRange", "warning", "age"),
        ({"latency": 0.15}, "DriftgaugeLatency", "warning", None),
        ({"latency": 0.5}, "DriftgaugeLatency", "critical", None),
        ({"stated": 0.6}, "DriftgaugePredictionDrift", "critical", "confidence.top1"),
        ({"stated": 0.6}, "DriftgaugeLowConfidence", "warning", None),
        ({"right": 0.5}, "DriftgaugeMiscalibrated", "warning", None),
    ],
)
def test_what_is_wrong_is_raised_and_gone_when_it_is_mended(exporter, how, name, severity, feature):
    """With what to do; three evaluations after the window is clean nothing is left of it."""
    group = observe(exporter, 1, **how)[name]
    assert (group["severity"], group["do"]) == (severity, _DO[name])
    assert feature in {one["feature"] for one in group["found"]}
    assert group["count"] == len(group["found"])
    for day in range(20, 23):
        left = observe(exporter, day)
    assert name not in left


def test_the_sentence_says_how_far_and_where(exporter):
    """Distance, window and threshold."""
    (found,) = observe(exporter, 1, shift=15.0)["DriftgaugeFeatureDrift"]["found"]
    assert found["what"].startswith("distance 0.")
    assert found["what"].endswith("threshold 0.20)")


def test_a_profile_that_cannot_be_read_is_raised():
    (group,) = raised(Model("fraud", "0", ModelSettings(reference=ReferenceSettings(path="nowhere.json"))).view(MONDAY))
    assert (group["alert"], group["severity"]) == ("DriftgaugeReferenceMissing", "warning")


@pytest.mark.parametrize(
    ("series", "direction", "age", "told"),
    [
        ("latency", "up", 600, 1),
        ("latency", "down", 600, 0),
        ("confidence", "down", 600, 1),
        ("confidence", "up", 600, 0),
        ("loss", "up", 7_300, 0),
    ],
)
def test_a_level_that_has_become_worse_is_raised_for_two_hours(series, direction, age, told):
    """Once a series, however many detectors have found it; with both levels."""
    of = view()
    levels = {"up": (0.5, 0.75), "down": (0.75, 0.5)}[direction]
    last = LevelChange(int(of.evaluation.time) - age, int(of.evaluation.time) - age - 60, *levels)
    found = tuple(
        LevelView(series, detector, {"up": 1, "down": 1}, 0.7, 3, warming=True, last=last)
        for detector in ("adwin", "kswin")
    )
    groups = raised(replace(of, evaluation=replace(of.evaluation, levels=found)))
    what = [one["what"] for group in groups if group["alert"] == "DriftgaugeLevelWorse" for one in group["found"]]
    assert what == [f"{series}: {levels[0]} before, {levels[1]} since (found by adwin)"][:told]


@pytest.mark.parametrize(("every", "severity"), [(10, "critical"), (40, "warning"), (600, None)])
def test_failed_requests_are_raised_while_they_go_on(exporter, every, severity):
    """By their share of the last hour, until five minutes have passed without; with the reason of most."""
    exporter.now = MONDAY + 86_400
    failing = [{**row, "status": "timeout"} if n % every == 0 else row for n, row in enumerate(rows(1))]
    assert exporter.post(failing).status == 202
    group = told(exporter).get("DriftgaugeErrorRatio")
    assert (group and group["severity"]) == severity
    assert group is None or "most by timeout" in group["found"][0]["what"]
    exporter.now += 600
    assert exporter.post(rows(2)).status == 202
    assert "DriftgaugeErrorRatio" not in told(exporter)


def test_a_broken_schema_is_raised_while_it_goes_on(exporter):
    """Each column with what is wrong; columns that nobody knows among them."""
    exporter.now = MONDAY + 86_400
    broken = [{**row, "features": {**row["features"], "age": "old", "extra": 1.0}} for row in rows(1)]
    assert exporter.post(broken).status == 202
    exporter.tick()
    found = [one["what"] for one in told(exporter)["DriftgaugeSchemaViolations"]["found"]]
    assert found == [
        "age: wrong type in 100 % of the rows (last hour)",
        "extra: unknown column in 100 % of the rows (last hour)",
    ]
    exporter.now += 600
    assert exporter.post(rows(2)).status == 202
    exporter.tick()
    assert "DriftgaugeSchemaViolations" not in told(exporter)


def test_what_performance_is_to_be_expected_is_raised():
    """Of a classifier the accuracy, of a regression the error; only while the estimate holds, and the evidence is there."""
    for of, name, said in (
        (estimated(), "DriftgaugeEstimatedAccuracyDrop", "are expected to be right (this file)"),
        (estimated_errors(), "DriftgaugeEstimatedErrorGrown", "is to be expected (this file)"),
    ):
        held = replace(of.evaluation.performance, valid=np.ones(1), evidence=np.full(1, 9.0))
        groups = {group["alert"]: group for group in raised(_with(of, held))}
        assert said in groups[name]["found"][0]["what"]
        for doubtful in (replace(held, valid=np.zeros(1)), replace(held, evidence=np.ones(1))):
            assert name not in {group["alert"] for group in raised(_with(of, doubtful))}


def _with(of, performance):
    return replace(of, evaluation=replace(of.evaluation, performance=performance))


def test_errors_that_have_grown_are_raised():
    """Those of a regression, by its labels."""
    of = regression()
    settings = replace(of.labels.settings, least_samples=100)
    groups = {group["alert"]: group for group in raised(replace(of, labels=replace(of.labels, settings=settings)))}
    assert groups["DriftgaugeErrorsGrown"]["found"][0]["what"].startswith("the mean absolute error is")


def test_of_many_columns_a_few_are_told_and_all_are_counted():
    """A page that asks every two seconds must not be sent five hundred sentences."""
    rng = np.random.default_rng(3)

    def body(shift):
        return {"columns": {f"x{number}": (rng.normal(0, 1, 400) + shift).tolist() for number in range(30)}}

    with Exporter("defaults: {seasonality: none, reference: {learn_rows: 400}}") as exporter:
        assert exporter.post(body(0.0)).status == 202
        exporter.scrape()
        exporter.now += 86_400
        assert exporter.post(body(3.0)).status == 202
        exporter.tick()
        group = told(exporter)["DriftgaugeFeatureDrift"]
        assert (group["count"], len(group["found"])) == (30, 6)


def test_limits_and_names_are_those_of_the_rules():
    """A runbook is found by the name."""
    limits = Limits()
    assert (limits.missing_ratio, limits.unseen_ratio, limits.out_of_range_ratio) == (MASS, MASS, MASS)
    assert limits.confidence_drop == CONFIDENCE_DROP
    ratios = (("critical", limits.error_ratio_critical), ("warning", limits.error_ratio_warning))
    assert (ratios, limits.schema_violation_ratio, limits.least_requests) == (ERROR_RATIOS, SCHEMA_RATIO, LEAST)
    assert limits.anomaly_factor == ANOMALY_FACTOR
    rules = {rule.name for group in groups(Settings()) for rule in group.rules if isinstance(rule, Alert)}
    assert set(_DO) <= rules


@pytest.mark.parametrize("seen", [worded, embedded, odd, levelled, estimated, regression])
def test_nothing_is_more_severe_here_than_in_the_rules(seen):
    """What pages nobody at night is no critical alert by day."""
    rules = {
        (rule.name, rule.severity) for group in groups(Settings()) for rule in group.rules if isinstance(rule, Alert)
    }
    assert {(one["alert"], one["severity"]) for one in raised(seen())} <= rules
