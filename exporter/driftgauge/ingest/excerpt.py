"""Excerpt: a sender's value as an error message may show it.

At most 16 characters of text are ever repeated, 64 of a name: messages end in answers and logs, where feature values
must not.
"""

from __future__ import annotations

from typing import Any

__all__ = ["excerpt", "short"]

_TEXT = 16
_NAME = 64
_KINDS = {list: "a list", dict: "an object", type(None): "null", bool: "a boolean"}


def excerpt(value: Any) -> str:
    """Show a value's beginning, or its kind.

    >>> excerpt("yesterday"), excerpt([1, 2])
    ("'yesterday'", 'a list')
    """
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    if isinstance(value, str):
        return repr(value if len(value) <= _TEXT else value[: _TEXT - 1] + "…")
    if isinstance(value, int) and value.bit_length() > 64:
        return "a huge integer"
    return repr(value)[:24]


def short(name: str) -> str:
    """Cut a name to the length that counters and messages carry."""
    return name[:_NAME]
