"""Structured logs on standard error: one line per event, logfmt or JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from driftgauge.config import LogSettings

__all__ = ["LOGGER", "configure"]

LOGGER = logging.getLogger("driftgauge")

#: attributes of every record; what is beyond them was passed as `extra`
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    facts = {"ts": time, "level": record.levelname.lower(), "msg": record.getMessage()}
    facts |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
    if record.exc_info:
        facts["error"] = logging.Formatter().formatException(record.exc_info)
    return facts


class _Logfmt(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{name}={self._quoted(value)}" for name, value in _facts(record).items())

    @staticmethod
    def _quoted(value: Any) -> str:
        text = str(value)
        return json.dumps(text, ensure_ascii=False) if not text or set(text) & set(' "=\n\t\\') else text


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_facts(record), ensure_ascii=False, default=str)


def configure(settings: LogSettings) -> None:
    """Send the exporter's events to standard error in the wanted form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter({"logfmt": _Logfmt, "json": _Json}[settings.format]())
    LOGGER.handlers[:] = [handler]
    LOGGER.setLevel(settings.level.upper())
    LOGGER.propagate = False
