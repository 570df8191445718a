"""The read-only JSON API on real sockets: a model at a glance, one of its columns, and the exporter itself."""

from __future__ import annotations

import numpy as np
import pytest

from tests.serve.harness import MONDAY, Exporter

MODEL = "/api/v1/models/fraud/versions/0"
CONFIG = "defaults: {reference: {learn_rows: 500}, seasonality: none}"


def rows(count, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    ages, plans = rng.normal(40 + shift, 10, count), rng.choice(["basic", "plus"], count)
    return [
        {"features": {"age": float(age), "plan": str(plan)}, "prediction": float(age) / 100, "latency_s": 0.02}
        for age, plan in zip(ages, plans, strict=True)
    ]


@pytest.fixture(scope="module")
def exporter():
    """A day of a model whose age has moved in the last quarter of it."""
    with Exporter(CONFIG) as made:
        assert made.post(rows(500, 0)).status == 202
        made.scrape()  # learns what waits
        for hour in range(24):
            made.now = MONDAY + 3_600 * (hour + 1)
            assert made.post(rows(200, hour + 1, 30.0 if hour >= 18 else 0.0)).status == 202
        made.tick()
        yield made


def column(document, name):
    return next(found for found in document["columns"] if found["feature"] == name)


def test_the_list_says_how_each_model_is(exporter):
    """Status, latency of the newest window that has any, and when it was evaluated."""
    (model,) = exporter.get("/api/v1/models").json["models"]
    assert (model["status"], model["failed_requests"], model["evaluated"]) == ("alert", 0, exporter.now)
    assert model["latency_seconds"]["window"] == "15m"
    assert model["latency_seconds"]["0.95"] == pytest.approx(0.02, rel=0.1)


def test_a_glance_has_pictures_instead_of_histograms(exporter):
    """Every column with its scores, a small picture that adds to one, and a word on where it is going."""
    found = exporter.get(f"{MODEL}/overview").json
    age = column(found["evaluation"], "age")
    assert (age["status"], age["trend"]) == ("alert", "rising")
    for side in ("reference", "current"):
        assert sum(age["picture"][side]) == pytest.approx(1.0, abs=0.01)
    assert age["windows"]["24h"]["samples"] == 4_800
    assert "histogram" not in age
    assert found["reference"]["mode"] == "learned"
    assert column(found["evaluation"], "plan")["trend"] == "steady"


def test_a_column_has_its_history_and_the_bins_that_carry_the_drift(exporter):
    """The slots of the day, quiet and then not; the bins at the upper end carry it."""
    found = exporter.get(f"{MODEL}/columns/input/age").json
    assert found["window"] == "24h"
    debiased, times = found["history"]["debiased"], found["history"]["times"]
    assert len(times) == len(debiased) == 24
    assert times == sorted(times)
    assert max(debiased[:18]) < 0.2 < min(debiased[18:])
    assert sum(found["carried"]["bins"]) + found["carried"]["rest"] == pytest.approx(1.0)
    bins = found["carried"]["bins"]
    assert sum(bins[len(bins) // 2 :]) > 0.5
    assert sum(found["histogram"]["current"]["counts"]) == 4_800
    assert (sum(found["hours"]["current"]), found["hours"]["reference"]) == (4_800, None)


def test_another_window_may_be_asked_for(exporter):
    """The last hours hold nothing but what moved."""
    found = exporter.get(f"{MODEL}/columns/input/age?window=1h").json
    assert found["window"] == "1h"
    assert sum(found["histogram"]["current"]["counts"]) == 200
    assert found["windows"]["1h"]["debiased"] > 0.5


def test_a_categorical_column_is_told_by_name(exporter):
    """Its bins are categories."""
    found = exporter.get(f"{MODEL}/columns/input/plan").json
    assert sorted(found["histogram"]["categories"]) == ["basic", "plus"]
    assert len(found["carried"]["bins"]) == 2


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/api/v1/models/risk/versions/0/overview", "no model 'risk'"),
        ("/api/v1/models/risk/versions/0/columns/input/age", "no model 'risk'"),
        (f"{MODEL}/columns/input/agee", "no input 'agee' in the reference"),
        (f"{MODEL}/columns/input/age?window=2h", "no window '2h'; known: 15m, 1h"),
    ],
)
def test_what_is_not_there_is_named(exporter, path, message):
    """A 404 says which thing, and what is known."""
    answer = exporter.get(path)
    assert answer.status == 404
    assert message in answer.json["detail"]


def test_a_column_may_be_asked_for_before_the_first_evaluation():
    """It is said that there is none yet."""
    with Exporter(CONFIG) as exporter:
        exporter.post(rows(10, 1))
        answer = exporter.get(f"{MODEL}/columns/input/age")
        assert (answer.status, answer.json["detail"]) == (404, "the model has not been evaluated yet")


def test_the_exporter_tells_of_itself_and_of_what_it_refused(exporter):
    """Reasons and fields of the last refusals, and nothing of what was in the bodies."""
    exporter.post(b'{"features": {"secret": "4711"')
    exporter.post([{"ts": "soon-4711"}])
    answer = exporter.get("/api/v1/exporter")
    found = answer.json
    assert found["rows"]["application/json"] == 5_300
    assert [refusal["reason"] for refusal in found["last_refusals"]][-2:] == ["syntax", "empty"]
    assert found["last_refusals"][-1]["time"] == exporter.now
    assert b"4711" not in answer.body
