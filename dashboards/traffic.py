"""Traffic: expressions for rate, errors and duration, straight from the counters, so that they follow the time range."""

from __future__ import annotations

from dashboards.where import Where
from driftgauge import names

__all__ = ["error_ratio", "quantile", "requests", "silence"]


def requests(where: Where, *by: str, **fixed: str | None) -> str:
    """Return requests per second."""
    return f"sum by ({', '.join(by)}) ({where.rate(names.REQUESTS, **fixed)})"


def error_ratio(where: Where, *by: str, **fixed: str | None) -> str:
    """Return the failed share of the requests; no value without requests."""
    failures = f"sum by ({', '.join(by)}) ({where.rate(names.REQUEST_FAILURES, **fixed)})"
    return f"{failures} / ({requests(where, *by, **fixed)} > 0)"


def quantile(where: Where, level: float, *by: str, **fixed: str | None) -> str:
    """Return a quantile of the request duration, of all pods' buckets together; no value without requests."""
    buckets = f"sum by ({', '.join((*by, 'le'))}) ({where.rate(names.REQUEST_DURATION, **fixed)})"
    return f"histogram_quantile({level:g}, {buckets}) > 0"


def silence(where: Where, *by: str, **fixed: str | None) -> str:
    """Return the seconds since any pod observed something."""
    return f"time() - max by ({', '.join(by)}) ({where.metric(names.LAST_OBSERVATION, **fixed)})"
