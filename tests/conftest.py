"""What holds for all tests: made-up examples are the same in every run, and no clock decides whether one passes."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.load_profile("same")
