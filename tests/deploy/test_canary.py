"""The analyses of a canary measure 1, 0 or nothing; nothing is inconclusive, so it neither promotes nor rolls back."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field

import pytest
import yaml

from alerting.catalogue import groups
from alerting.rule import Record
from alerting.settings import load
from tests.deploy.kube import K8S, run

FOLDER = K8S / "components" / "canary"
ANALYSES = {
    path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FOLDER.glob("*.yaml") if path.stem != "kustomization"
}
GIVEN = {"namespace": "shop", "model": "fraud", "version": "2"}
PLACE = 'namespace="shop", model="fraud"'
HOUR = "x70"  # minutes of samples, so that the last hour is whole


@dataclass(frozen=True)
class Case:
    """What is recorded, and what an analysis makes of it: a value, or None for inconclusive."""

    analysis: str
    title: str
    series: dict[str, str]
    measured: float | None
    args: dict[str, str] = field(default_factory=dict)


def drift(debiased=0.3, evidence=40.0, rows=900, others=9000, *, column="age", thresholds=True, **more):
    """Return the series of one column of a canary."""
    pair = f'{PLACE}, version="2", feature="{column}", role="input", reference="r", baseline="1", window="6h"'
    own = f'{PLACE}, version="2", feature="{column}", role="input"'
    found = {
        f"canary:driftgauge_drift_debiased:sum{{{pair}}}": debiased,
        f"canary:driftgauge_drift_evidence:sum{{{pair}}}": evidence,
        f"canary:driftgauge_drift_samples:sum{{{pair}}}": rows,
        f"canary:driftgauge_drift_samples:baseline{{{pair}}}": others,
    }
    if thresholds:
        found |= {
            f'fleet:driftgauge_drift_threshold:max{{{own}, window="24h", severity="critical"}}': 0.2,
            f'fleet:driftgauge_drift_threshold:max{{{own}, window="24h", severity="warning"}}': 0.1,
            f'fleet:driftgauge_drift_evidence_threshold:max{{{PLACE}, version="2", window="6h"}}': 6,
        }
    return {name: f"{value}{HOUR}" for name, value in (found | more).items()}


def errors(version, ratio, requests):
    """Return the last hour of a version."""
    own = f'{PLACE}, version="{version}", window="1h"'
    return {
        f"model:driftgauge_request_failures:ratio{{{own}}}": f"{ratio}{HOUR}",
        f"model:driftgauge_requests:increase{{{own}}}": f"{requests}{HOUR}",
    }


def latency(version, shares, requests):
    """Return the last hour of a version: its requests per second by bucket, and how many there were."""
    own = f'{PLACE}, version="{version}"'
    buckets = dict(zip(("0.01", "0.1", "1", "+Inf"), shares, strict=True))
    return {
        **{
            f'model_le:driftgauge_request_duration_seconds_bucket:rate{{{own}, window="5m", le="{le}"}}': f"{rate}{HOUR}"
            for le, rate in buckets.items()
        },
        f'model:driftgauge_requests:increase{{{own}, window="1h"}}': f"{requests}{HOUR}",
    }


FAST, SLOW, SILENT = (0.5, 1.0, 1.0, 1.0), (0.1, 0.3, 1.0, 1.0), (0, 0, 0, 0)

CASES = (
    Case("drift", "a column differs", drift(), 1),
    Case("drift", "two columns differ", drift() | drift(column="plan"), 2),
    Case("drift", "one differs and one does not", drift() | drift(0.01, 0.3, column="plan"), 1),
    Case("drift", "nothing differs", drift(0.01, 0.3), 0),
    Case("drift", "big but not sure", drift(evidence=2.0), 0),
    Case("drift", "sure but small", drift(debiased=0.15), 0),
    Case("drift", "small, and warnings count", drift(debiased=0.15), 1, {"severity": "warning"}),
    Case("drift", "too few rows of the canary", drift(rows=499), None),
    Case("drift", "too few rows of the stable version", drift(others=499), None),
    Case("drift", "fewer rows are enough when that is said", drift(rows=300), 1, {"least-rows": "300"}),
    Case("drift", "calm, but too few rows", drift(0.0, 0.0, rows=20), None),
    Case("drift", "calm, but one column has too few rows", drift(0.0, 0.0) | drift(0.0, 0.0, 20, column="plan"), None),
    Case("drift", "no reference, so no threshold", drift(thresholds=False), None),
    Case("drift", "nothing is recorded", {}, None),
    Case(
        "drift", "another model differs", {name.replace("fraud", "churn"): text for name, text in drift().items()}, None
    ),
    Case("errors", "many more fail", errors("1", 0.01, 5000) | errors("2", 0.2, 500), 1),
    Case("errors", "as many fail", errors("1", 0.01, 5000) | errors("2", 0.01, 500), 0),
    Case("errors", "none fails", errors("1", 0, 5000) | errors("2", 0, 500), 0),
    Case("errors", "four of a hundred is chance", errors("1", 0.01, 5000) | errors("2", 0.04, 100), 0),
    Case(
        "errors",
        "more, but within the margin",
        errors("1", 0.01, 5000) | errors("2", 0.05, 5000),
        0,
        {"margin": "0.05"},
    ),
    Case("errors", "as bad as the others", errors("1", 0.2, 5000) | errors("2", 0.2, 500), 0),
    Case("errors", "too few requests", errors("1", 0.01, 5000) | errors("2", 0.9, 99), None),
    Case("errors", "too few of the others", errors("1", 0.01, 99) | errors("2", 0.9, 500), None),
    Case("errors", "nothing to compare with", errors("2", 0.9, 500), None),
    Case("errors", "no canary", errors("1", 0.01, 5000), None),
    Case("latency", "slower", latency("1", FAST, 3600) | latency("2", SLOW, 3600), 1),
    Case("latency", "as fast", latency("1", FAST, 3600) | latency("2", FAST, 3600), 0),
    Case("latency", "too few requests", latency("1", FAST, 3600) | latency("2", SLOW, 499), None),
    Case("latency", "too few of the others", latency("1", FAST, 499) | latency("2", SLOW, 3600), None),
    Case("latency", "nobody says how long they take", latency("1", SILENT, 3600) | latency("2", SILENT, 3600), None),
    Case("latency", "the canary does not say it", latency("1", FAST, 3600) | latency("2", SILENT, 3600), None),
    Case("latency", "no canary", latency("1", FAST, 3600), None),
)


def query(case):
    """Return an analysis' query with its arguments put in, as Argo Rollouts does it."""
    spec = ANALYSES[case.analysis]["spec"]
    values = {arg["name"]: arg.get("value") for arg in spec["args"]} | GIVEN | case.args
    (metric,) = spec["metrics"]
    return re.sub(r"\{\{args\.([\w-]+)\}\}", lambda found: values[found[1]], metric["provider"]["prometheus"]["query"])


