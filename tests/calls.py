"""Counts what Python does, as a measure of speed that no other work on the machine disturbs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

__all__ = ["calls"]


def calls(work: Callable[[], object]) -> int:
    """Return how many functions *work* calls, those written in C included; its first call warms caches."""
    work()
    counted = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()  # what others have asked to be told of collections is not its work
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()
    return counted
