"""What Grafana's dashboard linter asks for, and what readers do."""

from __future__ import annotations

import json
import re
from typing import Any

from alerting.catalogue import groups
from alerting.rule import Alert
from alerting.settings import load
from dashboards.catalogue import files, pages
from dashboards.page import render
from dashboards.preview.grafana import panels
from dashboards.preview.tsdb import run_promtool
from driftgauge.names import ALL, COUNTER, HISTOGRAM, PREFIX

#: series that neither the exporter nor the rules make: Prometheus' own, and those of the client library
FOREIGN = {"ALERTS", "up", "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"}
#: vLLM's own, shown beside ours
FOREIGN |= {"vllm:time_to_first_token_seconds_bucket", "vllm:time_per_output_token_seconds_bucket"}
#: set by Grafana itself
BUILT_IN = {"__rate_interval", "__interval", "__range", "__url_time_range", "__data", "__field", "datasource"}
UNITLESS = {"table", "state-timeline", "heatmap", "text"}
UIDS = {
    "driftgauge-fleet",
    "driftgauge-model",
    "driftgauge-feature",
    "driftgauge-exporter",
    "driftgauge-language-models",
}


def expressions(dashboard: dict[str, Any]) -> list[str]:
    asked = [target["expr"] for panel in panels(dashboard) for target in panel.targets]
    return asked + [found["expr"] for found in dashboard["annotations"]["list"] if found.get("expr")]


def plain(expr: str) -> str:
    """Return the expression with something in the place of every variable."""
    expr = (
        expr.replace("$__rate_interval", "5m")
        .replace("$__interval", "1m")
        .replace("$__range", "1h")
        .replace("[$window]", "[24h]")
    )
    return re.sub(r"\$\{?(\w+)\}?", "x", expr)


def known_series() -> set[str]:
    exported = {metric.name for metric in ALL if metric.type != HISTOGRAM}
    exported |= {f"{metric.name}{end}" for metric in ALL if metric.type == HISTOGRAM for end in ("_bucket", "_sum")}
    recorded = {rule.name for group in groups(load()) for rule in group.rules if not isinstance(rule, Alert)}
    return exported | recorded | FOREIGN


def test_rendered_files_are_current():
    """What is committed is what the code renders, and nothing else lies beside it."""
    wanted = files()
    assert all(path.read_text("utf-8") == text for path, text in wanted.items()), "run: python -m dashboards"
    directory = next(iter(wanted)).parent
    assert set(directory.glob("*.json")) == set(wanted)


def test_rendering_twice_gives_the_same_bytes():
    assert [render(page) for page in pages().values()] == [render(page) for page in pages().values()]


def test_identity(dashboard):
    """Links hold: uids are stable, ids unique, and no Grafana finds the schema too new."""
    assert dashboard["uid"] in UIDS
    assert dashboard["title"]
    assert dashboard["description"]
    assert dashboard["tags"] == ["driftgauge"]
    assert dashboard["editable"] is False
    assert dashboard["schemaVersion"] <= 39
    assert "id" not in dashboard
    ids = [panel["id"] for panel in every_panel(dashboard)]
    assert len(ids) == len(set(ids))


def every_panel(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for panel in dashboard["panels"] for found in (panel, *panel.get("panels", []))]


def test_panels_neither_overlap_nor_overflow(dashboard):
    cells: dict[tuple[int, int], str] = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert cells.setdefault((x, y), panel["title"]) == panel["title"]


def test_every_panel_says_what_it_is_and_how_to_read_it(dashboard):
    for panel in panels(dashboard):
        assert panel.title
        assert len(panel.json["description"]) > 20, panel.title
        assert panel.json["description"].endswith("."), panel.title


def test_every_panel_asks_the_chosen_data_source(dashboard):
    for panel in panels(dashboard):
        if panel.json["type"] == "text":
            continue
        assert panel.json["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel.title
        refs = [target["refId"] for target in panel.targets]
        assert refs
        assert len(refs) == len(set(refs))
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel.targets)
    for annotation in dashboard["annotations"]["list"]:
        assert annotation["datasource"]["uid"] == "${datasource}"


