"""Rules as records: what is recorded, what alerts, and the groups that are evaluated together in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["CRITICAL", "INFO", "WARNING", "Alert", "Group", "Record"]

INFO, WARNING, CRITICAL = "info", "warning", "critical"


@dataclass(frozen=True, slots=True)
class Record:
    """A recorded series; `about` says what it is, in one line, for the documentation."""

    name: str
    expr: str
    about: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert; a symptom, with a runbook of the same name.

    Attributes:
        name: the condition, not the remedy.
        severity: `critical` pages, `warning` makes a ticket, `info` is to be looked at.
        expr: what is wrong.
        wait: how long it must be so (`for`).
        keep: how long it goes on after it is no longer so (`keep_firing_for`); empty: not at all.
        why: the reason for both times, in the data.
        summary: a static sentence.
        description: a template with the values and their units.
        dashboard: uid of the dashboard that shows it.
        links: labels that fill the dashboard's variables of the same name.
        labels: further static labels.
    """

    name: str
    severity: str
    expr: str
    wait: str
    keep: str = ""
    why: str
    summary: str
    description: str
    dashboard: str
    links: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated together, in order, at one time."""

    name: str
    interval: str
    rules: tuple[Record | Alert, ...]
