"""Dashboards for Grafana, rendered from Python to classic JSON: `python -m dashboards`.

    pages -> kinds (one function a kind of panel) -> page (grid, ids, variables) -> rendered/*.json

A page says what is asked, `where` writes the selectors, `names` and `alerting.records.series` spell the metrics. Nothing
else knows a metric's name, and nothing but `kinds`, `page` and `sdk` knows Grafana.
"""
