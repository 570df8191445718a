from __future__ import annotations

import pytest

from alerting.catalogue import groups
from alerting.rule import Alert
from alerting.settings import load
from tests.alerting import (
    cases_checkpoints,
    cases_clients,
    cases_drift,
    cases_events,
    cases_exporter,
    cases_generations,
    cases_health,
    cases_labels,
    cases_listeners,
    cases_pods,
    cases_quality,
    cases_segments,
    cases_service,
)
from tests.alerting.rig import Case, needs_promtool, promtool

FILES = {
    "checkpoints": cases_checkpoints,
    "clients": cases_clients,
    "drift": cases_drift,
    "events": cases_events,
    "listeners": cases_listeners,
    "exporter": cases_exporter,
    "generations": cases_generations,
    "labels": cases_labels,
    "health": cases_health,
    "pods": cases_pods,
    "quality": cases_quality,
    "segments": cases_segments,
    "service": cases_service,
}
CASES: tuple[Case, ...] = tuple(case for module in FILES.values() for case in module.CASES)
ALERTS = sorted({rule.name for group in groups(load()) for rule in group.rules if isinstance(rule, Alert)})


@needs_promtool
@pytest.mark.parametrize("name", FILES)
def test_alerts_fire_and_stay_silent_as_described(tmp_path, name):
    """Every case holds: labels and annotations word for word, just before and just after the waiting time."""
    if said := promtool(tmp_path, FILES[name].CASES):
        pytest.fail(said)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_firing_and_a_silent_case(alert):
    own = [case for case in CASES if case.alert == alert]
    assert any(case.firing for case in own)
    assert any(not case.firing for case in own)


def test_cases_are_about_alerts_that_exist():
    assert {case.alert for case in CASES} <= set(ALERTS)


@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_every_severity_of_an_alert_is_seen_firing(severity):
    wanted = {
        rule.name
        for group in groups(load())
        for rule in group.rules
        if isinstance(rule, Alert) and rule.severity == severity
    }
    seen = {
        case.alert
        for case in CASES
        for fires in case.firing.values()
        for expected in fires
        if expected.severity == severity
    }
    assert wanted == seen & wanted
