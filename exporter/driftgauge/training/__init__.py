"""Monitoring from code, without a server: profiles of data sets, their comparison, and a monitor for notebooks and jobs."""

from driftgauge.training.comparison import DatasetComparison, compare_profiles
from driftgauge.training.compute import compute_dataset_profile
from driftgauge.training.dataset_profile import DatasetProfile, find_profiles, load_profile, save_profile
from driftgauge.training.performance import DriftReport, PerformanceMonitor, PerformanceSummary
from driftgauge.training.task import TaskSpec

__all__ = [
    "DatasetComparison",
    "DatasetProfile",
    "DriftReport",
    "PerformanceMonitor",
    "PerformanceSummary",
    "TaskSpec",
    "compare_profiles",
    "compute_dataset_profile",
    "find_profiles",
    "load_profile",
    "save_profile",
]
