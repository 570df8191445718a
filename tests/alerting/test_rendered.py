from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
import yaml

from alerting.catalogue import groups
from alerting.durations import milliseconds, text
from alerting.render import files, rules_text
from alerting.rule import Alert, Record
from alerting.settings import HERE, Intervals, load
from driftgauge import names
from tests.alerting.rig import needs_promtool

RENDERED = HERE / "rendered"
RULES = [rule for group in groups(load()) for rule in group.rules]
ALERTS = [rule for rule in RULES if isinstance(rule, Alert)]
RECORDS = {rule.name for rule in RULES if isinstance(rule, Record)}
RUNBOOKS = sorted((HERE / "runbooks").glob("*.md"))

#: what a scrape adds and the process metrics that come with the exporter's
FOREIGN = {"up", "scrape_duration_seconds", "scrape_samples_scraped", "process_resident_memory_bytes"}
_NAME = re.compile(r"\b(?:[a-z_]+:)?driftgauge_[a-z0-9_]+(?::[a-z_]+)?")


def exposed():
    """Return the names of all samples of the exporter."""
    for metric in names.ALL:
        yield metric.name
        if metric.type == names.HISTOGRAM:
            yield from (f"{metric.name}_{part}" for part in ("bucket", "count", "sum"))


KNOWN = {*exposed(), *RECORDS}


@pytest.mark.parametrize("path", list(files(load())), ids=lambda path: path.name)
def test_rendered_files_are_current(path):
    """Run `python -m alerting` when this fails."""
    assert path.read_text("utf-8") == files(load())[path]


@needs_promtool
def test_the_rules_pass_the_linter():
    command = ("promtool", "check", "rules", "--lint-fatal", str(RENDERED / "driftgauge-rules.yaml"))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_operators_resource_has_the_same_groups():
    plain = yaml.safe_load((RENDERED / "driftgauge-rules.yaml").read_text("utf-8"))
    resource = yaml.safe_load((RENDERED / "prometheusrule.yaml").read_text("utf-8"))
    assert resource["kind"] == "PrometheusRule"
    assert resource["spec"]["groups"] == plain["groups"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.name}-{getattr(rule, 'severity', '')}")
def test_every_metric_in_a_rule_exists(rule):
    assert set(_NAME.findall(rule.expr)) <= KNOWN


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_every_metric_in_a_runbook_exists(path):
    assert set(_NAME.findall(path.read_text("utf-8"))) <= KNOWN


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_a_runbook_has_every_part_and_its_links_lead_somewhere(path):
    page = path.read_text("utf-8")
    assert page.startswith(f"# {path.stem}\n")
    headings = re.findall("^## (.*)$", page, flags=re.MULTILINE)
    assert headings == ["Noise or fault?", "Look", "Do", "Tune or silence"]
    assert all((path.parent / link).exists() for link in re.findall(r"\]\(([^)]+)\)", page))


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    assert {path.stem for path in RUNBOOKS} == {alert.name for alert in ALERTS}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: f"{alert.name}-{alert.severity}")
def test_an_alert_says_what_where_and_why(alert):
    """The summary is a static sentence, the description a template with a value or a place; the times have a reason."""
    assert alert.summary.endswith(".")
    assert "{{" not in alert.summary
    assert "{{ $labels." in alert.description
    assert alert.why.endswith(".")


def test_all_severities_of_an_alert_share_their_words():
    for name in {alert.name for alert in ALERTS}:
        assert len({alert.summary for alert in ALERTS if alert.name == name}) == 1


def test_newer_syntax_is_not_used():
    """Prometheus 2.42 has to read the file."""
    page = (RENDERED / "driftgauge-rules.yaml").read_text("utf-8")
    assert not re.search(r"query_offset|double_exponential_smoothing|holt_winters|mad_over_time|\binfo\(|\ble=\"", page)


@needs_promtool
def test_a_site_can_change_selectors_labels_severities_and_windows(tmp_path):
    settings = replace(
        load(),
        selector='cluster="eu"',
        keep_labels=("cluster", "namespace"),
        pod_label="instance",
        alert_labels={"team": "risk", "tier": "1"},
        disabled=("DriftgaugePodDrift",),
        severities={"DriftgaugeTrafficGone": {"critical": "warning"}},
        intervals=Intervals(fast="30s", status="2m"),
        windows={**load().windows, "24h": "48h"},
        runbook_base_url="https://wiki.example.com",
    )
    page = rules_text(settings)
    path = tmp_path / "rules.yaml"
    path.write_text(page, "utf-8")
    command = (shutil.which("promtool"), "check", "rules", "--lint-fatal", str(path))
    assert subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
    alerts = [rule for group in yaml.safe_load(page)["groups"] for rule in group["rules"] if "alert" in rule]
    assert "DriftgaugePodDrift" not in {alert["alert"] for alert in alerts}
    gone = next(alert for alert in alerts if alert["alert"] == "DriftgaugeTrafficGone")
    assert gone["labels"] == {"severity": "warning", "team": "risk", "tier": "1"}
    assert gone["annotations"]["runbook_url"] == "https://wiki.example.com/DriftgaugeTrafficGone.md"
    assert "var-cluster=" in gone["annotations"]["dashboard_url"]
    raw = re.findall(
        r"(?<![:\w])driftgauge_\w+(?!\w|:)(.?)",
        "\n".join(rule["expr"] for group in yaml.safe_load(page)["groups"] for rule in group["rules"]),
    )
    assert set(raw) == {"{"}


@pytest.mark.parametrize("interval", ["5m", "10m"])
def test_an_interval_beyond_the_lookback_is_refused(interval):
    with pytest.raises(ValueError, match="lookback"):
        replace(load(), intervals=Intervals(status=interval))


def test_unknown_settings_are_refused(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("limits: {fleet_catch_al: 1}\n", "utf-8")
    with pytest.raises(ValueError, match="fleet_catch_al"):
        load(path)


@pytest.mark.parametrize("duration", ["1d", "90s", "1h30m", "59m30s", "250ms"])
def test_durations_come_back(duration):
    assert milliseconds(text(milliseconds(duration))) == milliseconds(duration)


@pytest.mark.parametrize("duration", ["", "5", "5 m", "m", "-1m"])
def test_what_is_no_duration_is_refused(duration):
    with pytest.raises(ValueError, match="duration"):
        milliseconds(duration)
