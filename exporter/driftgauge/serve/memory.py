"""Keeps the C library from holding on to memory that Python has given back.

glibc gives every thread an arena of its own, and what is freed in one is of no use to the others: with two worker threads
that doubles what large temporary arrays leave behind. One arena is enough where Python's own lock lets one thread run at a
time. Where the C library is another one, this does nothing.
"""

from __future__ import annotations

import ctypes

__all__ = ["share_one_arena", "trim"]

_M_ARENA_MAX = -8  # malloc.h


def share_one_arena() -> None:
    """Let all threads allocate from one arena; call before threads start."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def trim() -> None:
    """Give freed memory back to the system; a few milliseconds."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
