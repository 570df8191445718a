"""Structured logs on standard error: one line per event, logfmt or JSON. No line carries what was observed."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from driftgauge.config import LogSettings

__all__ = ["LOGGER", "configure", "origin"]

LOGGER = logging.getLogger("driftgauge")
#: what speaks up beside us when something goes wrong
_LIBRARIES = ("aiohttp", "asyncio")
#: stack frames that a line names
_FRAMES = 4

#: attributes of every record; what is beyond them was passed as `extra`
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    facts = {"ts": time, "level": record.levelname.lower(), "msg": record.getMessage()}
    facts |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
    if record.exc_info and record.exc_info[1] is not None:
        facts["error"] = origin(record.exc_info[1])
    return facts


def origin(error: BaseException) -> str:
    """Say what was raised and where, without its message, which may quote what was observed."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = " > ".join(f"{frame.name} ({frame.filename.rpartition('/')[2]}:{frame.lineno})" for frame in frames)
    return f"{type(error).__name__} in {places}"


class _Logfmt(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{name}={self._quoted(value)}" for name, value in _facts(record).items())

    @staticmethod
    def _quoted(value: Any) -> str:
        text = str(value)
        plain = text.isprintable() and text and not set(text) & set(' "=\\')
        return text if plain else json.dumps(text, ensure_ascii=False)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_facts(record), ensure_ascii=False, default=str)


def configure(settings: LogSettings) -> None:
    """Send the exporter's events to standard error in the wanted form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter({"logfmt": _Logfmt, "json": _Json}[settings.format]())
    LOGGER.setLevel(settings.level.upper())
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in (LOGGER.name, *_LIBRARIES):
        logging.getLogger(name).handlers[:] = [handler]
        logging.getLogger(name).propagate = False
