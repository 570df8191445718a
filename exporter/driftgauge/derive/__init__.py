"""Derivations: Batch -> Batch with further columns; NumPy only, shared by the exporter and the client."""

from driftgauge.derive.confidence import CONFIDENCE, confidence_of, with_confidence_columns
from driftgauge.derive.probabilities import MOST_CLASSES, with_probability_columns, with_score_columns
from driftgauge.derive.residual import RESIDUAL, Projection, with_residual_column

__all__ = [
    "CONFIDENCE",
    "MOST_CLASSES",
    "RESIDUAL",
    "Projection",
    "confidence_of",
    "with_confidence_columns",
    "with_probability_columns",
    "with_residual_column",
    "with_score_columns",
]
