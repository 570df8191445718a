"""Expose: views of models in, text for Prometheus and plain values for JSON out. Pure but for what a scrape may reuse."""

from driftgauge.expose.api import describe_model, list_models
from driftgauge.expose.checkpoints import CheckpointView
from driftgauge.expose.exporter import ExporterView
from driftgauge.expose.exposition import Exposition
from driftgauge.expose.family import Family, Samples, encode
from driftgauge.expose.formats import CLASSIC, OPENMETRICS, Format, negotiate
from driftgauge.expose.listeners import ListenerView
from driftgauge.expose.process import ProcessMetrics

__all__ = [
    "CLASSIC",
    "OPENMETRICS",
    "CheckpointView",
    "ExporterView",
    "Exposition",
    "Family",
    "Format",
    "ListenerView",
    "ProcessMetrics",
    "Samples",
    "describe_model",
    "encode",
    "list_models",
    "negotiate",
]
