"""driftgauge: is the model in production still seeing the data it was trained for, and how sure are we?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driftgauge.client import Monitor

__all__ = ["Monitor", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the client when it is asked for: the exporter does without it."""
    if name == "Monitor":
        from driftgauge.client import Monitor  # noqa: PLC0415 - see above

        return Monitor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
