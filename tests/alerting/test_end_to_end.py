"""From rows in to a page out, with the real programs. The tests tell one story, in order, on one stage."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from alerting.catalogue import groups
from alerting.rule import Record
from tests.alerting.stage import get, settings, stage, until
from tests.alerting.traffic import post

#: a series of the exporter's, or one that is recorded of them
SERIES = re.compile(r"[\w:]*driftgauge_[\w:]+")

PROGRAMS = ("prometheus", "prometheus-alertmanager", "promtool")

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in PROGRAMS), reason="Prometheus is not installed"
)

PLACE = {"namespace": "shop", "model": "fraud", "version": "1"}
DRIFT = {**PLACE, "feature": "amount", "window": "24h"}
CALM = 'fleet:driftgauge_drift_status:max{feature="amount", version="1", window="24h"} == 0'


@pytest.fixture(scope="session")
def theatre(tmp_path_factory):
    with stage(tmp_path_factory.mktemp("stage")) as running:
        yield running


def test_prometheus_takes_the_configuration_and_the_openmetrics_page(theatre):
    """The rules load, both exporters are scraped, and what Prometheus asks for is OpenMetrics."""
    done = subprocess.run(
        ("promtool", "check", "config", "prometheus.yml"),
        cwd=theatre.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    until(lambda: len(theatre.query('up{job="driftgauge"} == 1')) == 2, "both exporters are up")
    page, kind = get(theatre.metrics[0], Accept="application/openmetrics-text;version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert page.endswith("# EOF\n")


def test_without_drift_there_is_a_score_and_no_alert(theatre):
    """The fleet's score stands near its floor and nobody is called."""
    until(lambda: theatre.query(CALM), "the fleet is judged and calm")
    score, floor = (
        float(
            theatre.query(f'fleet:driftgauge_drift_{name}:sum{{feature="amount", version="1", window="24h"}}')[0][
                "value"
            ][1]
        )
        for name in ("js_distance", "noise_floor")
    )
    assert score < 0.1
    assert score < 4 * floor
    assert not theatre.state("DriftgaugeFeatureDrift")


def test_every_rule_works_and_every_record_has_data(theatre):
    """No rule fails, and every record whose series there are has values while two versions are in use."""

    def there(name):
        return bool(theatre.query(f"last_over_time({name}[1m])"))

    def empty():
        records = [rule for group in groups(settings()) for rule in group.rules if isinstance(rule, Record)]
        # The models of this stage have no labels and no probabilities; records of those have cases of their own.
        return {
            record.name
            for record in records
            if not there(record.name) and all(map(there, set(SERIES.findall(record.expr))))
        }

    # The end of the longest chain of records, so that all before it have been evaluated.
    until(lambda: there("fleet:driftgauge_drift_status:max") and not empty(), "every record has data", 60)
    failing = {rule["name"]: rule.get("lastError") for rule in theatre.rules() if rule["health"] == "err"}
    assert failing == {}


def test_drift_pages_and_recovery_resolves(theatre):
    """Drifted rows make the alert pending, then firing, then a page with labels, text and links; sound rows resolve it."""
    theatre.traffic.drifted = True
    until(lambda: theatre.state("DriftgaugeFeatureDrift", severity="critical", **DRIFT) == {"firing"}, "firing")
    pending = (
        'last_over_time(ALERTS{alertname="DriftgaugeFeatureDrift", severity="critical", alertstate="pending"}[1m])'
    )
    assert theatre.query(pending), "it was pending first"
    page = until(lambda: theatre.got("page", "firing", "DriftgaugeFeatureDrift", **DRIFT), "a page")[0]
    assert page["labels"]["severity"] == "critical"
    assert page["labels"]["team"] == "ml"
    assert page["annotations"]["summary"] == "An input of a model no longer looks like its reference."
    assert (
        "Feature amount of shop/fraud version 1 is at a debiased Jensen-Shannon distance of 0."
        in page["annotations"]["description"]
    )
    assert page["annotations"]["runbook_url"].endswith("/alerting/runbooks/DriftgaugeFeatureDrift.md")
    assert page["annotations"]["dashboard_url"].endswith(
        "/d/driftgauge-feature?var-namespace=shop&var-model=fraud&var-version=1&var-feature=amount"
    )

    def inhibited():
        warnings = theatre.alertmanagers_view("DriftgaugeFeatureDrift", severity="warning", **DRIFT)
        return warnings and all(warning["status"]["inhibitedBy"] for warning in warnings)

    until(inhibited, "the warning is inhibited by the page")
    assert not theatre.state("DriftgaugeCanaryDiffers"), "both versions see the same drift"
    theatre.traffic.drifted = False
    until(lambda: theatre.got("page", "resolved", "DriftgaugeFeatureDrift", **DRIFT), "resolved")
    until(lambda: theatre.query(CALM), "calm again")


def test_a_killed_exporter_is_missed_and_silences_its_pod(theatre):
    """Half of the exporters are gone: that pages, and the pod's other alerts are inhibited."""
    theatre.exporters[1].terminate()
    theatre.exporters[1].wait(10)
    until(lambda: theatre.got("page", "firing", "DriftgaugeExporterDown", namespace="shop"), "a page")
    until(lambda: theatre.alertmanagers_view("DriftgaugeExporterPodDown", pod="b"), "the pod's own alert")


def test_alertmanager_inhibits_as_the_example_says(theatre):
    """Alerts of the dead pod, and drift of a model without traffic, are suppressed; those of others are not."""

    def alert(name, severity="warning", **labels):
        return {"labels": {"alertname": name, "severity": severity, "team": "ml", "namespace": "shop", **labels}}

    post(
        f"{theatre.alertmanager}/api/v2/alerts",
        [
            alert("DriftgaugePodDrift", "info", pod="b", model="other"),
            alert("DriftgaugePodDrift", "info", pod="a", model="other"),
            alert("DriftgaugeTrafficGone", "critical", model="gone"),
            alert("DriftgaugeFeatureDrift", "critical", model="gone", version="1"),
            alert("DriftgaugeErrorRatio", "critical", model="gone", version="1"),
            alert("DriftgaugeErrorRatio", model="gone", version="1"),
            alert("DriftgaugeErrorRatio", model="gone", version="2"),
        ],
    )

    def suppressed(name, **labels):
        return [bool(found["status"]["inhibitedBy"]) for found in theatre.alertmanagers_view(name, **labels)]

    until(
        lambda: suppressed("DriftgaugePodDrift", pod="b", model="other") == [True], "the dead pod's alert is suppressed"
    )
    assert suppressed("DriftgaugePodDrift", pod="a", model="other") == [False]
    assert suppressed("DriftgaugeFeatureDrift", model="gone") == [True]
    assert suppressed("DriftgaugeErrorRatio", model="gone", severity="critical") == [False]
    assert suppressed("DriftgaugeErrorRatio", model="gone", version="1", severity="warning") == [True]
    assert suppressed("DriftgaugeErrorRatio", model="gone", version="2", severity="warning") == [False]
