"""Warnings: what the answer says of content that could not be used of rows that count."""

from __future__ import annotations

import json

import pytest

from driftgauge.ingest import Limits, decode, decode_labels
from driftgauge.ingest.warned import MOST

SECRET = "salary-of-jane"
FEATURES = {"age": 41.5}
#: what is sent beside features -> field, reason, and a part of what is said
WRONG = {
    "a field misspelt": ({"prediciton": 1}, "prediciton", "unknown_field", "did you mean 'prediction'?"),
    "a field called otherwise": ({"timestamp": 1}, "timestamp", "unknown_field", "did you mean 'ts'?"),
    "a field like no other": ({SECRET: 1}, SECRET, "unknown_field", "no such field, it is left out"),
    "scores that are text": ({"proba": SECRET}, "proba", "wrong_type", "two or more numbers, as many in every row, got text"),
    "scores with text": ({"proba": [0.5, SECRET]}, "proba", "wrong_type", "got a list with text"),
    "one score": ({"logits": [0.5]}, "logits", "wrong_type", "got a list"),
    "probabilities that are none": ({"proba": [0.5, 0.9]}, "proba", "sum", "sum to one"),
    "probabilities beyond floats": ({"proba": [0.5, 10**400]}, "proba", "sum", "sum to one"),
    "a latency in words": ({"latency_s": SECRET}, "latency_s", "wrong_type", "a number from 0 on, got text"),
    "a latency before the start": ({"latency_s": -1}, "latency_s", "wrong_type", "got a negative number"),
    "tokens in words": ({"tokens_in": SECRET}, "tokens_in", "wrong_type", "a number from 0 on, got text"),
    "too many tokens": ({"tokens_out": 2**60}, "tokens_out", "wrong_type", "got a number that is too large"),
    "a reason that is none": ({"finish_reason": SECRET}, "finish_reason", "unknown_value", "stop, length,"),
    "an embedding that is text": ({"embedding": SECRET}, "embedding", "wrong_type", "got text"),
    "a status that is a list": ({"status": [SECRET]}, "status", "wrong_type", "a word or a number, got a list"),
    "an id that is a boolean": ({"id": True}, "id", "wrong_type", "text or a number, got a boolean"),
    "a label that is an object": ({"label": {}}, "label", "wrong_type", "got an object"),
    "a segment without a field": ({"segment": SECRET}, "segment", "wrong_type", "an object of words and numbers"),
    "a list of predictions": ({"prediction": [SECRET]}, "prediction", "wrong_type", "got a list"),
    "a feature that is an object": ({"features": {"age": 1, "home": {}}}, "home", "wrong_type", "got an object"),
}  # fmt: skip


def warned(body, kind="application/json"):
    """Return the warnings of a body, and check that they show no value."""
    warnings = decode(json.dumps(body).encode(), content_type=kind).warnings
    assert not any(SECRET in warning.message for warning in warnings)
    return warnings


@pytest.mark.parametrize("rows", [1, 20])
@pytest.mark.parametrize("case", WRONG)
def test_a_warning_names_the_field_the_kind_and_what_is_expected(case, rows):
    """One row, or rows that are alike: the same is said of both, with their number."""
    wrong, field, reason, said = WRONG[case]
    [warning] = warned([{"features": FEATURES} | wrong] * rows)
    assert (warning.field, warning.reason) == (field, reason)
    assert warning.count == (1 if reason == "sum" else rows)
    assert said in warning.message


def test_good_bodies_have_none():
    """Nothing is said of rows that are as they should be, whatever they hold."""
    row = {
        "features": FEATURES | {"city": None, "vip": True},
        "prediction": 1,
        "proba": [0.2, 0.8],
        "logits": [-1, 3],
        "latency_s": 0,
        "finish_reason": "eos",
        "tokens_in": None,
        "ts": 1_790_000_000,
        "segment": {"country": "de"},
    }
    assert warned(row) == warned([row] * 20) == ()
    assert warned({"columns": {"age": [1, 2]}, "proba": [[0.333, 0.333, 0.333], None], "latency_s": 0.1}) == ()


def test_features_misspelt_are_told_beside_a_prediction():
    """The row counts for its prediction, and nobody would miss its features."""
    [warning] = warned({"feature": FEATURES, "prediction": 1})
    assert "did you mean 'features'?" in warning.message


def test_columns_are_told_too():
    """A value where a list is expected, and a name of the other form."""
    first, second = warned({"columns": {"age": [1, 2]}, "proba": [0.5, 0.5], "predictions": [1, 2]})
    assert (first.field, second.field) == ("predictions", "proba")
    assert "got a number" in second.message


def test_tensors_and_labels_are_told_too():
    """Reserved names and fields of labels have their own likeness."""
    tensor = {"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}
    [warning] = warned({"inputs": [tensor, tensor | {"name": "driftgauge.latency"}]})
    assert "did you mean 'driftgauge.latency_s'?" in warning.message
    [warning] = decode_labels(
        b'{"id": "a", "label": 1, "lable": 2}', content_type="application/json", limits=Limits()
    ).warnings
    assert "did you mean 'label'?" in warning.message


def test_what_errors_name_is_not_said_twice():
    """Fields of clients that cannot be used are errors of the answer already."""
    tensor = {"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}
    body = {"inputs": [tensor], "parameters": {"driftgauge": {"requests": "x"}}}
    decoded = decode(json.dumps(body).encode(), content_type="application/json")
    assert (len(decoded.errors), decoded.warnings) == (1, ())


def test_lists_that_may_be_texts_are_no_mistake():
    """Whether whole numbers are the tokens of a text, the model's reference knows."""
    assert warned({"features": {"review": [3, 5, 8]}, "prediction": 1}) == ()


def test_warnings_are_bounded():
    """A sender of random keys gets ten, with names that are cut."""
    warnings = warned({"features": FEATURES} | {f"{number}{'k' * 500}": 1 for number in range(200)})
    assert len(warnings) == MOST
    assert max(len(warning.field) for warning in warnings) == 64
