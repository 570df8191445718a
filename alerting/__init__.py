"""Alerting: recording rules, alerts and their runbooks as typed data; `python -m alerting` renders them.

Law: rendering is a pure function of `settings.yaml` and this package, so the committed files can be checked to be current.
Metric names come from `driftgauge.names`; a renamed metric breaks the rendering, not an alert in the night.
Time: 0.1 s.
"""
