"""Pieces of the report as HTML: tables, signs and moments. Whatever comes from data is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

__all__ = ["grid", "moment", "sign", "table"]

_SIGNS = {"ok": "✓", "warn": "▲", "alert": "✖", "critical": "✖", "warning": "▲", "undecided": "?"}


def table(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names with their values."""
    rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in pairs)
    return f"<table>{rows}</table>" if rows else ""


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with a heading for each column."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{lines}</table>"


def sign(status: str) -> str:
    """Return a status as a symbol and a word."""
    return f'<b class="{status}">{_SIGNS[status]} {status}</b>'


def moment(time: float | None) -> str:
    """Return seconds since 1970 as a date and a time."""
    return "never" if time is None else datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC")
