"""Head of an event: what an inference logger says before the body, read strictly or not at all.

For `EventConnection`, which answers loggers without a web framework. Guarantee: where a head says anything that bears on
framing, on who asks, or on what is sent back and that is not understood here, the answer is None, and the framework reads the
request instead: what is refused, and how, is decided in one place. Cost: 10 us a head.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from driftgauge.ingest.cloud_event import PREFIX

__all__ = ["LONGEST", "Head", "read_head", "request_line"]

#: longer heads are read by the framework, which bounds each line
LONGEST = 8_190

# RFC 9110 5.1 and 5.5, RFC 9112 5: no folding, no space before the colon, no control characters.
_FIELDS = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)+")
_TARGET = re.compile(r"/[A-Za-z0-9\-._~/]*")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_CE = PREFIX.encode()
#: fields that change what a request means, or who may send it
_FOREIGN = frozenset(
    {
        *(b"authorization", b"expect", b"http2-settings", b"origin", b"sec-fetch-site", b"te"),
        *(b"trailer", b"transfer-encoding", b"upgrade"),
    }
)
#: fields of which there is one
_ONCE = frozenset({b"connection", b"content-length", b"content-type", b"host"})
_CONNECTION = {b"keep-alive": False, b"close": True}


@dataclass(frozen=True, slots=True)
class Head:
    """What is needed of a head.

    Attributes:
        length: bytes of the body.
        content_type: the field's value.
        attributes: fields that begin with `ce-`, names in lower case.
        closes: whether the sender wants the connection closed after the answer.
    """

    length: int
    content_type: str
    attributes: Mapping[str, str]
    closes: bool


def request_line(path: str) -> bytes | None:
    """Return the line that begins an event's request, with its end; None for a path that is not plain."""
    return f"POST {path} HTTP/1.1\r\n".encode() if _TARGET.fullmatch(path) else None


def read_head(fields: bytes) -> Head | None:
    r"""Read the fields of a head, each with its end and without the empty line; None for what the framework must read.

    >>> read_head(b"Host: sink\r\nContent-Length: 2\r\nCE-Id: 7\r\n").attributes
    {'ce-id': '7'}
    >>> read_head(b"Host: sink\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n")
    """
    if len(fields) > LONGEST or not _FIELDS.fullmatch(fields):
        return None
    attributes: dict[str, str] = {}
    found: dict[bytes, bytes] = {}
    for line in fields[:-2].split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.lower()
        if name.startswith(_CE):
            attributes[name.decode()] = _text(value)
        elif name in _FOREIGN or (name in _ONCE and name in found):
            return None
        elif name in _ONCE:
            found[name] = value.strip(b" \t")
    length = found.get(b"content-length", b"")
    closes = _CONNECTION.get(found.get(b"connection", b"keep-alive").lower())
    if closes is None or b"host" not in found or not _LENGTH.fullmatch(length):
        return None
    return Head(int(length), _text(found.get(b"content-type", b"")), attributes, closes)


def _text(value: bytes) -> str:
    return value.strip(b" \t").decode("utf-8", "surrogateescape")