def test_every_panel_has_a_unit(dashboard):
    for panel in panels(dashboard):
        if panel.json["type"] not in UNITLESS:
            assert panel.json["fieldConfig"]["defaults"]["unit"], panel.title
        if panel.json["type"] == "stat":
            assert panel.json["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]
        if panel.json["type"] == "timeseries":
            assert panel.json["options"]["legend"]["showLegend"]


def test_variables_cascade_and_are_used(dashboard):
    """Each variable reloads with the time range and is narrowed by those before it; none is there for nothing."""
    text = json.dumps([*dashboard["panels"], *dashboard["annotations"]["list"]])
    before: list[str] = []
    for variable in dashboard["templating"]["list"]:
        name = variable["name"]
        if variable["type"] == "query":
            assert variable["refresh"] == 2
            assert variable["datasource"]["uid"] == "${datasource}"
            assert variable.get("allValue", ".*") == ".*"
            assert all(f"${other}" in variable["query"] for other in before), name
            before.append(name)
        assert re.search(rf"\$\{{?{name}\b", text), f"{name} is not used"


def test_variables_that_are_used_exist(dashboard):
    names = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(expressions(dashboard))))
    assert used - BUILT_IN <= names


def test_several_values_are_matched_as_a_pattern_and_one_exactly(dashboard):
    """Grafana escapes the values of a variable accordingly."""
    many = {found["name"]: bool(found.get("multi")) for found in dashboard["templating"]["list"]}
    for expr in expressions(dashboard):
        for operator, name in re.findall(r'\w+(=~|=)"\$(\w+)"', expr):
            assert (operator == "=~") == many[name], expr


def test_rates_follow_the_time_range(dashboard):
    for expr in expressions(dashboard):
        for window in re.findall(r"\b(?:rate|increase)\([^\[]*\[([^\]]+)\]", expr):
            assert window in {"$__rate_interval", "$window"}, expr


def test_counters_are_only_asked_for_their_increase(dashboard):
    counters = [metric.name for metric in ALL if metric.type == COUNTER]
    for expr in expressions(dashboard):
        for name in counters:
            for found in re.finditer(rf"\b{name}\b", expr):
                assert re.search(r"(rate|increase)\($", expr[: found.start()]), expr


def test_every_series_exists(dashboard):
    """Metrics come from `names.py`, recorded series from the rules."""
    known = known_series()
    asked = expressions(dashboard) + [found.get("query") or "" for found in dashboard["templating"]["list"]]
    for expr in asked:
        used = set(re.findall(rf"\b(?:\w+:\w+:\w+|{PREFIX}\w+|ALERTS|up(?=\{{)|process_\w+)", expr))
        assert used <= known, used - known


def test_every_expression_parses(dashboard, tmp_path):
    rules = [{"record": f"check:number_{n}:x", "expr": plain(expr)} for n, expr in enumerate(expressions(dashboard))]
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps({"groups": [{"name": "check", "rules": rules}]}), "utf-8")
    run_promtool("check", "rules", str(path))


def test_links_lead_to_dashboards_with_variables_that_they_have(dashboard):
    variables = {
        json.loads(text)["uid"]: {found["name"] for found in json.loads(text)["templating"]["list"]}
        for text in files().values()
    }
    for uid, query in re.findall(r'"/d/([\w-]+)\?([^"]+)"', json.dumps(dashboard)):
        names = re.findall(r"var-(\w+)=", query) + re.findall(r"\$\{(\w+):queryparam\}", query)
        assert set(names) <= variables[uid]


def test_alerts_link_to_dashboards_with_variables_that_they_have():
    variables = {
        json.loads(text)["uid"]: {found["name"] for found in json.loads(text)["templating"]["list"]}
        for text in files().values()
    }
    settings = load()
    for group in groups(settings):
        for rule in group.rules:
            if isinstance(rule, Alert):
                assert {*settings.keep_labels, *rule.links} <= variables[rule.dashboard], rule.name


def test_colours_of_statuses_and_series_are_those_that_everybody_can_tell_apart(dashboard):
    """No panel uses Grafana's red and green."""
    text = json.dumps(dashboard["panels"])
    assert not re.search(r'"(?:[a-z]+-)?(?:red|green)"', text)
