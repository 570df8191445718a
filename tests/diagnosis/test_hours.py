"""Few hours of the day are a cause where the hours matter, and nowhere else; every place tells the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Batch, Requests
from driftgauge.config import ModelSettings
from driftgauge.diagnosis import diagnose
from driftgauge.expose.incident import _since, describe_incident
from driftgauge.expose.overview import describe_overview
from driftgauge.model import Model
from driftgauge.model.batch_job import BatchJob, view_batch
from driftgauge.profile import HOURS
from driftgauge.reference import BuildOptions, build

DAY = 86_400
START = 1_750_032_000.0 // DAY * DAY
EVERY = 20.0


def batch(first, rows, seed, shift=0.0):
    """Return rows, three a minute, of a value that follows the hour of the day."""
    times = first + EVERY * np.arange(rows)
    wave = 1.0 * np.sin(2 * np.pi * (times % DAY) / DAY)
    noise = np.random.default_rng(seed).normal(0, 1, rows)
    return Batch(rows, inputs={"load": wave + noise + shift}, timestamps=times, requests=Requests(rows))


@pytest.fixture(scope="module")
def references():
    """Ten days, with and without hours."""
    past = batch(START - 10 * DAY, 10 * 4_320, 1)
    options = BuildOptions("train", 0.0, multivariate=False)
    return {kind: build(lambda: [past], replace(options, strata=kind)) for kind in ("never", "always")}


def view(reference, seasonality):
    """Return what the first five hours of a day show."""
    settings = ModelSettings(clock="event", seasonality=seasonality)
    to = Model("m", "1", settings, reference)
    end = START + 5 * 3_600
    to.observe(batch(START + 60, 890, 2), end)
    to.tick(end)
    return to.view(end)


def told(seen):
    return {cause.name for cause in diagnose(seen).causes}


def file(reference, shift=2.0):
    """Return a file of the same five hours, which lies somewhat higher than these hours do."""
    rows = batch(START + 60, 890, 2, shift)
    hours = np.bincount((rows.timestamps % DAY // 3_600).astype(np.int64), minlength=HOURS)
    job = BatchJob(reference.profile.spec.of(rows), (START + 60, START + 5 * 3_600), hours)
    return view_batch("m", "1", reference, job, settings=ModelSettings(), now=START + DAY)


def test_few_hours_are_told_where_the_reference_strays_as_far_in_as_few(references):
    """Where the profile does not compare hours with like hours; page, API and report have the same causes."""
    seen = file(references["never"])
    (cause,) = [one for one in diagnose(seen).causes if one.name == "few_hours"]
    assert "all rows are of 5 hours of the day (00, 01, 02, 03, 04 UTC)" in cause.said
    assert "--timestamp" not in cause.check
    overview, report = describe_overview(seen), describe_incident(seen, [], START, "1")
    assert overview["diagnosis"] == report["diagnosis"]
    assert "few_hours" not in told(file(references["always"]))


def test_a_running_exporter_knows_its_hours_and_its_first_row(references):
    found = view(references["never"], "auto").evaluation
    assert np.flatnonzero(found.hours).tolist() == [0, 1, 2, 3, 4]
    assert START + 60 <= found.begun < START + 120  # a minute of event times is counted at once


@pytest.mark.parametrize(("begun", "since"), [(None, 900.0), (1_700.0, 1_700.0), (600.0, 900.0)])
def test_nothing_has_drifted_since_before_the_first_row(begun, since):
    """The slot of the first row begins before it."""
    history = {"times": [0.0, 900.0, 1_800.0], "debiased": [0.0, 0.5, 0.5]}
    assert _since(history, 0.2, begun) == since


@pytest.mark.parametrize(("kind", "seasonality"), [("never", "none"), ("always", "auto")])
def test_hours_that_do_not_matter_are_no_cause(references, kind, seasonality):
    """Nobody's rhythm, or an hour that is compared with the same hour."""
    assert "few_hours" not in told(view(references[kind], seasonality))
