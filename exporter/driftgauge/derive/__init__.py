"""Derivations: Batch -> Batch with further columns; NumPy only, shared by the exporter and the client."""

from driftgauge.derive.anomaly import ANOMALY, Detector
from driftgauge.derive.confidence import CONFIDENCE, confidence_of, with_confidence_columns
from driftgauge.derive.embedding import Embedder, with_embedding_columns
from driftgauge.derive.fields import with_texts, with_vectors
from driftgauge.derive.images import image_facts
from driftgauge.derive.probabilities import MOST_CLASSES, with_probability_columns, with_score_columns
from driftgauge.derive.residual import RESIDUAL, Projection, with_residual_column
from driftgauge.derive.text import TextFacts, mixed_facts, text_facts, text_of, token_facts, token_table_facts

__all__ = [
    "ANOMALY",
    "CONFIDENCE",
    "MOST_CLASSES",
    "RESIDUAL",
    "Detector",
    "Embedder",
    "Projection",
    "TextFacts",
    "confidence_of",
    "image_facts",
    "mixed_facts",
    "text_facts",
    "text_of",
    "token_facts",
    "token_table_facts",
    "with_confidence_columns",
    "with_embedding_columns",
    "with_probability_columns",
    "with_residual_column",
    "with_score_columns",
    "with_texts",
    "with_vectors",
]
