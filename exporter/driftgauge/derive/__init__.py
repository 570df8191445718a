"""Derivations: Batch -> Batch with further columns; NumPy only, shared by the exporter and the client."""

from driftgauge.derive.probabilities import MOST_CLASSES, with_probability_columns

__all__ = ["MOST_CLASSES", "with_probability_columns"]
