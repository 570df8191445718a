"""The page's files over HTTP: types, policy, digests, the switch, and that nothing comes from elsewhere."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from driftgauge.serve.page import PAGE_POLICY, TYPES
from tests.serve.harness import Exporter

FILES = {file.name: file.read_bytes() for file in (resources.files("driftgauge") / "page" / "static").iterdir()}


@pytest.fixture(scope="module")
def exporter():
    with Exporter() as made:
        yield made


def test_every_file_is_served_as_what_it_is(exporter):
    """With a type, a strict policy and a digest."""
    assert {name[name.rfind(".") :] for name in FILES} == set(TYPES)
    for name, body in FILES.items():
        answer = exporter.get(f"/page/{name}")
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers["Content-Type"] == TYPES[name[name.rfind(".") :]]
        assert answer.headers["Content-Security-Policy"] == PAGE_POLICY
        assert answer.headers["Cache-Control"] == "no-cache"


def test_the_document_is_at_the_root(exporter):
    assert exporter.get("/").body == FILES["index.html"]


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    """Neither inline scripts nor styles, nor `eval`, nor another origin."""
    assert PAGE_POLICY.startswith("default-src 'none'")
    assert "unsafe" not in PAGE_POLICY
    assert "http" not in PAGE_POLICY
    assert "require-trusted-types-for 'script'" in PAGE_POLICY


def test_what_the_browser_has_is_not_sent_again(exporter):
    """Asked for with its digest, a file is not sent; with another one it is."""
    tag = exporter.get("/page/app.js").headers["ETag"]
    again = exporter.get("/page/app.js", If_None_Match=f'"other", W/{tag}')
    assert (again.status, again.body) == (304, b"")
    assert exporter.get("/page/app.js", If_None_Match='"other"').status == 200


@pytest.mark.parametrize("path", ["/page/none.js", "/page/..%2F..%2Fconfig.py", "/page/__init__.py", "/page/"])
def test_nothing_else_is_served(exporter, path):
    assert exporter.get(path).status == 404


def test_the_page_can_be_switched_off():
    """Then there is neither the document nor its files, and everything else is as it was."""
    with Exporter("listen: {page: false}") as exporter:
        assert [exporter.get(path).status for path in ("/", "/page/app.js", "/api/v1/models")] == [404, 404, 200]


def test_nothing_is_loaded_from_elsewhere():
    """No address of another host is in any file, but for the name of the SVG namespace."""
    for name, body in FILES.items():
        found = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"']*", body.decode()))
        assert found <= {"http://www.w3.org/2000/svg"}, name


def test_no_text_of_data_is_read_as_markup():
    """No script has a way to make markup of text."""
    for name, body in FILES.items():
        assert not re.search(
            rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|new Function", body
        ), name


def test_every_file_is_used():
    """What the document and the scripts name exists, and the other way round."""
    named = {"index.html"} | set(re.findall(r"page/([a-z_]+\.[a-z]+)", FILES["index.html"].decode()))
    for body in (body for name, body in FILES.items() if name.endswith(".js")):
        named |= set(re.findall(r'from "\./([a-z_]+\.js)"', body.decode()))
    assert named == set(FILES)
