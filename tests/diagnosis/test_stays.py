"""A value that stays is a cause, with what is said of it and what to check; it is told once."""

from __future__ import annotations

import pytest

from driftgauge.diagnosis import diagnose
from driftgauge.expose.incident import describe_incident
from driftgauge.expose.overview import describe_overview
from driftgauge.reference import BuildOptions, build
from tests.model.test_stuck import DAY, START, WALL, batch, model

HOURS = 80


@pytest.fixture(scope="module")
def reference():
    """Forty days of a restless column."""
    rows = batch(40 * 24, since=START - 50 * DAY)
    return build(lambda: [rows], BuildOptions("train", 0.0, multivariate=False))


def seen(reference, *, stuck, hours=HOURS):
    """Return the view after some days of which a share of the rows says 0.25."""
    to = model(reference)
    to.observe(batch(hours, since=START, stuck=stuck, seed=3), WALL)
    to.tick(WALL)
    return to.view(WALL)


def test_a_value_that_stays_is_a_cause(reference):
    """Which value, how much of it, for how many hours, how sure, and whom to ask; it is bad data."""
    view = seen(reference, stuck=0.4)
    found = diagnose(view)
    (cause,) = [one for one in found.causes if one.name == "stuck_value"]
    assert cause.columns == (("input", "level"),)
    assert cause.figures["value"] == 0.25
    assert cause.figures["ratio"] == pytest.approx(
        0.27, abs=0.05
    )  # a tenth of the reference says it too, and no hour has exactly 0.4
    assert cause.figures["ratio"] > cause.figures["warn_ratio"]
    assert cause.figures["evidence"] > cause.figures["evidence_threshold"]
    assert cause.figures["hours"] == 72
    assert cause.said.startswith("level: 0.25 holds ")
    assert "sender" in cause.check
    (quality,) = [one for one in found.findings if one.question == "data_quality"]
    assert quality.answer == "yes"
    assert "0.25" in quality.said


def test_it_is_told_once_and_among_the_first(reference):
    """A sensor that says nothing else would be a default value and another mix too: the surest account is enough."""
    found = diagnose(seen(reference, stuck=1.0)).causes
    about = [cause.name for cause in found if ("input", "level") in cause.columns]
    assert found[0].name == "stuck_value"
    assert not {"one_value", "mix_shift"} & set(about)


def test_spells_that_come_and_go_are_none(reference):
    """What the reference does too is no cause, nor is a day of it."""
    for view in (seen(reference, stuck=0.0), seen(reference, stuck=0.4, hours=20)):
        assert "stuck_value" not in {cause.name for cause in diagnose(view).causes}


def test_api_and_report_have_it(reference):
    """The same words, and figures as numbers; the page asks for the overview."""
    view = seen(reference, stuck=0.4)
    for document in (describe_overview(view), describe_incident(view, [], WALL, "1")):
        (told,) = [one for one in document["diagnosis"]["causes"] if one["cause"] == "stuck_value"]
        assert told["columns"] == [{"feature": "level", "role": "input"}]
        assert told["figures"]["value"] == 0.25
        assert told["title"] == "A value that stays"
