"""Fixtures of faults."""

import pytest

from tests.serve import harness
from tests.serve.conftest import profile, serve

__all__ = ["figure", "patient", "profile", "serve"]


@pytest.fixture
def figure(request):
    """Tell a figure that was measured, whatever is captured; docs/reliability.md has them."""
    plugins = request.config.pluginmanager
    reporter, capture = plugins.getplugin("terminalreporter"), plugins.getplugin("capturemanager")

    def tell(text):
        if reporter is not None:
            with capture.global_and_fixture_disabled():
                reporter.write_line(f"\n{request.node.name}: {text}")

    return tell


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Wait longer before something is taken not to happen: these tests load the machine themselves."""
    monkeypatch.setattr(harness, "SECONDS", 120.0)
