"""Totals and facts of client processes in the parameters of Open Inference Protocol v2 bodies."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.errors import DecodeError
from driftgauge.report import Report
from tests.ingest.bodies import decode_binary, decode_json, tensor

X = np.zeros((4, 2), np.float32)


def decoded(tensors=(), **facts):
    return decode_binary(list(tensors), parameters={"driftgauge": facts})


def test_totals_replace_what_the_rows_look_like():
    """Requests, predictions and failures are those of the totals; latencies are added to those of the rows."""
    status = tensor("driftgauge.status", ["ok", "ok", "ok", "error"])
    latency = tensor("driftgauge.latency_s", np.array([0.1, 0.2, 0.3, 0.4]))
    batch = decoded(
        [tensor("x", X), status, latency], requests=9, predictions=30, failures={"timeout": 2}, latencies=[0.5, 1]
    ).batch
    assert (batch.rows, batch.requests.count, batch.requests.predictions) == (4, 9, 30)
    assert batch.requests.failures == {"timeout": 2}
    assert batch.requests.latencies.tolist() == [0.1, 0.2, 0.3, 0.4, 0.5, 1.0]
    assert batch.failed.tolist() == [False, False, False, True]


def test_counted_predictions_mean_counted_failures():
    """A client leaves out what is zero: the failure of a row that it sends belongs to totals sent before."""
    batch = decoded([tensor("x", X), tensor("driftgauge.status", ["error"] * 4)], requests=0, predictions=0).batch
    assert (batch.requests.count, batch.requests.predictions, batch.requests.failures) == (0, 0, {})


def test_a_body_may_hold_totals_alone():
    """Without tensors there are no rows, but all that the totals say."""
    found = decode_json({"inputs": [], "parameters": {"driftgauge": {"requests": 3, "predictions": 5}}})
    assert (found.accepted, found.rejected, found.errors, found.batch.rows) == (0, 0, (), 0)
    assert (found.batch.requests.count, found.batch.requests.predictions) == (3, 5)
    with pytest.raises(DecodeError, match="no tensor"):
        decode_json({"inputs": []})


def test_a_client_says_who_it_is():
    """Process, sample, requests in flight, drops and the last word arrive."""
    report = decoded(
        [tensor("x", X)],
        pid=17,
        process="ab12",
        sample_rate=0.1,
        in_flight=3,
        dropped={"unsent": 5, "meteor": 2},
        dropped_labels={"refused": 1},
        ended=True,
    ).batch.report
    assert report == Report("ab12", 0.1, 3, {"unsent": 5, "other": 2}, {"refused": 1}, ended=True)
    assert decoded([tensor("x", X)], pid=17).batch.report.process == "17"
    assert decode_binary([tensor("x", X)]).batch.report is None


BAD = [
    ("requests", -1, "whole number"),
    ("requests", 1.5, "whole number"),
    ("requests", True, "whole number"),
    ("predictions", 10**30, "whole number"),
    ("failures", [1], "object of counts"),
    ("failures", {"timeout": "many"}, "'timeout'"),
    ("dropped", "all", "object of counts"),
    ("dropped_labels", {"refused": -2}, "'refused'"),
    ("latencies", 0.5, "list of seconds"),
    ("latencies", [0.5, "soon", -1], "2 of 3"),
    ("pid", "x", "whole number"),
    ("process", "", "1 to 64"),
    ("sample_rate", 1.5, "from 0 to 1"),
    ("in_flight", {}, "whole number"),
    ("ended", "yes", "true or false"),
]


@pytest.mark.parametrize(("name", "value", "words"), BAD, ids=[f"{name}-{n}" for n, (name, _, _) in enumerate(BAD)])
def test_a_field_that_cannot_be_used_costs_nothing_else(name, value, words):
    """It is named in the answer and counted; the rows and the other fields stay."""
    others = {"requests": 7, "predictions": 8, "sample_rate": 0.5} | {name: value}
    found = decoded([tensor("x", X)], **others)
    (error,) = found.errors
    assert error.as_dict() == {
        "field": f"parameters.driftgauge.{name}",
        "reason": "structure",
        "message": error.message,
    }
    assert words in error.message
    assert found.batch.violations == {(f"driftgauge.{name}", "wrong_type"): 1}
    assert (found.accepted, found.rejected) == (4, 0)
    requests = found.batch.requests
    assert (requests.count, requests.predictions) == (
        1 if name == "requests" else 7,
        None if name == "predictions" else 8,
    )


def test_unknown_fields_and_no_object():
    """A field that no version knows is told and counted; a value that is no object leaves the body as it looks."""
    found = decoded([tensor("x", X)], colour="red")
    assert found.batch.violations == {("driftgauge.colour", "unknown_field"): 1}
    found = decode_binary([tensor("x", X)], parameters={"driftgauge": 5})
    assert found.batch.requests.count == 1
    assert found.errors[0].field == "parameters.driftgauge"
    with pytest.raises(DecodeError):
        decode_json({"inputs": [], "parameters": {"driftgauge": 5}})


def test_usable_parts_of_a_bad_field_are_kept():
    """Of latencies and counts only what is wrong is left out; an answer names ten errors at most."""
    found = decoded([tensor("x", X)], latencies=[0.5, "soon", 2], failures={"timeout": 3, "error": None})
    assert found.batch.requests.latencies.tolist() == [0.5, 2.0]
    assert found.batch.requests.failures == {"timeout": 3}
    assert len(decoded([tensor("x", X)], **{f"f{n}": 1 for n in range(30)}).errors) == 10
