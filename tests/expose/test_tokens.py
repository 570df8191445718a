"""Tokens of texts in the text, in the JSON API and among what would alert now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from driftgauge import names
from driftgauge.expose.api import describe_model
from driftgauge.expose.raised import raised
from tests.expose.examples import text, view
from tests.expose.worded import worded


@pytest.fixture(scope="module")
def moved():
    return worded()


def series(of):
    return {
        (sample.name, sample.labels["feature"], sample.labels["window"]): sample.value
        for family in text_string_to_metric_families(text([of]))
        for sample in family.samples
        if sample.name.startswith("driftgauge_token_")
    }


def test_the_series_of_a_text(moved):
    """Every figure by window."""
    found = series(moved)
    metrics = ("DEBIASED", "NOISE_FLOOR", "EVIDENCE", "OVERLAP_RATIO", "SAMPLES", "STATUS")
    hour = {name: found[getattr(names, f"TOKEN_{name}").name, "review", "1h"] for name in metrics}
    assert hour["DEBIASED"] > 0.2 > hour["NOISE_FLOOR"] > 0.01
    assert hour["EVIDENCE"] > 20
    assert hour["OVERLAP_RATIO"] < 0.5
    assert (hour["SAMPLES"], hour["STATUS"]) == (400, 2)


def test_windows_of_rows_have_no_series():
    """Tokens are counted by time: a window of rows has neither series nor entry, where 0 texts would be untrue."""
    of = worded(count_windows=(300,))
    assert "last_300" in [window.name for window in of.evaluation.windows]
    assert series(of) == series(worded())
    assert set(describe_model(of)["evaluation"]["tokens"]["review"]) == {"15m", "1h", "6h", "24h", "7d", "14d"}


def test_an_overlap_that_cannot_be_told_is_absent(moved):
    """No value is made up where there are too few tokens for the most frequent ones."""
    tokens = moved.evaluation.tokens
    few = replace(tokens, overlap=np.full_like(tokens.overlap, np.nan), top=np.zeros_like(tokens.top))
    found = series(replace(moved, evaluation=replace(moved.evaluation, tokens=few)))
    assert not any(name == names.TOKEN_OVERLAP_RATIO.name for name, _, _ in found)
    assert (names.TOKEN_STATUS.name, "review", "1h") in found


def test_the_api(moved):
    """The same by text and window; a model without texts has none."""
    told = describe_model(moved)["evaluation"]["tokens"]["review"]["1h"]
    assert set(told) == {
        "debiased", "noise_floor", "evidence", "chance", "overlap_ratio", "top", "samples", "status",
    }  # fmt: skip
    assert (told["status"], told["top"]) == ("alert", 50)
    assert describe_model(view())["evaluation"]["tokens"] is None


def test_what_would_alert_says_how_far_and_how_many_are_shared(moved):
    """The page and the API name the alert, the text, its distance and the share of the most frequent tokens."""
    (group,) = [group for group in raised(moved) if group["alert"] == "DriftgaugeTokenDrift"]
    (found,) = group["found"]
    assert group["severity"] == "warning"
    assert found["what"].startswith("review: distance 0.")
    assert "of the most frequent tokens shared" in found["what"]
