"""One model's state: what it has counted, its windows, its reference, and its status."""

from driftgauge.model.clients import ClientCounts
from driftgauge.model.embeddings import EmbeddingScores
from driftgauge.model.evaluation import (
    LATENCY_BUCKETS,
    QUANTILES,
    ChangeScores,
    ClassShares,
    Counters,
    Evaluation,
    ModelView,
    SegmentScores,
    StuckScores,
)
from driftgauge.model.evaluator import Evaluator
from driftgauge.model.generations import FIRST_TOKEN_BUCKETS, OUTPUT_TOKEN_BUCKETS, Durations, GenerationCounts
from driftgauge.model.history import ColumnHistory
from driftgauge.model.label_view import DELAY_BUCKETS, LabelCounters, LabelView
from driftgauge.model.level_track import LevelChange
from driftgauge.model.level_watch import DIRECTIONS, LevelView
from driftgauge.model.model import Model
from driftgauge.model.performance import Performance
from driftgauge.model.registry import Registry
from driftgauge.model.stuck import stuck_value
from driftgauge.model.sums import WindowSums
from driftgauge.model.tokens import TokenScores

__all__ = [
    "DELAY_BUCKETS",
    "DIRECTIONS",
    "FIRST_TOKEN_BUCKETS",
    "LATENCY_BUCKETS",
    "OUTPUT_TOKEN_BUCKETS",
    "QUANTILES",
    "ChangeScores",
    "ClassShares",
    "ClientCounts",
    "ColumnHistory",
    "Counters",
    "Durations",
    "EmbeddingScores",
    "Evaluation",
    "Evaluator",
    "GenerationCounts",
    "LabelCounters",
    "LabelView",
    "LevelChange",
    "LevelView",
    "Model",
    "ModelView",
    "Performance",
    "Registry",
    "SegmentScores",
    "StuckScores",
    "TokenScores",
    "WindowSums",
    "stuck_value",
]
