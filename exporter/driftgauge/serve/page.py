"""The exporter's own page: files of the package, read once at start and served from memory with their types and digests.

Nothing of it is made for a request, and nothing in it comes from data: the scripts ask the read-only API and put what they get
into the document as text. The policy allows this origin's files and no others, no inline script or style, and no sink that would
read text as markup (Trusted Types).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib import resources
from types import MappingProxyType

from aiohttp import web

__all__ = ["PAGE_POLICY", "TYPES", "Page"]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
#: files that are served, by what their names end with
TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
_INDEX = "index.html"


class Page:
    """Serves the page: `/` is its document, `/page/NAME` are the files that it names."""

    def __init__(self) -> None:
        self._files = {name: _answer_of(name, body) for name, body in _static().items()}

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Declare where everything is."""
        router.add_get("/", self._index)
        router.add_get("/page/{name:[a-z_]+[.][a-z]+}", self._file)

    async def _index(self, request: web.Request) -> web.Response:
        return self._answer(request, _INDEX)

    async def _file(self, request: web.Request) -> web.Response:
        return self._answer(request, request.match_info["name"])

    def _answer(self, request: web.Request, name: str) -> web.Response:
        if name not in self._files:
            raise web.HTTPNotFound
        body, headers = self._files[name]
        if headers["ETag"] in _tags(request.headers.get("If-None-Match", "")):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, headers=headers)


def _static() -> dict[str, bytes]:
    """Read the files of the package."""
    folder = resources.files("driftgauge") / "page" / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name[file.name.rfind(".") :] in TYPES}


def _answer_of(name: str, body: bytes) -> tuple[bytes, Mapping[str, str]]:
    digest = b64encode(sha256(body).digest()[:15]).decode()
    headers = {
        "Content-Type": TYPES[name[name.rfind(".") :]],
        "Content-Security-Policy": PAGE_POLICY,
        "Cache-Control": "no-cache",  # kept, and asked for again by its digest: an upgrade shows at once
        "ETag": f'"{digest}"',
    }
    return body, headers


def _tags(header: str) -> set[str]:
    """Return the digests that a client has (RFC 9110 section 13.1.2); a weak one will do."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
