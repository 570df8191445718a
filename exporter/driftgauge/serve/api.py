"""The read-only JSON API of the metrics listener, made in the scoring thread so that the event loop stays free.

`GET /api/v1/models`, a model at a glance or whole, one of its columns, and the exporter itself. Undefined values are null.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from driftgauge import __version__
from driftgauge.errors import DecodeError
from driftgauge.expose import (
    REPORT_POLICY,
    ExporterView,
    describe_column,
    describe_exporter,
    describe_incident,
    describe_model,
    describe_overview,
    drifted,
    incident_html,
    list_models,
)
from driftgauge.model import ColumnHistory, Evaluation, Model, ModelView
from driftgauge.profile import Window
from driftgauge.serve.engine import Engine
from driftgauge.serve.openapi import openapi
from driftgauge.serve.problems import problem
from driftgauge.serve.shared import Shared

__all__ = ["Api"]

_MODEL = "/api/v1/models/{model:[^/]+}/versions/{version:[^/]+}"

Json = dict[str, Any]


class Api:
    """Answers in JSON.

    Args:
        engine: what is told of.
        exporter: makes what is told of the exporter itself.
    """

    def __init__(self, engine: Engine, exporter: Callable[[], ExporterView]) -> None:
        self._engine = engine
        self._exporter = exporter
        #: views under way; whoever asks at the same time gets the same
        self.views: Shared[tuple[ModelView, ...]] = Shared()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Declare where everything is."""
        router.add_get("/api/v1/openapi.json", self._document)
        router.add_get("/api/v1/models", self._models)
        router.add_get("/api/v1/exporter", self._of_exporter)
        router.add_get(_MODEL, self._of_model(describe_model))
        router.add_get(f"{_MODEL}/overview", self._of_model(describe_overview))
        router.add_get(f"{_MODEL}/report", self._report)
        router.add_get(f"{_MODEL}/columns/{{role:input|output}}/{{feature:[^/]+}}", self._column)

    async def seen(self) -> tuple[ModelView, ...]:
        """Return what can be told of every model now."""
        return await self.views.once("views", self._engine.views)

    async def _document(self, _: web.Request) -> web.Response:
        return web.json_response(openapi(self._engine.settings.kserve.path))

    async def _models(self, _: web.Request) -> web.Response:
        return await self._answer(list_models, await self.seen(), self._engine.clock())

    async def _of_exporter(self, _: web.Request) -> web.Response:
        return await self._answer(lambda: describe_exporter(self._exporter(), self._engine.health.refusals))

    def _of_model(self, describe: Callable[[ModelView], Json]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            wanted = _key(request)
            views = await self.seen()
            for view in views:
                if (view.name, view.version) == wanted:
                    return await self._answer(describe, view)
            known = ", ".join(f"{view.name} version {view.version}" for view in views) or "none"
            message = f"no model {wanted[0][:80]!r} version {wanted[1][:40]!r}; known: {known}"
            return problem(404, "unknown_model", message)

        return handle

    async def _report(self, request: web.Request) -> web.Response:
        """Write a report for a ticket, as HTML unless the query's `format` is json."""

        def work(model: Model, wall: float) -> tuple[ModelView, list[ColumnHistory], float]:
            view = model.view(wall)
            evaluation = view.evaluation
            numbers = [] if evaluation is None else drifted(evaluation)
            window = None if evaluation is None else evaluation.status_window
            return view, [model.column(number, window, wall) for number in numbers if window is not None], wall

        try:
            seen = await self._engine.change(*_key(request), work)
        except DecodeError as error:
            return problem(404, error.reason, str(error))
        # Where causes are worked out nothing that is counted has to wait.
        found = await self._engine.on_scorer(describe_incident, *seen, __version__)
        if request.query.get("format") == "json":
            return web.json_response(found)
        headers = {"Content-Security-Policy": REPORT_POLICY, "Content-Disposition": 'inline; filename="report.html"'}
        text = await self._engine.on_scorer(incident_html, found)
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def _column(self, request: web.Request) -> web.Response:
        """Tell everything of one column in the window that the query names, the status window by default."""
        role, feature = request.match_info["role"], request.match_info["feature"]
        wanted = request.query.get("window", "")

        def work(model: Model, wall: float) -> Json | str:
            evaluation = model.view(wall).evaluation
            if evaluation is None:
                return "the model has not been evaluated yet"
            place = [n for n, column in enumerate(evaluation.columns) if (column.role, column.name) == (role, feature)]
            if not place:
                return f"no {role} {feature[:80]!r} in the reference"
            window = _window(evaluation, wanted)
            if window is None:
                known = ", ".join(window.name for window in evaluation.windows if not window.rows)
                return f"no window {wanted[:20]!r}; known: {known}"
            return describe_column(evaluation, model.column(place[0], window, wall))

        try:
            found = await self._engine.change(*_key(request), work)
        except DecodeError as error:
            return problem(404, error.reason, str(error))
        return problem(404, "unknown_column", found) if isinstance(found, str) else web.json_response(found)

    async def _answer(self, describe: Callable[..., Json], *args: Any) -> web.Response:
        text = await self._engine.on_scorer(self._written, describe, *args)
        return web.Response(text=text, content_type="application/json")

    def _written(self, describe: Callable[..., Json], *args: Any) -> str:
        try:
            return json.dumps(describe(*args))
        except Exception:
            self._engine.health.collect_errors += 1
            raise


def _key(request: web.Request) -> tuple[str, str]:
    return request.match_info["model"], request.match_info["version"]


def _window(evaluation: Evaluation, name: str) -> Window | None:
    """Return the window of time of that name, the status window when there is none."""
    if not name:
        return evaluation.status_window
    return next((window for window in evaluation.windows if window.name == name and not window.rows), None)
