"""Accepting a baseline over HTTP: through the ingest listener, without losing windows."""

from __future__ import annotations

import json
from types import MappingProxyType

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.profile import loads
from driftgauge.reference import BuildOptions, build

from .harness import MONDAY, Exporter, of_model

PATH = "/v1/models/fraud/versions/0/baseline"
CONFIG = """
models:
  - {name: fraud, version: "0", seasonality: none, reference: {path: p.json}}
"""


@pytest.fixture(scope="module")
def references():
    age = np.random.default_rng(0).normal(40, 10, 20_000)
    times = MONDAY - 30 * 86_400 + np.arange(20_000) * 120.0
    data = Batch(20_000, inputs={"age": age}, timestamps=times)
    return {"p.json": build(lambda: [data], BuildOptions("train.csv", MONDAY - 86_400))}


@pytest.fixture
def exporter(references):
    with Exporter(CONFIG, references=references) as running:
        yield running


def observe(exporter, rows, *, shift=10.0, seed=1):
    age = np.random.default_rng(seed).normal(40 + shift, 10, rows)
    answer = exporter.post({"columns": {"age": age.tolist()}}, "/v1/models/fraud/versions/0/observations")
    assert answer.status == 202


def status(exporter):
    exporter.now += 15
    exporter.tick()
    return of_model(exporter.scrape(), "drift_status", feature="age", role="input")


def describe(exporter):
    return exporter.get("/api/v1/models/fraud/versions/0").json


def test_what_alerts_is_ok_once_it_is_the_baseline(exporter):
    """The drifted day becomes the reference: the status is ok at once, and rows as before alert from then on."""
    observe(exporter, 3_000)
    assert status(exporter) == 2
    answer = exporter.post({"window": "24h"}, PATH)
    assert answer.status == 200
    assert of_model(exporter.scrape(), "drift_status", feature="age", role="input") == 0
    observe(exporter, 9_000, shift=0.0, seed=2)
    assert status(exporter) == 2


def test_windows_and_counters_stay(exporter):
    """Nothing that was counted is lost: the windows hold the same rows, and coverage goes on."""
    exporter.now = MONDAY
    observe(exporter, 3_000)
    exporter.now += 80_000
    status(exporter)
    before = {window["name"]: window["coverage"] for window in describe(exporter)["evaluation"]["windows"]}
    exporter.post({"window": "24h"}, PATH)
    found = describe(exporter)
    assert {window["name"]: window["coverage"] for window in found["evaluation"]["windows"]} == before
    assert found["evaluation"]["columns"][0]["windows"]["24h"]["samples"] == 3_000
    assert found["predictions"] == 3_000


def test_the_answer_holds_the_profile_and_says_where_it_is(exporter, references):
    """The profile of the answer can be stored and read; the exporter says that it is in memory and where to put it."""
    observe(exporter, 3_000)
    answer = exporter.post({"window": "24h", "merge_old": 0.1}, PATH).json
    stored = loads(json.dumps(answer["profile"]))
    old = references["p.json"]
    assert (answer["rows"], stored.rows) == (5_000, 5_000)
    assert (answer["reference"], answer["previous_reference"]) == (stored.digest, old.digest)
    assert stored.provenance.name == "window 24h of train.csv"
    assert (stored.provenance.model, stored.provenance.version) == ("fraud", "0")
    assert (answer["kept"], answer["configured_path"]) == ("memory", "p.json")
    assert "no file was changed; store the profile at p.json" in answer["detail"]
    assert set(stored.calibration) == set(old.calibration)


def test_the_old_reference_stays_for_comparison(exporter, references):
    """The API shows what the reference was, and how far the window is from it."""
    observe(exporter, 3_000)
    status(exporter)
    assert describe(exporter)["previous_reference"] is None
    exporter.post({}, PATH)
    found = describe(exporter)
    previous = found["previous_reference"]
    assert (previous["digest"], previous["name"]) == (references["p.json"].digest, "train.csv")
    assert previous["window"] == "24h"
    assert previous["columns"][0]["feature"] == "age"
    assert previous["columns"][0]["debiased"] > 0.3
    assert found["evaluation"]["columns"][0]["windows"]["24h"]["debiased"] == 0
    assert found["reference"]["mode"] == "accepted"
    labels = {"reference": found["reference"]["digest"], "mode": "accepted"}
    assert of_model(exporter.scrape(), "reference_info", **labels) == 1


def test_an_empty_body_takes_the_day(exporter):
    observe(exporter, 3_000)
    answer = exporter.post(b"", PATH).json
    assert (answer["window"], answer["merge_old"], answer["rows"]) == ("24h", 0.0, 3_000)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"window": "2d"}, "window '2d': expected one of 15m, 1h, 6h, 24h, 7d, 14d"),
        ({"windows": "24h"}, "unknown key 'windows', expected window and merge_old"),
        ({"merge_old": "half"}, "merge_old 'half': expected a number"),
        ({"merge_old": True}, "merge_old 'True': expected a number"),
        ([1], "the body is list, expected an object"),
        (b"{", "the body is no JSON"),
        (b"[" * 3_000, "the body is no JSON"),
        (b" " * 5_000, "the body is over 4096 bytes"),
    ],
)
def test_what_cannot_be_meant_is_refused(body, detail, exporter):
    """A wrong request changes nothing and is told what was expected."""
    observe(exporter, 3_000)
    answer = exporter.post(body, PATH)
    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json["detail"].startswith(detail)
    assert describe(exporter)["reference"]["mode"] == "file"


