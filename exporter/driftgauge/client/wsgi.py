"""WSGI middleware: inference calls of an application such as Flask, seen from outside.

Guarantee: the body is read by the application as it likes and passed on chunk by chunk; what passes is remembered up to a
limit and parsed by the thread when the response has gone. If observing fails, the call goes on. Cost: about 5 us a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import Any

from driftgauge.client.observing import Body, Exchange, Observer
from driftgauge.client.status import failure_by_exception

__all__ = ["Middleware"]


class Middleware(Observer):
    """A WSGI application around another; arguments as those of `Observer`."""

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass a call on; observe it when it is an inference."""
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        if not self._observes(environ.get("REQUEST_METHOD"), path):
            return self._app(environ, start_response)  # type: ignore[no-any-return]
        exchange = self._exchange()
        request, response = exchange.request, exchange.response
        length = environ.get("HTTP_INFERENCE_HEADER_CONTENT_LENGTH")
        request.headers = () if length is None else (("inference-header-content-length", length),)

        def started_response(status: str, headers: Any, *rest: Any) -> Callable[[bytes], Any]:
            exchange.status = status[:3]
            response.headers = headers
            write = start_response(status, headers, *rest)

            def written(chunk: bytes) -> Any:
                response.add(chunk)
                return write(chunk)

            return written

        started = exchange.begin()
        try:
            chunks = self._app({**environ, "wsgi.input": _Input(environ["wsgi.input"], request)}, started_response)
        except BaseException as error:
            exchange.end(perf_counter() - started, failure_by_exception(type(error)))
            raise
        return _Response(chunks, response, exchange, started)


class _Input:
    """The request's stream; what is read from it is remembered."""

    def __init__(self, stream: Any, body: Body) -> None:
        self._stream = stream
        self._body = body

    def read(self, *size: int) -> bytes:
        return self._seen(self._stream.read(*size))

    def readline(self, *size: int) -> bytes:
        return self._seen(self._stream.readline(*size))

    def readlines(self, *hint: int) -> list[bytes]:
        return [self._seen(line) for line in self._stream.readlines(*hint)]

    def __iter__(self) -> Iterator[bytes]:
        return map(self._seen, self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _seen(self, chunk: bytes) -> bytes:
        self._body.add(chunk)
        return chunk


class _Response:
    """The response's chunks, passed on; the call ends when the server closes it."""

    def __init__(self, chunks: Iterable[bytes], body: Body, exchange: Exchange, started: float) -> None:
        self._chunks = chunks
        self._iterator: Iterator[bytes] | None = None
        self._body = body
        self._exchange = exchange
        self._started = started

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            if self._iterator is None:
                self._iterator = iter(self._chunks)
            chunk = next(self._iterator)
        except StopIteration:
            raise
        except BaseException as error:
            self._exchange.end(perf_counter() - self._started, failure_by_exception(type(error)))
            raise
        self._body.add(chunk)
        return chunk

    def close(self) -> None:
        """Close the application's response and log the call."""
        try:
            close = getattr(self._chunks, "close", None)
            if close is not None:
                close()
        finally:
            self._exchange.end(perf_counter() - self._started)
