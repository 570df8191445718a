"""What a listener counts: connections open and ended by force, and requests refused before a handler saw them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["CLOSED", "REFUSED", "ListenerCounts"]

#: why a connection is ended by force -> what happened
CLOSED = {
    "limit": "more connections than the listener takes",
    "header_timeout": "the head of a request did not arrive in time",
    "header_size": "the head of a request is over 32 KiB",
    "body_timeout": "the body of a request did not arrive in time",
    "slow_reader": "an answer was not read in time",
    "idle": "nothing was asked for a while",
}
#: why a request is refused -> what happened
REFUSED = {
    "no_credentials": "credentials are missing",
    "wrong_credentials": "credentials are wrong",
    "certificate": "the client's certificate is not one of those that are allowed",
    "cross_site": "a browser sent it for a page of another site",
    "busy": "too many passwords wait to be checked",
    "rate_limit": "rate_limit of the web configuration file is exceeded",
    "closed": "the files that protect the listener cannot be used",
    "malformed": "it is no HTTP, or a line of its head is too long",
}


@dataclass(slots=True)
class ListenerCounts:
    """Counters of one listener, written by the event loop alone.

    Attributes:
        name: `metrics`, `ingest` or `socket`.
        open: connections that are open now.
        closed: connections ended by force, by reason.
        refused: requests refused, by reason.
        scheme: `http`, `https` or `mtls` (clients must show a certificate).
        authentication: what a request must show beside that: `none`, `token`, `basic` or `token,basic`.
        insecure: whether other machines can change what it counts without authentication.
        files_valid: whether the files that protect it could last be read; None when there are none.
    """

    name: str
    open: int = 0
    closed: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(CLOSED, 0)))
    refused: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REFUSED, 0)))
    scheme: str = "http"
    authentication: str = "none"
    insecure: bool = False
    files_valid: bool | None = None
