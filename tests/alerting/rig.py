"""Rig: cases of alerts as data, written out as promtool tests against rules rendered with one interval.

promtool evaluates groups in any order and all at one interval, so the rules under test are in one group and have one
interval; everything else is as committed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerting.catalogue import groups
from alerting.render import rules_text
from alerting.rule import Alert
from alerting.settings import Intervals, Settings, load

RUNBOOKS = "https://github.com/driftgauge/driftgauge/blob/main/alerting/runbooks"
DASHBOARDS = "https://grafana.example.com/d"
PLACE = {"namespace": "shop", "model": "fraud", "version": "1"}
PLACE_LINK = "var-namespace=shop&var-model=fraud&var-version=1"
POD = {"namespace": "shop", "pod": "a"}

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


@dataclass(frozen=True, slots=True)
class Fires:
    """An alert that is expected: its own labels, and its annotations word for word."""

    severity: str
    labels: Mapping[str, str]
    description: str
    link: str


@dataclass(frozen=True, slots=True)
class Case:
    """One behaviour: what comes in, when the alert is silent, and when it fires."""

    alert: str
    title: str
    series: Mapping[str, str]
    silent: Sequence[str] = ()
    firing: Mapping[str, Sequence[Fires]] = field(default_factory=dict)


def series(name: str, labels: Mapping[str, str] | None = None, **more: str) -> str:
    """Return a series of pod `a` of the model, unless *labels* say otherwise."""
    own = {**POD, "model": "fraud", "version": "1"} if labels is None else dict(labels)
    return f"{name}{{{', '.join(f'{key}={json.dumps(value)}' for key, value in (own | more).items())}}}"


def test_settings() -> Settings:
    """Return the committed settings with one interval."""
    return replace(load(), intervals=Intervals(fast="1m", status="1m"))


test_settings.__test__ = False  # type: ignore[attr-defined]


def summary_of(name: str) -> str:
    """Return an alert's summary."""
    return next(
        rule.summary
        for group in groups(load())
        for rule in group.rules
        if isinstance(rule, Alert) and rule.name == name
    )


def _test(case: Case) -> dict[str, object]:
    times = [(time, ()) for time in case.silent] + list(case.firing.items())
    return {
        "name": f"{case.alert}: {case.title}",
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
        "alert_rule_test": [
            {
                "eval_time": time,
                "alertname": case.alert,
                "exp_alerts": [_alert(case.alert, fires) for fires in expected],
            }
            for time, expected in times
        ],
    }


def _alert(name: str, fires: Fires) -> dict[str, object]:
    return {
        "exp_labels": {"severity": fires.severity, "team": "ml", **fires.labels},
        "exp_annotations": {
            "summary": summary_of(name),
            "description": fires.description,
            "runbook_url": f"{RUNBOOKS}/{name}.md",
            "dashboard_url": f"{DASHBOARDS}/{fires.link}",
        },
    }


def rules_for(names: set[str], settings: Settings) -> str:
    """Return a rules file of some rules and of the records that they need, which is all that a case has to evaluate."""
    every = yaml.safe_load(rules_text(settings))["groups"]
    wanted = set(names)
    while True:
        needed = {
            rule["record"]
            for group in every
            for rule in group["rules"]
            if "record" in rule and any(rule["record"] in user["expr"] for user in _chosen(every, wanted))
        }
        if needed <= wanted:
            break
        wanted |= needed
    return json.dumps({"groups": [{"name": "all", "interval": "1m", "rules": list(_chosen(every, wanted))}]})


def _chosen(every: list[dict[str, Any]], names: set[str]) -> Iterator[dict[str, Any]]:
    return (rule for group in every for rule in group["rules"] if rule.get("alert", rule.get("record")) in names)


def promtool(directory: Path, cases: Sequence[Case]) -> str:
    """Run cases, a test file for each alert; return what promtool says, nothing when all is well."""
    files = []
    for alert in dict.fromkeys(case.alert for case in cases):
        (directory / f"rules-{alert}.yaml").write_text(rules_for({alert}, test_settings()), "utf-8")
        files.append(f"tests-{alert}.yaml")
        document = {
            "rule_files": [f"rules-{alert}.yaml"],
            "evaluation_interval": "1m",
            "tests": [_test(case) for case in cases if case.alert == alert],
        }
        (directory / files[-1]).write_text(json.dumps(document), "utf-8")
    return run_promtool(directory, *files)


def run_promtool(directory: Path, *files: str) -> str:
    """Run test files; return what promtool says, nothing when all is well."""
    command = ("promtool", "test", "rules", *files)
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=120)
    return "" if done.returncode == 0 else done.stdout + done.stderr
