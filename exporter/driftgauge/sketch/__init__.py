"""Sketches: what is counted of columns, as arrays that add.

A spec says what is counted and gives `zero()` and `of(values)`; a sketch is its arrays and has `merge`; answers are
properties. All columns of a kind share one sketch: the leading axis of every array is the column.
"""

from driftgauge.sketch.additive import Sketch, Spec
from driftgauge.sketch.binned import Binned, BinnedSpec
from driftgauge.sketch.categories import TOP_CATEGORIES, CategoryCounts, CategorySpec
from driftgauge.sketch.confusion import Confusion, ConfusionSpec
from driftgauge.sketch.coverage import Coverage, CoverageSpec
from driftgauge.sketch.embedding import MeanSpec, MeanVector
from driftgauge.sketch.error_sums import ErrorSums, ErrorSumsSpec
from driftgauge.sketch.exponential import ExponentialHistogram, ExponentialSpec
from driftgauge.sketch.histogram import Histogram, HistogramSpec
from driftgauge.sketch.reliability import Bins, Reliability, ReliabilitySpec
from driftgauge.sketch.scatter import Scatter, ScatterSpec
from driftgauge.sketch.segments import SegmentCounts, SegmentSpec
from driftgauge.sketch.tokens import FOLDED, TOKEN_BUCKETS, TokenCounts, TokenSpec

__all__ = [
    "FOLDED",
    "TOKEN_BUCKETS",
    "TOP_CATEGORIES",
    "Binned",
    "BinnedSpec",
    "Bins",
    "CategoryCounts",
    "CategorySpec",
    "Confusion",
    "ConfusionSpec",
    "Coverage",
    "CoverageSpec",
    "ErrorSums",
    "ErrorSumsSpec",
    "ExponentialHistogram",
    "ExponentialSpec",
    "Histogram",
    "HistogramSpec",
    "MeanSpec",
    "MeanVector",
    "Reliability",
    "ReliabilitySpec",
    "Scatter",
    "ScatterSpec",
    "SegmentCounts",
    "SegmentSpec",
    "Sketch",
    "Spec",
    "TokenCounts",
    "TokenSpec",
]
