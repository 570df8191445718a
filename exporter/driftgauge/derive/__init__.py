"""Derivations: Batch -> Batch with further columns; NumPy only, shared by the exporter and the client."""

from driftgauge.derive.probabilities import MOST_CLASSES, with_probability_columns
from driftgauge.derive.residual import RESIDUAL, Projection, with_residual_column

__all__ = ["MOST_CLASSES", "RESIDUAL", "Projection", "with_probability_columns", "with_residual_column"]
