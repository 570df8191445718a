"""Warned: what the exporter says of rows that it took and could not use as they were meant, once each in the client's log."""

from __future__ import annotations

import json
from collections.abc import Callable

__all__ = ["note_warnings"]


def note_warnings(text: str, note: Callable[[str, str], None]) -> None:
    """Note the `warnings` of an answer; whatever else stands there is left alone."""
    if '"warnings"' not in text:  # nearly always
        return
    try:
        warnings = json.loads(text)["warnings"]
        said = [(str(warning["field"]), str(warning["reason"]), str(warning["message"])) for warning in warnings]
    except (ValueError, TypeError, KeyError):  # something between here and the exporter answered
        return
    for field, reason, message in said:
        note(
            f"warning {field[:64]} {reason[:64]}",
            f"the exporter took the rows, but of {field[:64]!r} it says: {message}",
        )
