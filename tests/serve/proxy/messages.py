"""Random HTTP/1.1: requests with their responses, as bytes, and random divisions of bytes."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

names = st.sampled_from(["X-A", "x-b", "Accept", "TE", "Keep-Alive", "Connection", "Cookie", "Trailer", "Via", "Date"])
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12)
fields = st.lists(st.tuples(names, texts), max_size=5)
bodies = st.binary(max_size=300)
PATHS = (
    "/",
    "/v1/chat/completions",
    "/openai/v1/completions?a=b",
    "/v1/embeddings",
    "/v2/models/m/infer",
    "/v2/models/a%2Fb/versions/3/infer",
    "/v1/models/m:predict",
    "/metrics",
)
STATUSES = (
    "200 OK",
    "201 Created",
    "204 No Content",
    "301 Moved",
    "304 Not Modified",
    "404 Not Found",
    "500 Oh",
    "503",
)
EVENT = b'data: {"choices": [{"index": 0, "delta": {"content": "x"}}]}\n\n'


@dataclass(frozen=True)
class Call:
    """A request and its response."""

    request: bytes
    response: bytes


def _head(first: str, given: list[tuple[str, str]], *more: str) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in given), *more]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def _chunked(body: bytes, cuts: list[int], trailers: list[tuple[str, str]], extension: str) -> bytes:
    pieces = [piece for piece in divided(body, cuts) if piece]
    framed = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension.encode(), piece) for piece in pieces)
    return framed + b"0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in trailers).encode() + b"\r\n"


def divided(data: bytes, cuts: list[int]) -> list[bytes]:
    """Return *data* cut at places modulo its length."""
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


cuts = st.lists(st.integers(0, 10_000), max_size=6)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Draw a call whose response says itself where it ends."""
    method = draw(st.sampled_from(["POST", "POST", "POST", "GET", "HEAD", "PUT", "OPTIONS"]))
    start = f"{method} {draw(st.sampled_from(PATHS))} HTTP/1.1"
    body = b"" if method in {"GET", "HEAD"} else draw(bodies)
    if body and draw(st.booleans()):
        framed = _chunked(body, draw(cuts), draw(fields), draw(st.sampled_from(["", ";a=b", ' ; q="x"'])))
        request = _head(start, draw(fields), "Transfer-Encoding: chunked") + framed
    else:
        request = _head(start, draw(fields), f"Content-Length: {len(body)}") + body
    return Call(request, draw(responses(method)))


@st.composite
def responses(draw: st.DrawFn, method: str) -> bytes:
    before = b"".join(
        _head(f"HTTP/1.1 {status}", draw(fields))
        for status in draw(st.lists(st.sampled_from(["100 Continue", "103 Early Hints"]), max_size=2))
    )
    status = draw(st.sampled_from(STATUSES))
    body = EVENT * draw(st.integers(0, 5)) if draw(st.booleans()) else draw(bodies)
    kind = f"Content-Type: {draw(st.sampled_from(['text/event-stream', 'application/json', 'text/plain']))}"
    first = f"HTTP/1.1 {status}"
    if status[:3] in {"204", "304"}:
        return before + _head(first, draw(fields), kind)
    if method == "HEAD":
        return before + _head(first, draw(fields), kind, f"Content-Length: {len(body)}")
    if draw(st.booleans()):
        framed = _chunked(body, draw(cuts), draw(fields), draw(st.sampled_from(["", ";x"])))
        return before + _head(first, draw(fields), kind, "Transfer-Encoding: chunked") + framed
    return before + _head(first, draw(fields), kind, f"Content-Length: {len(body)}") + body
