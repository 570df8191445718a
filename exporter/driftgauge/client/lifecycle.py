"""Lifecycle: forks and the end of the process, for all monitors of it.

A forked child begins with an empty buffer and no thread (the parent sends what was waiting) and starts its own at the
first call. At the end of the process everything that waits is sent, for `shutdown_seconds` in all; children of
`multiprocessing` leave without running `atexit`, so their own finalizers do it. Hooks are set by the first monitor, not by
importing.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
import weakref

from driftgauge.client.sender import Sender

__all__ = ["close_all", "look_after", "look_after_child"]

_senders: weakref.WeakSet[Sender] = weakref.WeakSet()
_hooked: list[bool] = []
_seconds: dict[str, float] = {}


def look_after(sender: Sender, shutdown_seconds: float) -> None:
    """Reset *sender* in forked children and flush it at the end of the process."""
    _senders.add(sender)
    _seconds["shutdown"] = max(shutdown_seconds, _seconds.get("shutdown", 0.0))
    if not _hooked:
        _hooked.append(True)
        atexit.register(close_all)
        os.register_at_fork(after_in_child=_forked)


def look_after_child() -> None:
    """Flush at the end of a child of `multiprocessing`; call where the thread has started."""
    process, util = sys.modules.get("multiprocessing.process"), sys.modules.get("multiprocessing.util")
    if process is not None and util is not None and process.parent_process() is not None:
        util.Finalize(None, close_all, exitpriority=0)


def close_all() -> None:
    """Send what waits in every monitor; the deadline is one for all."""
    deadline = time.monotonic() + _seconds.get("shutdown", 0.0)
    for sender in list(_senders):
        sender.close(max(deadline - time.monotonic(), 0.0))


def _forked() -> None:
    for sender in list(_senders):
        sender.forked()
