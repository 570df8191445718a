"""The landing page: which models there are, how they are, and where the rest is. No script, no style from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import quote

__all__ = ["PAGE_POLICY", "landing_page"]

_STYLE = """\
:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8886 }
"""
#: the page's one style is allowed by its digest, nothing else is
PAGE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>driftgauge</title>
<style>{style}</style></head>
<body><h1>driftgauge</h1>
<p>Version {version}. <a href="metrics">metrics</a>, <a href="api/v1/models">models as JSON</a>, <a href="-/ready">readiness</a></p>
{models}
</body></html>
"""
_HEAD = "<tr><th>model</th><th>version</th><th>state</th><th>status</th><th>worst column</th><th>requests</th></tr>"
_SYMBOLS = {"ok": "✓ ok", "warn": "▲ warn", "alert": "✖ alert", "undecided": "? undecided"}


def landing_page(models: Mapping[str, Any], version: str) -> str:
    """Return the page for what `expose.list_models` says."""
    rows = "".join(_row(model) for model in models["models"])
    empty = "<p>No model has been observed yet. Observations go to the ingest listener.</p>"
    return _PAGE.format(
        style=_STYLE, version=escape(version), models=f"<table>{_HEAD}{rows}</table>" if rows else empty
    )


def _row(model: Mapping[str, Any]) -> str:
    worst = model["worst_column"]
    learning = model["learning"]
    state = f"learning, {learning['rows']} of {learning['wanted_rows']} rows" if learning else model["state"]
    link = f"api/v1/models/{quote(model['name'], safe='')}/versions/{quote(model['version'], safe='')}"
    cells = (
        f'<a href="{escape(link)}">{escape(model["name"])}</a>',
        escape(model["version"]),
        escape(state),
        escape(_SYMBOLS[model["status"]]),
        escape(f"{worst['feature']} ({worst['debiased']:.3f})" if worst and worst["debiased"] is not None else ""),
        str(model["requests"]),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
