"""Head of a plain request: what a sender of bodies says before the body, read strictly or not at all.

For `DirectConnection`, which answers senders without a web framework. Guarantee: where a head says anything that bears on
framing, on who asks, or on what is sent back and that is not understood here, the answer is None, and the framework reads the
request instead: what is refused, and how, is decided in one place. Cost: 5 to 10 us a head.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from driftgauge.ingest.cloud_event import PREFIX

__all__ = ["LONGEST", "Head", "read_head"]

#: longer heads are read by the framework, which bounds each line
LONGEST = 8_190
#: more fields are counted by the framework
MOST_FIELDS = 64

# RFC 9110 5.1 and 5.5, RFC 9112 5: no folding, no space before the colon, no control characters.
_FIELDS = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t\x20-\x7e\x80-\xff]*+\r\n)++")
_LENGTH = re.compile(r"[0-9]{1,15}")
_CE = PREFIX.encode()
#: fields that change what a request means, or who may send it
_FOREIGN = frozenset(
    {
        *(
            b"expect",
            b"http2-settings",
            b"origin",
            b"proxy-connection",
            b"sec-fetch-site",
            b"sec-websocket-key1",
            b"te",
        ),
        *(b"trailer", b"transfer-encoding", b"upgrade"),
    }
)
#: fields that bear on the answer, of which there is one
_ONCE = frozenset(
    {
        *(b"authorization", b"connection", b"content-length", b"content-type", b"host"),
        *(b"idempotency-key", b"inference-header-content-length"),
    }
)
_CONNECTION = {"keep-alive": False, "close": True}


class Head(NamedTuple):
    """What is needed of a head.

    Attributes:
        length: bytes of the body.
        closes: whether the sender wants the connection closed after the answer.
        fields: those that bear on the answer, names in lower case.
        attributes: fields that begin with `ce-`, names in lower case.
    """

    length: int
    closes: bool
    fields: Mapping[bytes, str]
    attributes: Mapping[str, str]

    @property
    def content_type(self) -> str:
        """What the body is said to be; empty where nothing is said."""
        return self.fields.get(b"content-type", "")


def read_head(fields: bytes) -> Head | None:
    r"""Read the fields of a head, each with its end and without the empty line; None for what the framework must read.

    >>> read_head(b"Host: sink\r\nContent-Length: 2\r\nCE-Id: 7\r\n").attributes
    {'ce-id': '7'}
    >>> read_head(b"Host: sink\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n")
    """
    if len(fields) > LONGEST or not _FIELDS.fullmatch(fields):
        return None
    lines = fields[:-2].split(b"\r\n")
    if len(lines) > MOST_FIELDS:
        return None
    attributes: dict[str, str] = {}
    found: dict[bytes, str] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in _ONCE:
            if name in found:
                return None
            found[name] = _text(value)
        elif name in _FOREIGN:
            return None
        elif name.startswith(_CE):
            attributes[name.decode()] = _text(value)
    length = found.get(b"content-length", "")
    closes = _CONNECTION.get(found.get(b"connection", "keep-alive").lower())
    if closes is None or b"host" not in found or not _LENGTH.fullmatch(length):
        return None
    return Head(int(length), closes, found, attributes)


def _text(value: bytes) -> str:
    return value.strip(b" \t").decode("utf-8", "surrogateescape")
