"""Guard: decides for a whole application who is let in, and keeps its files fresh.

Guarantee: every route of a protected application, one that does not exist too, is answered only after the guard has let
the request in; health alone is exempt, because probes carry no credentials. Where the files cannot be used at the start
everything but health is refused; where they become unusable later the last usable ones stay in force.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Middleware

from driftgauge.errors import ConfigError
from driftgauge.serve.guard.bucket import Bucket
from driftgauge.serve.guard.counts import ListenerCounts
from driftgauge.serve.guard.headers import put_headers
from driftgauge.serve.guard.passwords import Passwords, TooBusyError
from driftgauge.serve.guard.protection import GuardFiles, Protection, read_protection
from driftgauge.serve.guard.tls import LiveContext
from driftgauge.serve.logs import LOGGER
from driftgauge.serve.problems import Handler, problem

__all__ = ["EXEMPT", "REREAD_SECONDS", "Guard"]

#: paths that probes ask, on every listener; they tell nothing but whether the process works
EXEMPT = frozenset({"/-/healthy", "/-/ready"})
#: files are looked at so often; a Secret takes a minute to arrive in a pod
REREAD_SECONDS = 2.0
_LONGEST_HEADER = 8_190

#: reason -> HTTP status and what is told
_ANSWERS: Mapping[str, tuple[int, str]] = {
    "no_credentials": (401, "credentials are missing"),
    "wrong_credentials": (401, "the credentials are wrong"),
    "certificate": (403, "the client's certificate is not one of those that are allowed here"),
    "cross_site": (403, "a page of another site must not ask for this"),
    "busy": (503, "too many passwords wait to be checked"),
    "rate_limit": (429, "too many requests"),
    "closed": (503, "the files that protect this listener cannot be used; the log says why"),
}


class Guard:
    """Protects one listener.

    Args:
        files: where its protection is told.
        counts: what it counts.
        shut: refuse everything but health for good, because it is not known how the listener is to be protected.
        reread_seconds: how often its files are looked at.
    """

    def __init__(
        self, files: GuardFiles, counts: ListenerCounts, *, shut: bool = False, reread_seconds: float = REREAD_SECONDS
    ) -> None:
        self._files = files
        self.counts = counts
        self._reread_seconds = reread_seconds
        self._passwords = Passwords()
        self._said = ""
        self._usable = not files and not shut
        self.protection = Protection()
        self.context: LiveContext | None = None
        self.on_usable: Callable[[], Awaitable[None]] | None = None
        self._bucket = Bucket(0, 0, time.monotonic)
        self._tell()

    @property
    def usable(self) -> bool:
        """Whether the files could be used once; until then everything but health is refused."""
        return self._usable

    def read(self) -> None:
        """Read the files; call before the listener opens, not inside the event loop.

        Raises:
            ConfigError: they cannot be used; the message begins with the setting.
        """
        if not self._files:
            return
        try:
            found = read_protection(self._files)
            self._check_kind(found)
        except ConfigError as error:
            self.counts.files_valid = False
            if str(error) != self._said:
                LOGGER.error(
                    "files of a listener cannot be used", extra={"listener": self.counts.name, "detail": str(error)}
                )
                self._said = str(error)
            raise
        self._take(found)

    def protect(self, app: web.Application) -> None:
        """Let requests to *app* through here; call before it is started."""
        app.middlewares.insert(0, self._middleware())
        app.on_response_prepare.append(self._prepare)
        app.cleanup_ctx.append(self._in_service)

    def _check_kind(self, found: Protection) -> None:
        """Refuse to weaken a listener that is open: that is a change of its configuration, not of a secret."""
        if not self._usable or not self._files:
            return
        setting = f"listen.{self._files.listener}_web_config"
        if (found.context is None) != (self.protection.context is None):
            raise ConfigError(
                f"{setting}: TLS can be turned on or off by a restart only; the former files stay in force"
            )
        if self.protection.authenticates and not found.authenticates:
            raise ConfigError(
                f"{setting}: authentication can be turned off by a restart only; the former files stay in force"
            )

    def _take(self, found: Protection) -> None:
        first = not self._usable
        self.protection, self._usable, self._said = found, True, ""
        if self._files:
            self.counts.files_valid = True
        if found.context is not None:
            if self.context is None:
                self.context = LiveContext.of(found.context)
            self.context.current = found.context
        if (self._bucket.interval_seconds, self._bucket.burst) != (found.web.interval_seconds, found.web.burst):
            self._bucket = Bucket(found.web.interval_seconds, found.web.burst, time.monotonic)
        self._tell()
        if not first:
            LOGGER.info("files of a listener were read again", extra={"listener": self.counts.name})

    def _tell(self) -> None:
        self.counts.authentication = ",".join(self.protection.kinds) or "none"
        plain = "http" if self.protection.context is None else "https"
        self.counts.scheme = "mtls" if self.protection.certificates else plain

    async def _in_service(self, _: web.Application) -> AsyncIterator[None]:
        """Look at the files while the application runs."""
        task = asyncio.get_running_loop().create_task(self._watch()) if self._files else None
        yield
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._passwords.close()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._reread_seconds)
            await self.refresh()

    async def refresh(self) -> None:
        """Read the files again if one has changed or could not be used; a mistake leaves the former in force."""
        failed = self.counts.files_valid is False
        if not failed and not await asyncio.to_thread(lambda: self.protection.stale):
            return
        closed = not self._usable
        with contextlib.suppress(ConfigError):  # logged and counted already
            await asyncio.to_thread(self.read)
            if closed and self.on_usable is not None:
                await self.on_usable()

    def admits(self, transport: asyncio.BaseTransport, authorization: str | None) -> bool:
        """Whether a request over *transport* that no browser sent is let in; False too where only a closer look can tell."""
        found = self.protection
        tls = found.web.tls
        if not self._usable or (tls is not None and tls.allowed_sans) or found.web.interval_seconds:
            return False
        if found.context is not None and transport.get_extra_info("sslcontext") is None:
            return False  # opened before its files could be read; about to be opened again
        return not found.kinds or self._shows_token(authorization or "")

    def _shows_token(self, authorization: str) -> bool:
        scheme, _, value = authorization.partition(" ")
        return scheme.lower() == "bearer" and self.protection.tokens.match(value.strip())

    def _middleware(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            reason = await self._objection(request)
            return await handler(request) if reason is None else self._refuse(reason)

        return guard

    async def _prepare(self, _: web.Request, response: web.StreamResponse) -> None:
        put_headers(response.headers, self.protection.web.headers)

    def _refuse(self, reason: str) -> web.Response:
        self.counts.refused[reason] += 1
        status, text = _ANSWERS[reason]
        response = problem(status, reason, text)
        if status == 401:
            schemes = {"token": 'Bearer realm="driftgauge"', "basic": 'Basic realm="driftgauge", charset="UTF-8"'}
            for kind in self.protection.kinds:
                response.headers.add("WWW-Authenticate", schemes[kind])
        elif status in {429, 503}:
            response.headers["Retry-After"] = "1"
        return response

    async def _objection(self, request: web.Request) -> str | None:
        """Return why a request is refused; None where it is not."""
        if request.path in EXEMPT and request.method in {"GET", "HEAD"}:
            return None
        if not self._usable:
            return "closed"
        if _of_another_site(request):
            return "cross_site"
        if not self._certificate_allowed(request):
            return "certificate"
        reason = await self._unauthenticated(request) if self.protection.kinds else None
        if reason is None and not self._bucket.take():
            return "rate_limit"
        return reason

    def _certificate_allowed(self, request: web.Request) -> bool:
        tls = self.protection.web.tls
        if tls is None or not tls.allowed_sans:
            return True
        transport = request.transport
        certificate = None if transport is None else transport.get_extra_info("peercert")
        names = {value for _, value in (certificate or {}).get("subjectAltName", ())}
        return not names.isdisjoint(tls.allowed_sans)

    async def _unauthenticated(self, request: web.Request) -> str | None:
        given = request.headers.getall("Authorization", [])
        if not given:
            return "no_credentials"
        scheme, _, value = given[0].partition(" ")
        check = {"bearer": self._bearer, "basic": self._basic}.get(scheme.lower())
        if len(given) > 1 or check is None or len(value) > _LONGEST_HEADER:
            return "wrong_credentials"
        try:
            return None if await check(value.strip()) else "wrong_credentials"
        except TooBusyError:
            return "busy"

    async def _bearer(self, value: str) -> bool:
        return self.protection.tokens.match(value)

    async def _basic(self, value: str) -> bool:
        users = self.protection.web.users
        if not users:
            return False
        try:
            user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return False
        return bool(colon) and await self._passwords.verify(users, user, password)


def _of_another_site(request: web.Request) -> bool:
    """Whether a browser sends a request that may change something for a page that is not ours."""
    if request.method in {"GET", "HEAD"}:
        return False
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("Host")
