"""Answers as bytes, the same that the web framework would write."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, cast

from aiohttp import web

from driftgauge.serve.guard.guard import Guard
from driftgauge.serve.guard.headers import SERVER, put_headers
from driftgauge.serve.guard.protection import Protection

__all__ = ["Answers", "accepted"]

_BODY = b"\r\n\r\n"
_LENGTH = b"\r\nContent-Length: "
#: what most bodies are answered
_COUNTS = {"accepted", "rejected"}


class Answers:
    """What a listener answers.

    Args:
        guard: of the listener, which adds header fields.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._made_for: tuple[Protection, int] | None = None
        self._empty = b""
        self._before = self._after = b""  # of a short JSON answer: what stands before its length, and behind it

    def accepted(self, answer: Mapping[str, Any] | None, *, closes: bool) -> bytes:
        """Return the answer to a body that was taken."""
        if closes:
            return self.written(accepted(answer), closes=True)
        self._renew()
        if answer is None:
            return self._empty
        if answer.keys() != _COUNTS:
            return self.written(accepted(answer), closes=False)
        body = b'{"accepted": %d, "rejected": %d}' % (answer["accepted"], answer["rejected"])
        return b"%s%d%s%s" % (self._before, len(body), self._after, body)

    def written(self, response: web.Response, *, closes: bool) -> bytes:
        """Return *response* as the framework would write it."""
        headers, body = response.headers.copy(), cast("bytes", response.body or b"")
        headers["Content-Length"] = str(len(body))
        headers["Date"] = formatdate(int(time.time()), usegmt=True)
        headers["Server"] = SERVER
        if closes:
            headers["Connection"] = "close"
        put_headers(headers, self._guard.protection.web.headers)
        lines = [
            f"HTTP/1.1 {response.status} {response.reason}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _renew(self) -> None:
        """Write what is the same for a second, unless the protection changes."""
        wanted = self._guard.protection, int(time.time())
        if self._made_for is not None and self._made_for[0] is wanted[0] and self._made_for[1] == wanted[1]:
            return
        self._made_for = wanted
        self._empty = self.written(accepted(None), closes=False)
        head = self.written(accepted(dict.fromkeys(_COUNTS, 0)), closes=False).partition(_BODY)[0]
        before, length, after = head.partition(_LENGTH)
        self._before, self._after = before + length, after.lstrip(b"0123456789") + _BODY


def accepted(answer: Mapping[str, Any] | None) -> web.Response:
    """Return the answer to a body that was taken: the JSON of what was accepted, or nothing."""
    return web.Response(status=202) if answer is None else web.json_response(answer, status=202)
