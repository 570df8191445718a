"""Accepting a baseline: `POST /v1/models/{model}/versions/{version}/baseline` makes a window the model's reference.

The body says which window, and what the old reference counts beside it: `{"window": "24h", "merge_old": 0.0}`. The
answer holds the new profile; the exporter keeps it in memory and overwrites no file, so who wants it after a restart
stores it where the configuration says.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from driftgauge.errors import DecodeError, ProfileError
from driftgauge.model import Model
from driftgauge.profile import WINDOWS, Reference, Window, dumps
from driftgauge.reference.accept import LEAST_ROWS, accept
from driftgauge.serve.engine import Engine
from driftgauge.serve.logs import LOGGER
from driftgauge.serve.problems import Handler, problem

__all__ = ["Wanted", "baseline_handler", "parse_wanted"]

#: two short settings
BODY_BYTES = 4_096
ARRIVAL_SECONDS = 10.0
#: reason of a refusal that lies in what was asked for, and of one that lies in the model's state
REQUEST, STATE = "baseline_request", "baseline_state"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to become the reference."""

    window: Window
    merge_old: float


@dataclass(frozen=True, slots=True)
class _Switched:
    """What the reference was, what it is, and the file that the configuration names."""

    old: Reference
    new: Reference
    path: str


def parse_wanted(body: bytes) -> Wanted:
    """Read a request's body; an empty one takes the day as it is.

    Raises:
        ProfileError: it says something else, or nothing that makes sense.
    """
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise ProfileError(f"the body is no JSON ({error})") from error
    if not isinstance(document, dict):
        raise ProfileError(f"the body is {type(document).__name__}, expected an object with window and merge_old")
    unknown = sorted(set(document) - {"window", "merge_old"})
    if unknown:
        raise ProfileError(f"unknown key {unknown[0][:40]!r}, expected window and merge_old")
    return Wanted(_window(document.get("window", "24h")), _weight(document.get("merge_old", 0.0)))


def _window(name: Any) -> Window:
    for window in WINDOWS:
        if window.name == name:
            return window
    raise ProfileError(f"window {str(name)[:40]!r}: expected one of {', '.join(window.name for window in WINDOWS)}")


def _weight(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProfileError(f"merge_old {str(value)[:40]!r}: expected a number")
    return float(value)


def baseline_handler(engine: Engine) -> Handler:
    """Make the handler."""

    async def handle(request: web.Request) -> web.Response:
        name, version = request.match_info["model"], request.match_info["version"]
        try:
            wanted = parse_wanted(await _body(request))
        except ProfileError as error:
            return problem(400, REQUEST, str(error))
        except TimeoutError:
            return problem(408, REQUEST, f"the body did not arrive within {ARRIVAL_SECONDS:g} seconds")
        if not engine.health.counting:
            return problem(
                503, STATE, "the configuration cannot be used; there is nothing to accept until it is mended"
            )
        try:
            done = await engine.change(name, version, lambda model, wall: _switch(model, wanted, wall))
        except DecodeError as error:
            return problem(error.status, error.reason, str(error))
        except ProfileError as error:
            return problem(409, STATE, str(error))
        LOGGER.warning(
            "baseline accepted",
            extra={"model": name, "version": version, "old": done.old.digest, "reference": done.new.digest},
        )
        text = await engine.on_scorer(lambda: json.dumps(_answer(name, version, wanted, done)))
        return web.json_response(text=text)

    return handle


async def _body(request: web.Request) -> bytes:
    async with asyncio.timeout(ARRIVAL_SECONDS):
        body = b""
        while chunk := await request.content.read(BODY_BYTES):
            body += chunk
            if len(body) > BODY_BYTES:
                raise ProfileError(f"the body is over {BODY_BYTES} bytes, expected an object with window and merge_old")
        return body


def _switch(model: Model, wanted: Wanted, wall: float) -> _Switched:
    """Make the window the model's reference.

    Raises:
        ProfileError: the model has no reference yet, or the window cannot be one.
    """
    old = model.reference
    if old is None:
        learning = not model.settings.reference.path
        state = "is still learning its reference" if learning else "has no reference: its profile cannot be read"
        raise ProfileError(f"model {model.name!r} version {model.version!r} {state}; there are no windows to accept")
    least = max(LEAST_ROWS, model.settings.drift.least_samples)
    found = model.window(wanted.window, wall)
    new = accept(
        old,
        found,
        model=model.name,
        version=model.version,
        created=wall,
        merge_old=wanted.merge_old,
        least_rows=least,
    )
    model.accept(new, wall)
    return _Switched(old, new, model.settings.reference.path)


def _answer(name: str, version: str, wanted: Wanted, done: _Switched) -> Mapping[str, Any]:
    return {
        "model": name,
        "version": version,
        "window": wanted.window.name,
        "merge_old": wanted.merge_old,
        "rows": done.new.rows,
        "reference": done.new.digest,
        "previous_reference": done.old.digest,
        "kept": "memory",
        "configured_path": done.path or None,
        "detail": _detail(done.path),
        "profile": json.loads(dumps(done.new)),
    }


def _detail(path: str) -> str:
    kept = "the exporter keeps the new reference in memory until it restarts; no file was changed"
    if path:
        return f"{kept}; store the profile at {path}, where the configuration looks for it, to start with it"
    return f"{kept}; store the profile and name the file in models[].reference.path to start with it"
