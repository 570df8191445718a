"""The report for a ticket as one HTML file: no script, nothing from elsewhere, drawings inside."""

from __future__ import annotations

import itertools
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from typing import Any

from driftgauge.drift.words import over
from driftgauge.expose.diagnosis_html import causes_html, findings, realised_html
from driftgauge.expose.html_parts import moment, sign, table

__all__ = ["REPORT_POLICY", "incident_html"]

Json = Mapping[str, Any]

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b626b;--line:#dcdedb;--now:#9db8e3;--warn:#96590a;--alert:#c02b2f;--ok:#1a7442}
@media(prefers-color-scheme:dark){:root{--ink:#e9ebed;--soft:#9aa2aa;--line:#33383d;--now:#38568a;--warn:#e5a63c;--alert:#ff7b7d;--ok:#5cc48b}html{background:#101214}}
html{font:15px/1.45 system-ui,sans-serif;color:var(--ink)}body{max-width:58rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .4rem;overflow-wrap:anywhere}p{margin:.3rem 0}.soft{color:var(--soft)}
.alert,.critical{color:var(--alert)}.warn,.warning{color:var(--warn)}.ok{color:var(--ok)}
table{border-collapse:collapse}th,td{text-align:left;font-weight:400;padding:.25rem 1.4rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);white-space:nowrap}td.num{text-align:right}ol>li{margin:.9rem 0}td{overflow-wrap:anywhere;font-variant-numeric:tabular-nums}svg{display:block;max-width:100%;margin:.6rem 0}
path{fill:var(--now)}path.ref{fill:none;stroke:var(--ink)}path.curve{fill:none;stroke:var(--ink);stroke-width:1.5}text{font-size:11px;fill:var(--soft)}
"""
#: for whoever opens it where it was made; a file on a disk has none and needs none
REPORT_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
)
_WIDTH, _HEIGHT = 640, 110


def incident_html(report: Json) -> str:
    """Return the report (see `describe_incident`) as a document."""
    model = report["model"]
    name = f"{model['name']} version {model['version']}"
    diagnosis = report["diagnosis"]
    parts = [
        f"<h1>{escape(name)}</h1><p>Drift: {sign(model['status'])} at {moment(report['time'])}</p>",
        table(_facts(report)),
        "<h2>What it is</h2>" + table(findings(diagnosis)),
        "<h2>What would be raised</h2>" + ("".join(map(_alert, model["alerts"])) or "<p>Nothing.</p>"),
        *map(_column, report["columns"]),
        _rest(report),
        realised_html(model["labels"]),
        f"<h2>Likely causes, and what to check next</h2>{causes_html(diagnosis)}",
        _notes(report),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(name)}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _facts(report: Json) -> Iterable[tuple[str, str]]:
    model, source = report["model"], report["source"]
    reference, latency = model["reference"], model["latency_seconds"]
    if source is None:
        yield "Requests", f"{model['requests']:,}, {model['failed_requests']:,} failed"
        yield "Last row", moment(model["last_observation"])
        yield "Evaluated", moment(model["evaluated"])
    else:
        yield "File", f"{source['name']}, {source['rows']} rows"
        if source["time_range"] is not None:
            yield "Covers", " to ".join(map(moment, source["time_range"]))
    if latency is not None:
        yield "Latency", f"median {latency['0.5']:.3g} s, p95 {latency['0.95']:.3g} s (last {latency['window']})"
    if reference is not None:
        made = f", made {moment(reference['created'])}, digest {reference['digest'][:16]}"
        yield "Reference", f"{reference['name'] or reference['mode']}, {reference['rows']} rows{made}"
    yield "Columns drifted", str(report["drifted"])
    yield "driftgauge", report["driftgauge"]


def _alert(alert: Json) -> str:
    found = "".join(
        f"<br>{escape((one['feature'] + ': ') if one['feature'] else '')}{escape(one['what'])}"
        for one in alert["found"]
    )
    more = f"<br>and {alert['count'] - len(alert['found'])} more" if alert["count"] > len(alert["found"]) else ""
    return f'<p>{sign(alert["severity"])} <b>{escape(alert["alert"])}</b>{found}{more}<br><span class="soft">{escape(alert["do"])}</span></p>'


def _column(column: Json) -> str:
    score = column["windows"][column["decided_by"]]
    since = f" About or above its threshold since {moment(column['since'])}." if column["since"] is not None else ""
    said = (
        f"Distance {score['debiased']:.3f} (threshold {score['alert'] or 0:.2f}, noise floor {score['noise_floor']:.3f}),"
        f" {over(column['decided_by'])}, {score['samples']:.0f} rows: {column['chance'] or 'chance not known'}.{since}"
    )
    head = f"<h2>{escape(column['feature'])} <small>{column['role']}</small> {sign(column['status'])}</h2>"
    return f"{head}<p>{escape(said)}</p>{_distribution(column)}{table(_carried(column))}{_curve(column['history'])}"


def _shares(side: Json) -> list[float]:
    counts = [*side["counts"], side.get("other", 0), side["missing"]]
    return [count / max(sum(counts), 1) for count in counts]


def _distribution(column: Json) -> str:
    """Draw the bars of now and the outline of the reference; others and missing values last."""
    histogram = column["histogram"]
    now, usual = _shares(histogram["current"]), _shares(histogram["reference"])
    step, high = _WIDTH / len(now), max(*now, *usual, 0.01)

    def y(share: float) -> float:
        return _HEIGHT - share / high * (_HEIGHT - 4)

    bars = "".join(f"M{n * step + 1:.1f} {_HEIGHT}V{y(v):.1f}h{step - 2:.1f}V{_HEIGHT}z" for n, v in enumerate(now))
    outline = (
        f"M0 {_HEIGHT}" + "".join(f"V{y(v):.1f}H{(n + 1) * step:.1f}" for n, v in enumerate(usual)) + f"V{_HEIGHT}"
    )
    text = f'<text x="0" y="{_HEIGHT + 14}">bars: {escape(over(column["window"]))}; outline: reference; highest {100 * high:.3g} %</text>'
    return _svg("Distribution against the reference", f'<path d="{bars}"/><path class="ref" d="{outline}"/>{text}')


def _carried(column: Json) -> Iterable[tuple[str, str]]:
    """Name the bins that carry most of the drift."""
    histogram, carried = column["histogram"], column["carried"]
    named = [(name, share or 0.0) for name, share in zip(_names(histogram), carried["bins"], strict=True)]
    named += [("other categories", carried.get("other") or 0.0), ("missing", carried["missing"] or 0.0)]
    for name, share in sorted(named, key=lambda pair: -pair[1])[:3]:
        if share >= 0.05:
            yield name, f"carries {100 * share:.0f} % of the drift"


def _names(histogram: Json) -> Sequence[str]:
    if "categories" in histogram:
        names: Sequence[str] = histogram["categories"]
        return names
    edges = [f"{edge:.4g}" for edge in histogram["edges"]]
    if not edges:
        return ["all values"]
    return [f"≤ {edges[0]}", *(f"{a} to {b}" for a, b in itertools.pairwise(edges)), f"> {edges[-1]}"]


def _curve(history: Json) -> str:
    """Draw the distance over time."""
    points = [(t, d) for t, d in zip(history["times"], history["debiased"], strict=True) if d is not None]
    if len(points) < 2:
        return ""
    first, last, high = points[0][0], points[-1][0], max(0.1, *(d for _, d in points))
    path = "L".join(
        f"{(t - first) / (last - first) * _WIDTH:.1f} {_HEIGHT - max(d, 0) / high * (_HEIGHT - 4):.1f}"
        for t, d in points
    )
    text = f'<text x="0" y="{_HEIGHT + 14}">distance from {moment(first)} to {moment(last)}; highest {high:.2f}</text>'
    return _svg("Distance over time", f'<path class="curve" d="M{path}"/>{text}')


def _svg(label: str, inner: str) -> str:
    return f'<svg role="img" aria-label="{label}" width="{_WIDTH}" height="{_HEIGHT + 20}" viewBox="0 0 {_WIDTH} {_HEIGHT + 20}">{inner}</svg>'


def _rest(report: Json) -> str:
    left = report["drifted"] - len(report["columns"])
    return f"<p>{left} more columns have drifted.</p>" if left > 0 else ""


def _notes(report: Json) -> str:
    """Say what a person should know of the file."""
    notes = [] if report["source"] is None else report["source"]["notes"]
    return f"<h2>Notes</h2><ul>{''.join(f'<li>{escape(note)}</li>' for note in notes)}</ul>" if notes else ""
