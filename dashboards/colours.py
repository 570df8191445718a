"""Colours that people with any kind of colour vision can tell apart (Okabe and Ito), and what each stands for.

Status is told by colour and by word, quantiles by lightness, thresholds by their dashes: no panel needs colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CRITICAL", "CURRENT", "MUTED", "OK", "REFERENCE", "SECOND", "STATUS", "THIRD", "WARNING"]

OK = "#56B4E9"
WARNING = "#E69F00"
CRITICAL = "#D55E00"
MUTED = "#9A9A9A"

#: what is, against what was
CURRENT, REFERENCE = "#0072B2", "#B8B8B8"
SECOND, THIRD = "#CC79A7", "#009E73"

#: `driftgauge_drift_status` in words
STATUS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        -1: ("cannot judge", MUTED),
        0: ("ok", OK),
        1: ("warn", WARNING),
        2: ("alert", CRITICAL),
    }
)
