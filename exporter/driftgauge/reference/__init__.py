"""References: built from data sets in two passes, or learned from traffic in one."""

from driftgauge.reference.builder import BuildOptions, build
from driftgauge.reference.compare import ColumnComparison, Comparison, compare_profiles
from driftgauge.reference.learner import Learner
from driftgauge.reference.select import without

__all__ = [
    "BuildOptions",
    "ColumnComparison",
    "Comparison",
    "Learner",
    "build",
    "compare_profiles",
    "without",
]
