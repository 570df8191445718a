"""Fixtures of faults."""

import pytest

from tests.serve.conftest import profile, serve

__all__ = ["figure", "profile", "serve"]


@pytest.fixture
def figure(request):
    """Tell a figure that was measured, whatever is captured; docs/reliability.md has them."""
    reporter = request.config.pluginmanager.getplugin("terminalreporter")

    def tell(text):
        if reporter is not None:
            reporter.write_line(f"\n{request.node.name}: {text}")

    return tell
