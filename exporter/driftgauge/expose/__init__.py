"""Expose: views of models in, text for Prometheus and plain values for JSON out. Pure but for what a scrape may reuse."""

from driftgauge.expose.api import describe_model, list_models
from driftgauge.expose.checkpoints import CheckpointView, StatusFileView
from driftgauge.expose.column import describe_column
from driftgauge.expose.exporter import ExporterView
from driftgauge.expose.exporter_api import Refusal, describe_exporter
from driftgauge.expose.exposition import Exposition
from driftgauge.expose.family import Family, Prefixes, Samples, encode
from driftgauge.expose.formats import CLASSIC, OPENMETRICS, Format, negotiate
from driftgauge.expose.incident import describe_incident, drifted
from driftgauge.expose.incident_html import REPORT_POLICY, incident_html
from driftgauge.expose.listeners import ListenerView
from driftgauge.expose.overview import describe_overview
from driftgauge.expose.process import ProcessMetrics

__all__ = [
    "CLASSIC",
    "OPENMETRICS",
    "REPORT_POLICY",
    "CheckpointView",
    "ExporterView",
    "Exposition",
    "Family",
    "Format",
    "ListenerView",
    "Prefixes",
    "ProcessMetrics",
    "Refusal",
    "Samples",
    "StatusFileView",
    "describe_column",
    "describe_exporter",
    "describe_incident",
    "describe_model",
    "describe_overview",
    "drifted",
    "encode",
    "incident_html",
    "list_models",
    "negotiate",
]
