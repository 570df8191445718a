"""Routes are found by the first line of a request, where a path can be written in one way only."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from driftgauge.serve.direct.routes import Routes

MODEL = "/v1/models/{model:[^/]+}/observations"
VERSION = "/v1/models/{model:[^/]+}/versions/{version:[^/]+}/observations"


@pytest.mark.parametrize(
    ("path", "target", "names"),
    [("/", "/", (None, None)), ("/a/b-1", "/a/b-1", (None, None)), (MODEL, "/v1/models/a.b/observations", ("a.b", None)),
     (VERSION, "/v1/models/a/versions/1.2~x/observations", ("a", "1.2~x"))],
)  # fmt: skip
def test_names_are_read_from_the_path(path, target, names):
    """As the framework's router reads them, also the second time."""
    intake = Mock()
    routes = Routes([("/elsewhere", Mock()), (path, intake)])
    for _ in range(2):
        route = routes.find(b"POST %s HTTP/1.1" % target.encode())
        assert route is not None
        assert (route.path, route.intake, route.model, route.version) == (path, intake, *names)


@pytest.mark.parametrize(
    "line",
    [b"", b"POST /v1/models/a/observations HTTP/1.0", b"GET /v1/models/a/observations HTTP/1.1", b"POST /v1/models/a/observations HTTP/1.1 ",
     b"POST  /v1/models/a/observations HTTP/1.1", b"POST /v1/models//observations HTTP/1.1", b"POST /v1/models/../observations HTTP/1.1",
     b"POST /v1/models/.a/observations HTTP/1.1", b"POST /v1/models/a%20b/observations HTTP/1.1", b"POST /v1/models/a/observations?b HTTP/1.1",
     b"POST /v1/models/a/b/observations HTTP/1.1", b"POST /v1/models/\xe9/observations HTTP/1.1", b"POST http://x/v1/models/a/observations HTTP/1.1"],
)  # fmt: skip
def test_what_could_mean_something_else_is_left_to_the_framework(line):
    """Escapes, dot segments, queries, whole addresses."""
    assert Routes([(MODEL, Mock())]).find(line) is None


@pytest.mark.parametrize("path", ["/{a}", "/a b", "/\xe9", "/{model}"])
def test_a_path_that_could_be_written_in_several_ways_has_no_route(path):
    """Whatever comes for it, the framework answers."""
    assert Routes([(path, Mock())]).find(f"POST {path} HTTP/1.1".encode()) is None


def test_what_is_remembered_is_bounded():
    """Names that are made up, and long ones."""
    routes = Routes([(MODEL, Mock())])
    for number in range(3_000):
        assert routes.find(b"POST /v1/models/%d/observations HTTP/1.1" % number) is not None
        assert routes.find(b"POST /v1/models/%d%s/observations HTTP/1.1" % (number, b"a" * 1_000)) is not None
    assert len(routes._known) <= 1_024
    assert max(map(len, routes._known)) <= 256
