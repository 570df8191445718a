"""References: built from data sets in two passes, or learned from traffic in one.

What builds, learns and compares is loaded when it is asked for: an exporter whose models have profiles does without, and
starts sooner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftgauge.reference.select import without

if TYPE_CHECKING:
    from driftgauge.reference.builder import BuildOptions, build
    from driftgauge.reference.compare import ColumnComparison, Comparison, compare_profiles
    from driftgauge.reference.learner import Learner

__all__ = [
    "BuildOptions",
    "ColumnComparison",
    "Comparison",
    "Learner",
    "build",
    "compare_profiles",
    "without",
]

_MODULES = {
    "BuildOptions": "builder",
    "ColumnComparison": "compare",
    "Comparison": "compare",
    "Learner": "learner",
    "build": "builder",
    "compare_profiles": "compare",
}


def __getattr__(name: str) -> Any:
    """Load the module of a name when it is asked for."""
    if name in _MODULES:
        from importlib import import_module  # noqa: PLC0415 - nobody else should find it here

        return getattr(import_module(f"driftgauge.reference.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
