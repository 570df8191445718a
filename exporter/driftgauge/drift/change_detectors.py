"""Change detectors of river behind one small interface: a value in, whether the level has changed since it began out.

river is imported when the first detector is made (1 s and 83 MB, most of it SciPy), never before. A detector is a function of the values that it
was given, in order: `replayed` makes one that goes on exactly as the one that saw them, so nobody has to store its insides.

ADWIN (Bifet and Gavalda 2007) and Page-Hinkley (Page 1954) compare means, KSWIN (Raab et al. 2020) the shape of the last 60 values with
that of 60 drawn of the 180 before them; its draws have a fixed seed. Time for a value: ADWIN and Page-Hinkley some 2 us, KSWIN 0.4 ms.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from driftgauge.level_settings import LevelChangeSettings

__all__ = ["Detector", "detector_of", "load_detectors", "memory_of", "replayed"]

#: KSWIN: values that are compared with earlier ones, and all that it keeps; river's 30 of 100 see two standard deviations at best
_KSWIN_RECENT, _KSWIN_KEPT = 60, 240
#: values that the others are given again: a day of minutes
_A_DAY = 1_440


class Detector(Protocol):
    """What river calls a drift detector."""

    @property
    def drift_detected(self) -> bool:
        """Whether the last value has shown a change."""

    def update(self, x: float) -> Any:
        """Take a value in."""


def load_detectors() -> Any:
    """Import the detectors.

    Raises:
        ImportError: river is not installed, or cannot be used with what is.
    """
    return importlib.import_module("river.drift")


def detector_of(name: str, settings: LevelChangeSettings) -> Detector:
    """Make the detector *name* of `level_settings.DETECTORS`."""
    found: Detector = _MAKERS[name](load_detectors(), settings)
    return found


def memory_of(name: str) -> int:
    """Return how many values back a detector needs to look; those before may be forgotten."""
    return _KSWIN_KEPT if name == "kswin" else _A_DAY


def replayed(name: str, settings: LevelChangeSettings, values: Iterable[float]) -> Detector:
    """Make a detector that has seen *values*; what it found in them is past."""
    detector = detector_of(name, settings)
    for value in values:
        detector.update(value)
    return detector


def _adwin(river: Any, settings: LevelChangeSettings) -> Any:
    # river looks every 32 values; a slot is a minute, and looking costs a microsecond
    return river.ADWIN(delta=settings.adwin_delta, clock=1)


def _page_hinkley(river: Any, settings: LevelChangeSettings) -> Any:
    return river.PageHinkley(delta=settings.page_hinkley_allowance, threshold=settings.page_hinkley_threshold)


def _kswin(river: Any, settings: LevelChangeSettings) -> Any:
    return river.KSWIN(alpha=settings.kswin_alpha, window_size=_KSWIN_KEPT, stat_size=_KSWIN_RECENT, seed=1)


_MAKERS: Mapping[str, Callable[[Any, LevelChangeSettings], Any]] = MappingProxyType(
    {"adwin": _adwin, "page_hinkley": _page_hinkley, "kswin": _kswin}
)
