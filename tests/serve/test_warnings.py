"""Warnings of the 202 answer: what was taken and cannot be used, and rows that no window takes."""

from __future__ import annotations

import pytest

from tests.serve.harness import MONDAY, Exporter

ROW = {"features": {"age": 41.5}, "prediction": 1}


@pytest.fixture(scope="module")
def exporter():
    with Exporter("models: [{name: replayed, clock: event}]") as exporter:
        yield exporter


def said(exporter, body, path="/v1/models/fraud/observations", **headers):
    """Return (field, reason, count) of the warnings of a body that is taken."""
    answer = exporter.post(body, path, **headers)
    assert answer.status == 202
    return [(warning["field"], warning["reason"], warning["count"]) for warning in answer.json.get("warnings", [])]


def test_good_bodies_are_answered_as_ever(exporter):
    """There is no list where there is nothing to say."""
    assert exporter.post([ROW, ROW | {"ts": MONDAY - 60}]).json == {"accepted": 2, "rejected": 0}


def test_what_cannot_be_used_is_named(exporter):
    """The rows count, and the sender learns what of them does not."""
    body = {"feature": {"age": 1}, "prediction": 1, "latency_s": "fast"}
    assert said(exporter, body) == [("feature", "unknown_field", 1), ("latency_s", "wrong_type", 1)]


def test_rows_that_no_window_takes_are_named(exporter):
    """Milliseconds are ahead of any clock, and a counter of seconds is long ago."""
    rows = [ROW | {"ts": 12}, ROW, ROW | {"ts": MONDAY + 90_000}, ROW | {"ts": 13}]
    assert said(exporter, rows) == [("ts", "late", 2), ("ts", "future", 1)]


def test_where_events_are_the_clock_old_rows_are_welcome(exporter):
    """Replayed traffic is as old as it is."""
    assert said(exporter, ROW | {"ts": 12}, "/v1/models/replayed/observations") == []


def test_labels_may_be_about_any_time(exporter):
    """Their times are not those of rows; fields of theirs are known ones or not."""
    path = "/v1/models/fraud/labels"
    assert said(exporter, {"id": "a", "label": 1, "ts": 12, "lable": 2}, path) == [("lable", "unknown_field", 1)]


def test_a_repetition_has_the_numbers_alone(exporter):
    """What was told once need not be kept."""
    assert said(exporter, ROW | {"proba": 1}, Idempotency_Key="7") == [("proba", "wrong_type", 1)]
    assert said(exporter, ROW | {"proba": 1}, Idempotency_Key="7") == []
