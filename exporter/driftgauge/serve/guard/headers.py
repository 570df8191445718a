"""Headers of every answer: no guessing of types, no framing, no scripts, nothing kept, and no version of the server."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from multidict import CIMultiDict

__all__ = ["HEADERS", "SERVER", "put_headers"]

#: without a version, which would tell which weaknesses to try
SERVER = "driftgauge"
#: what a handler sets itself comes before these
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "deny",
    }
)


def put_headers(headers: CIMultiDict[str], wanted: Mapping[str, str]) -> None:
    """Add ours; what the operator *wanted* replaces what is there."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    for name, value in wanted.items():
        headers[name] = value
    headers["Server"] = SERVER
