"""The status file: what `GET /api/v1/models` answers, written now and then for tools that poll a file.

A reader sees a whole file or none: it is written beside its place and renamed. What cannot be written is counted, said in the log once
for each reason in a row, and tried again at the next interval; the file's own `time` tells how old it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from pathlib import Path

from driftgauge.expose import StatusFileView, list_models
from driftgauge.file_settings import StatusFileSettings
from driftgauge.model import ModelView
from driftgauge.serve.engine import Engine
from driftgauge.serve.logs import LOGGER, origin
from driftgauge.serve.periodic import Periodic
from driftgauge.serve.state_folder import failure_reason

__all__ = ["FAILURES", "StatusFile"]

#: reasons why it could not be written; internal: a fault of ours
FAILURES = ("no_space", "read_only", "permission", "io", "internal")
#: other processes poll it: owner writes, everybody reads
_MODE = 0o644


class StatusFile:
    """Writes the status of the models of *engine* as *settings* say; the folder must be there."""

    def __init__(self, engine: Engine, settings: StatusFileSettings) -> None:
        self._engine = engine
        self._path = Path(settings.path)
        self._periodic = Periodic(self.write, settings.interval_seconds, at_once=True)
        self._time: float | None = None
        self._failures = Counter(dict.fromkeys(FAILURES, 0))
        self._said = ""
        self._tell()

    def start(self) -> None:
        """Begin to write; call inside the event loop."""
        self._periodic.start()

    async def stop(self) -> None:
        """Write it a last time."""
        await self._periodic.stop()

    async def write(self) -> None:
        """Write it now; what fails is counted."""
        time = self._engine.clock()
        try:
            views = await self._engine.views()
            text = await self._engine.on_scorer(_text, views, time)
            await asyncio.to_thread(self._replace, text)
        except OSError as error:
            reason = failure_reason(error)
            self._failed(reason if reason in FAILURES else "io", str(error.strerror or error))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the writing for good
            self._failed("internal", origin(error))
        else:
            self._time, self._said = time, ""
        self._tell()

    def _replace(self, text: str) -> None:
        beside = self._path.with_name(f".{self._path.name}.writing")
        try:
            beside.write_text(text, "utf-8")
            beside.chmod(_MODE)
            beside.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise

    def _failed(self, reason: str, detail: str) -> None:
        self._failures[reason] += 1
        if self._said != reason:
            LOGGER.error("no status file", extra={"reason": reason, "detail": f"{self._path}: {detail}"})
        self._said = reason

    def _tell(self) -> None:
        self._engine.health.status_file = StatusFileView(time=self._time, failures=dict(self._failures))


def _text(views: tuple[ModelView, ...], time: float) -> str:
    return json.dumps(list_models(views, time), allow_nan=False) + "\n"
