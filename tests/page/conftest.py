"""One browser and one scene for all tests of the page; without a Chromium they are skipped."""

from __future__ import annotations

import pytest

from tests.page.browser import Browser, chromium
from tests.page.scene import CONFIG, play
from tests.serve.harness import Exporter


@pytest.fixture(scope="session")
def chrome(tmp_path_factory):
    """A browser, started once."""
    if chromium() is None:
        pytest.skip("there is no Chromium here; scripts/setup-tools.sh installs one where it may")
    with Browser(tmp_path_factory.mktemp("chromium")) as made:
        yield made


@pytest.fixture
def browser(chrome):
    """The browser as a test finds it; afterwards nothing may have been complained of."""
    chrome.problems.clear()
    chrome.size(1_200, 800)
    chrome.scheme("light")
    yield chrome
    problems = list(chrome.problems)
    chrome.open("about:blank")
    assert problems == []


@pytest.fixture(scope="session")
def scene():
    """An exporter after a day of three models."""
    with Exporter(CONFIG) as exporter:
        yield play(exporter)


@pytest.fixture
def visit(browser, scene):
    """Open a view of the scene, by what comes after the #, and return the browser once it is there."""

    def go(view: str):
        browser.open("about:blank")
        browser.open(f"http://127.0.0.1:{scene.metrics_port}/{view}")
        browser.until("document.querySelector('main h1') !== null")
        return browser

    return go