@pytest.mark.parametrize("weight", [-1, 1e9, float("nan")])
def test_impossible_weights_are_refused(weight, exporter):
    observe(exporter, 3_000)
    answer = exporter.post({"merge_old": weight}, PATH)
    assert answer.status == 409
    assert "expected a number from 0 to 1000" in answer.json["detail"]


def test_too_few_rows_are_refused(exporter):
    """A window that cannot be a reference stays a window."""
    observe(exporter, 400)
    answer = exporter.post({"window": "24h"}, PATH)
    assert (answer.status, answer.json["reason"]) == (409, "baseline_state")
    assert "window 24h holds 400 rows, a baseline needs 1,000 or more" in answer.json["detail"]


def test_an_unknown_model_is_not_registered(exporter):
    """Asking for a model that was never observed is an error that names those there are, and leaves no model behind."""
    answer = exporter.post({}, "/v1/models/nobody/versions/1/baseline")
    assert (answer.status, answer.json["reason"]) == (404, "unknown_model")
    assert answer.json["detail"] == "no model 'nobody' version '1'; known models: fraud version 0"
    assert [model["name"] for model in exporter.get("/api/v1/models").json["models"]] == ["fraud"]


def test_a_model_that_is_learning_has_nothing_to_accept(exporter):
    exporter.post({"features": {"x": 1}}, "/v1/models/new/versions/0/observations")
    answer = exporter.post({}, "/v1/models/new/versions/0/baseline")
    assert answer.status == 409
    assert "model 'new' version '0' is still learning its reference" in answer.json["detail"]


def test_a_model_without_its_profile_has_nothing_to_accept():
    with Exporter(CONFIG) as running:
        answer = running.post({}, PATH)
    assert answer.status == 409
    assert "has no reference: its profile cannot be read" in answer.json["detail"]


def test_the_metrics_listener_does_not_offer_it(exporter):
    """Nothing on the metrics listener changes state."""
    from .harness import request

    observe(exporter, 3_000)
    assert request("POST", PATH, b"{}", port=exporter.metrics_port).status in {404, 405}
    assert describe(exporter)["reference"]["mode"] == "file"


def test_a_learned_reference_can_be_followed():
    """A model that learned its reference takes a window like any other; there is no configured file to name."""
    with Exporter("defaults: {seasonality: none, reference: {learn_rows: 1000}}") as running:
        running.post({"columns": {"x": list(range(1_000))}})
        running.now += 30
        running.tick()
        running.post({"columns": {"x": list(range(500, 2_500))}})
        answer = running.post({"window": "1h"}, PATH)
        assert answer.status == 200
        assert answer.json["configured_path"] is None
        assert "name the file in models[].reference.path" in answer.json["detail"]


def test_the_stored_profile_is_the_accepted_one(exporter, references):
    """Reloading with the stored profile in place keeps the windows; reloading with the old one goes back to it."""
    observe(exporter, 3_000)
    answer = exporter.post({}, PATH).json
    stored = loads(json.dumps(answer["profile"]))
    engine = exporter.engine
    engine.configure(engine.settings, references)
    assert describe(exporter)["reference"]["mode"] == "accepted"
    engine.configure(engine.settings, MappingProxyType({"p.json": stored}))
    status(exporter)
    found = describe(exporter)
    assert found["reference"]["mode"] == "file"
    assert found["evaluation"]["columns"][0]["windows"]["24h"]["samples"] == 3_000
    engine.configure(engine.settings, references)
    assert describe(exporter)["reference"]["digest"] == references["p.json"].digest


def test_hours_of_day_are_known_after_an_acceptance():
    """With counts by hour in the reference, a full day of traffic gives the new one its own."""
    rng = np.random.default_rng(0)
    times = MONDAY - 20 * 86_400 + np.arange(30_000) * 57.0
    cycle = 10 * np.sin(2 * np.pi * times / 86_400)
    data = Batch(30_000, inputs={"age": rng.normal(40 + cycle, 10)}, timestamps=times)
    old = build(lambda: [data], BuildOptions("train.csv", MONDAY, strata="always"))
    with Exporter(CONFIG, references={"p.json": old}) as running:
        for _ in range(52):
            hour = 10 * np.sin(2 * np.pi * running.now / 86_400)
            observe(running, 600, shift=15 + hour, seed=int(running.now))
            running.now += 1_800
            running.tick()
        answer = running.post({"window": "24h"}, PATH).json
    new = loads(json.dumps(answer["profile"]))
    assert new.strata is not None
    assert set(new.strata.numeric.sum(axis=(1, 2)).tolist()) == {600, 1_200}
    assert new.strata.numeric.sum() == new.rows
    assert set(new.calibration) == set(old.calibration)
