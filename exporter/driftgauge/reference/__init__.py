"""References: built from data sets in two passes, or learned from traffic in one."""

from driftgauge.reference.builder import BuildOptions, build
from driftgauge.reference.learner import Learner

__all__ = ["BuildOptions", "Learner", "build"]
