"""Backfill: recording rules and alerts over a history that has passed.

promtool evaluates each rule over the whole time at once, so a rule can only read what is in the database already: rules
are sorted by what they read, and Prometheus starts anew between two levels. promtool leaves alerts out; those are evaluated
here, with their `for` and `keep_firing_for`, and come back as Prometheus' own series `ALERTS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from alerting.catalogue import groups
from alerting.durations import milliseconds
from alerting.render import rules_text
from alerting.rule import Alert
from alerting.settings import Intervals, Settings, load
from dashboards.preview.history import STEP
from dashboards.preview.tsdb import Server, import_text, run_promtool, serving

__all__ = ["rehearsed", "write_alerts", "write_records"]

Rule = Mapping[str, Any]

_RECORDED = re.compile(r"\b\w+:\w+:\w+\b(?:\{[^}]*\})?")
_WINDOW = re.compile(r'window="(\w+)"')


def rehearsed() -> Settings:
    """Return the site's settings for a history of sparse scrapes: its shortest window has three."""
    settings = load()
    step = f"{STEP // 60}m"
    return replace(
        settings,
        windows={**settings.windows, "5m": f"{3 * STEP // 60}m"},
        intervals=Intervals(fast=step, status=step),
    )


def write_records(directory: Path, settings: Settings, start: float, end: float) -> None:
    """Evaluate the recording rules from *start* to *end*, level by level."""
    rules = [
        rule for group in yaml.safe_load(rules_text(settings))["groups"] for rule in group["rules"] if "record" in rule
    ]
    for number, level in enumerate(_levels(rules)):
        path = directory / f"level-{number}.yaml"
        group = {"name": "records", "interval": f"{STEP}s", "rules": level}
        path.write_text(yaml.safe_dump({"groups": [group]}), "utf-8")
        with serving(directory) as server:
            run_promtool(
                "tsdb",
                "create-blocks-from",
                "--max-block-duration=9999h",
                "rules",
                f"--start={start:.0f}",
                f"--end={end:.0f}",
                f"--url={server.url}",
                f"--output-dir={directory / 'data'}",
                str(path),
            )


def _levels(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """Yield rules such that each reads only what earlier levels have recorded."""
    keys = {(rule["record"], rule.get("labels", {}).get("window", "")) for rule in rules}
    waiting = {(place, rule["record"]): _reads(rule, keys) for place, rule in enumerate(rules)}
    done: set[tuple[str, str]] = set()
    while waiting:
        ready = [key for key, reads in waiting.items() if reads <= done]
        if not ready:
            raise ValueError(f"rules that read one another: {sorted(name for _, name in waiting)}")
        for key in ready:
            del waiting[key]
        left = {(name, rules[place].get("labels", {}).get("window", "")) for place, name in waiting}
        level = [rules[place] for place, _ in ready]
        done |= {(rule["record"], rule.get("labels", {}).get("window", "")) for rule in level} - left
        yield level


def _reads(rule: Rule, keys: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the recorded series that a rule reads; without a window, those of every window but its own result."""
    own = (rule["record"], rule.get("labels", {}).get("window", ""))
    found = set()
    for text in _RECORDED.findall(rule["expr"]):
        name = text.partition("{")[0]
        window = _WINDOW.search(text)
        wanted = {key for key in keys if key[0] == name and (window is None or key[1] in {window[1], ""})}
        found |= wanted - {own}
    return found


def write_alerts(directory: Path, settings: Settings, start: float, end: float) -> int:
    """Evaluate the alerts and write when they were firing; return how many series did."""
    path = directory / "alerts.om"
    rules = [rule for group in groups(settings) for rule in group.rules if isinstance(rule, Alert)]
    # Two rules of one name, such as those of two windows, may have the same labels: one series.
    found: dict[str, set[float]] = {}
    with serving(directory) as server:
        for rule in rules:
            for labels, times in _episodes(server, rule, start, end):
                pairs = ",".join(f"{name}={_quoted(value)}" for name, value in sorted(labels.items()))
                found.setdefault(f"ALERTS{{{pairs}}}", set()).update(times)
    with path.open("w", encoding="utf-8") as file:
        for series, moments in found.items():
            file.writelines(f"{series} 1 {time:.0f}\n" for time in sorted(moments))
        file.write("# EOF\n")
    if found:
        import_text(path, directory / "data")
    return len(found)


@dataclass(slots=True)
class _State:
    """An alert's memory for one set of labels."""

    since: float = -1.0
    seen: float = -1.0
    firing: bool = False


def _episodes(server: Server, rule: Alert, start: float, end: float) -> Iterator[tuple[dict[str, str], list[float]]]:
    """Yield the labels and the times at which an alert was firing."""
    answer = server.get("query_range", query=rule.expr, start=start, end=end, step=STEP)
    wait, keep = (milliseconds(text) / 1000 if text else 0.0 for text in (rule.wait, rule.keep))
    for series in answer["result"]:
        active = {time for time, _ in series["values"]}
        labels = {name: value for name, value in series["metric"].items() if name != "__name__"}
        labels |= {"alertname": rule.name, "alertstate": "firing", "severity": rule.severity}
        state, times = _State(), []
        for place in range(int((end - start) // STEP) + 1):
            now = start + place * STEP
            if _fires(state, now, wait, keep, active=now in active):
                times.append(now)
        if times:
            yield labels, times


def _fires(state: _State, now: float, wait: float, keep: float, *, active: bool) -> bool:
    if active:
        state.since = now if state.since < 0 else state.since
        state.seen = now
        state.firing = state.firing or now - state.since >= wait
    elif not (state.firing and now - state.seen < keep):
        state.since, state.firing = -1.0, False
    return state.firing


def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'
