"""Heads of plain requests are read strictly: as the framework reads them, or not at all."""

from __future__ import annotations

import asyncio
from unittest.mock import Mock

import pytest
from aiohttp.http_parser import HttpRequestParser
from hypothesis import given
from hypothesis import strategies as st

from driftgauge.serve.direct.head import LONGEST, MOST_FIELDS, read_head

LENGTH = b"Host: x\r\nContent-Length: 2\r\n"


@pytest.mark.parametrize(
    "fields",
    [b"", b"Host: x\r\n", b"Host: x\r\nContent-Length: +2\r\n", b"Host: x\r\nContent-Length: 2, 2\r\n",
     b"Host: x\r\nContent-Length: \r\n", LENGTH + b"Content-Length: 2\r\n", b"Content-Length: 2\r\n",
     LENGTH + b"Transfer-Encoding: chunked\r\n", LENGTH + b"Expect: 100-continue\r\n", LENGTH + b"Upgrade: h2c\r\n",
     LENGTH + b"Connection: upgrade\r\n", LENGTH + b"Authorization: a\r\nAuthorization: b\r\n", LENGTH + b"Origin: http://a\r\n",
     LENGTH + b"Sec-Fetch-Site: cross-site\r\n", LENGTH + b"Proxy-Connection: close\r\n", LENGTH + b"Sec-WebSocket-Key1: a\r\n", LENGTH + b" folded: x\r\n", LENGTH + b"a : b\r\n", LENGTH + b"a: \0\r\n",
     LENGTH + b"a: b\nc: d\r\n", LENGTH + b"a: b\rc: d\r\n", LENGTH + b"nothing\r\n", LENGTH + b": x\r\n",
     LENGTH + b"Host: b\r\n", LENGTH + b"Content-Type: a\r\nContent-Type: b\r\n",
     LENGTH + b"Idempotency-Key: a\r\nIdempotency-Key: a\r\n", LENGTH + b"a: b\r\n" * MOST_FIELDS, LENGTH + b"x: %s\r\n" % (b"y" * LONGEST),
     b"Host: x\r\nContent-Length: 1234567890123456\r\n"],
)  # fmt: skip
def test_what_bears_on_framing_or_on_who_asks_is_left_to_the_framework(fields):
    """One parser and one guard decide about everything that is not plain."""
    assert read_head(fields) is None


def test_a_plain_head_is_read():
    """Names of any case, values without the blanks around them, also beyond ASCII."""
    fields = b"HOST: x\r\ncontent-length:  7 \r\nContent-Type: application/json\r\nCE-Id: \t9\r\nce-source: \xc3\xa9\xff\r\nConnection: Close\r\n"
    head = read_head(fields)
    assert head is not None
    assert (head.length, head.content_type, head.closes) == (7, "application/json", True)
    assert head.attributes == {"ce-id": "9", "ce-source": "\xe9\udcff"}


NAMES = ["Content-Length", "Transfer-Encoding", "Connection", "Content-Type", "Host", "ce-id", "CE-Type", "X-A", "Ce-\t", "Expect", "Authorization", "Idempotency-Key"]  # fmt: skip
VALUES = ["2", "02", "-1", "chunked", "close", "keep-alive", "Keep-Alive, Upgrade", "a", "", "\x7f", "\xe9", "a\r\nb: c", "a\nb", " x\t"]  # fmt: skip
FIELDS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from([":", ": ", " :", ""]), st.sampled_from(VALUES)), max_size=5
)


@given(FIELDS, st.booleans())
def test_what_is_read_is_what_the_framework_reads(given_fields, length_given):
    """A head that is read here means the same there: nobody can hide a request from one of them."""
    fields = b"".join(f"{name}{colon}{value}\r\n".encode("latin-1") for name, colon, value in given_fields)
    fields += LENGTH if length_given else b""
    head = read_head(fields)
    if head is None:
        return
    message = _read_by_the_framework(b"POST / HTTP/1.1\r\n" + fields + b"\r\n")
    assert message.headers["Content-Length"] == ("02" if head.length == 2 and b"02" in fields else str(head.length))
    assert message.headers.get("Content-Type", "") == head.content_type
    for name in ("Authorization", "Idempotency-Key"):
        assert message.headers.get(name) == head.fields.get(name.lower().encode())
    assert message.should_close == head.closes
    assert not message.chunked
    assert not message.upgrade
    attributes = {name.lower(): value for name, value in message.headers.items() if name.lower().startswith("ce-")}
    assert attributes == head.attributes


def _read_by_the_framework(data):
    loop = asyncio.new_event_loop()
    try:
        parser = HttpRequestParser(Mock(), loop, 2**16, auto_decompress=False)
        messages, _, _ = parser.feed_data(data)
        return messages[0][0]
    finally:
        loop.close()
