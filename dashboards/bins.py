"""Bins: expressions for the shares of a column's bins, now and in the reference, from the fleet's counters.

During a rollout there are two references with bins of their own; the one that most values were counted against is shown.
"""

from __future__ import annotations

from dashboards.where import Where
from driftgauge import names

__all__ = ["current_share", "reference_share", "share_over_time"]

_NEVER_WITH = ("feature", "role", "reference")


def current_share(where: Where, *by: str, **fixed: str | None) -> str:
    """Return the share of each bin in the window, of all pods."""
    values = f"sum by ({', '.join((*by, *_rest(by)))}) ({_values(where, fixed)})"
    each = ", ".join(dict.fromkeys((*(label for label in by if label != "bin"), *_rest(by))))
    share = f"{values} / on ({each}) group_left () (sum by ({each}) ({_values(where, fixed)}) > 0)"
    return f"max by ({', '.join(by)}) ({share} {_newest(where, fixed)})"


def reference_share(where: Where, *by: str, **fixed: str | None) -> str:
    """Return the share of each bin in the reference."""
    ratio = f"max by ({', '.join((*by, *_rest(by)))}) ({where.metric(names.FEATURE_REFERENCE_RATIO, **fixed)})"
    return f"max by ({', '.join(by)}) ({ratio} {_newest(where, fixed)})"


def share_over_time(where: Where, **fixed: str | None) -> str:
    """Return the share of each bin of one column at each time."""
    values = f"sum by (bin, reference) ({where.rate(names.FEATURE_VALUES, **fixed)})"
    total = f"sum by (reference) ({where.rate(names.FEATURE_VALUES, **fixed)})"
    return f"max by (bin) ({values} / on (reference) group_left () ({total} > 0))"


def _values(where: Where, fixed: dict[str, str | None]) -> str:
    return f"increase({where.metric(names.FEATURE_VALUES, **fixed)}[$window])"


def _rest(by: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(label for label in _NEVER_WITH if label not in by)


def _newest(where: Where, fixed: dict[str, str | None]) -> str:
    return f"and on (reference) topk(1, sum by (reference) ({_values(where, fixed)}))"
