"""Words for the end of a request, and the reasons that they count as."""

from __future__ import annotations

import pytest

from driftgauge.failures import FAILURES, failure_of

WELL = ["ok", "", "OK", "completed", 0, "0", 0.0, 200, 302, 200.0, True, None]
FAILED = {
    "timeout": [408, "DEADLINE_EXCEEDED", "timed out", 504.0],
    "cancelled": [499, "canceled"],
    "overloaded": [429, 503, "rate-limited"],
    "invalid_input": [404, 422, "bad request"],
    "error": [500, "on fire", "999", False, "12", "2000", "x" * 1_000],
}


@pytest.mark.parametrize("number", range(len(WELL)))
def test_words_of_success(number):
    assert failure_of(WELL[number]) is None


@pytest.mark.parametrize("reason", FAILURES)
def test_words_of_failure(reason):
    """Words, gRPC names and HTTP codes, however they are written; what nobody knows is an error."""
    assert {failure_of(word) for word in FAILED[reason]} == {reason}
