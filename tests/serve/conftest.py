"""Fixtures of several test modules."""

from __future__ import annotations

import pytest

from tests.serve.process import Process


@pytest.fixture
def serve(tmp_path):
    """Start exporters as processes; they are ended with the test."""
    started = []

    def start(text="", *arguments, **environ):
        started.append(Process(tmp_path, text, *arguments, **environ))
        return started[-1]

    yield start
    for process in started:
        process.end()