def test_analyses_measure_what_they_say(tmp_path):
    """Every case holds in Prometheus' own evaluation."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    tests = [
        {
            "name": f"{case.analysis}: {case.title}",
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
            "promql_expr_test": [
                {
                    "expr": query(case),
                    "eval_time": "65m",
                    "exp_samples": [] if case.measured is None else [{"labels": "{}", "value": case.measured}],
                }
            ],
        }
        for case in CASES
    ]
    (tmp_path / "cases.yaml").write_text(yaml.safe_dump({"rule_files": [], "tests": tests}))
    run("promtool", "test", "rules", str(tmp_path / "cases.yaml"))


@pytest.mark.parametrize("analysis", sorted(ANALYSES))
def test_every_analysis_is_seen_passing_failing_and_undecided(analysis):
    measured = {
        case.measured if case.measured is None else case.measured > 0 for case in CASES if case.analysis == analysis
    }
    assert measured == {None, False, True}


@pytest.mark.parametrize("analysis", sorted(ANALYSES))
def test_nothing_measured_is_neither_a_pass_nor_a_failure(analysis):
    """Both conditions ask for a value first, the first undecided measurement ends the analysis, and Prometheus away does not."""
    (metric,) = ANALYSES[analysis]["spec"]["metrics"]
    assert metric["successCondition"] == "len(result) > 0 && result[0] == 0"
    assert metric["failureCondition"] == "len(result) > 0 && result[0] > 0"
    # More than none, and an analysis whose measurements were all undecided would end as a success.
    assert metric["inconclusiveLimit"] == 0
    assert metric["failureLimit"] == 0
    assert metric["consecutiveErrorLimit"] > 1000


@pytest.mark.parametrize("analysis", sorted(ANALYSES))
def test_analyses_ask_for_series_that_are_recorded(analysis):
    """A renamed record would make every canary undecided for ever; windows and severities are the rules' too."""
    (metric,) = ANALYSES[analysis]["spec"]["metrics"]
    text = metric["provider"]["prometheus"]["query"]
    recorded = {rule.name for group in groups(load()) for rule in group.rules if isinstance(rule, Record)}
    asked = set(re.findall(r"\b\w+:driftgauge_\w+:\w+", text))
    assert asked
    assert asked <= recorded


@pytest.mark.parametrize("analysis", sorted(ANALYSES))
def test_every_argument_is_declared_and_used(analysis):
    spec = ANALYSES[analysis]["spec"]
    used = set(re.findall(r"\{\{args\.([\w-]+)\}\}", yaml.safe_dump(spec["metrics"], width=10_000)))
    assert used == {arg["name"] for arg in spec["args"]}
