"""How the process uses memory and cores: freed memory is kept for some seconds, what stays is not looked at, NumPy has one core.

glibc gives every thread an arena of its own, and what is freed in one is of no use to the others: with two worker threads
that doubles what large temporary arrays leave behind. One arena is enough where Python's own lock lets one thread run at a
time. Bodies of a megabyte and the arrays made of them come and go many times a second; fetching their pages from the kernel
each time takes as long as counting them, so freed memory is kept for some seconds, until `trim`. Where the C library is
another one, this does nothing.
"""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["keep_large_blocks", "share_one_arena", "start", "trim"]

# malloc.h
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
#: larger blocks come from the kernel and go back when they are freed
_LARGE = 8 * 2**20
#: free memory at the end of the heap that is kept: some bodies and their arrays
_KEPT = 16 * 2**20


def share_one_arena() -> None:
    """Let all threads allocate from one arena; call before threads start."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def keep_large_blocks() -> None:
    """Let freed blocks be used again until `trim`."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)


def trim() -> None:
    """Give freed memory back to the system; a few milliseconds."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


@contextmanager
def start() -> Iterator[Callable[[], None]]:
    """Begin a program that stands beside a model, before NumPy is loaded.

    NumPy's linear algebra would start a thread for each core, which wait for work by spinning: on two cores they take more than all
    the rest of the exporter. Whoever sets `OMP_NUM_THREADS` has what is set.

    No garbage is collected until what this yields is called, when the program is ready.

    What is imported stays, and looking at it again and again takes a sixth of the start. What is there when the program is
    ready, modules, settings and profiles, is not looked at later either.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    gc.disable()
    try:
        yield _settle
    finally:
        gc.enable()


def _settle() -> None:
    gc.freeze()
    gc.enable()
