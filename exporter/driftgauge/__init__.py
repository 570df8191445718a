"""driftgauge: is the model in production still seeing the data it was trained for, and how sure are we?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driftgauge.client import Monitor
    from driftgauge.training import (
        DatasetProfile,
        PerformanceMonitor,
        TaskSpec,
        compare_profiles,
        compute_dataset_profile,
        find_profiles,
        load_profile,
        save_profile,
    )

__all__ = [
    "DatasetProfile",
    "Monitor",
    "PerformanceMonitor",
    "TaskSpec",
    "__version__",
    "compare_profiles",
    "compute_dataset_profile",
    "find_profiles",
    "load_profile",
    "save_profile",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the client, or what a training script needs, when it is asked for: the exporter does without them."""
    if name in __all__:
        from importlib import import_module  # noqa: PLC0415 - nobody else should find it here

        return getattr(import_module("driftgauge.client" if name == "Monitor" else "driftgauge.training"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
