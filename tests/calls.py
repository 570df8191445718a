"""Counts what Python does, as a measure of speed that no other work on the machine disturbs."""

from __future__ import annotations

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

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted
