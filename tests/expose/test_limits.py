"""Limits: what is left out, in which order, and that it is counted once."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from driftgauge.config import LimitSettings
from driftgauge.drift import RateRatio
from driftgauge.expose import CLASSIC, Exposition
from driftgauge.expose.classes import ClassCut
from driftgauge.model import ClassShares
from tests.expose.examples import PREDICTION, evaluation, exporter, learning, reference, view

#: metric -> rank, one each, in the order in which they are to go
FIRST_TO_GO = (
    "driftgauge_drift_psi",
    "driftgauge_feature_missing_ratio",
    "driftgauge_predicted_class_ratio",
    'driftgauge_drift_debiased{model="fraud",version="3",feature="age",role="input",window="1h"}',
    "driftgauge_feature_values_total",
    "driftgauge_schema_violations_total",
    "driftgauge_drift_status",
)


def limited(series, views=None, exposition=None):
    made = exposition or Exposition(LimitSettings(series=series))
    return made.render(views or [view(), learning()], exporter(), CLASSIC).decode()


def count(body):
    return sum(not line.startswith("#") for line in body.splitlines())


def suppressed(body, reason):
    return float(re.search(rf'^driftgauge_series_suppressed_total{{reason="{reason}"}} (\S+)$', body, re.MULTILINE)[1])


def test_nothing_is_left_out_below_the_limit():
    body = limited(100_000)
    assert suppressed(body, "series_limit") == 0
    assert all(metric in body for metric in FIRST_TO_GO)


def test_whole_ranks_go_in_order():
    """With less and less room the ranks disappear one by one, the last ones last."""
    seen = []
    for series in range(480, 150, -1):
        body = limited(series)
        left = [metric in body for metric in FIRST_TO_GO]
        assert left == sorted(left), "a later rank went before an earlier one"
        assert count(body) <= series or not any(left)
        seen.append(sum(left))
    assert seen == sorted(seen, reverse=True)
    assert set(seen) == set(range(len(FIRST_TO_GO) + 1))


def test_traffic_is_never_left_out():
    body = limited(1)
    assert "driftgauge_requests_total{" in body
    assert "driftgauge_reference_info{" in body
    assert "driftgauge_drift_worst_debiased{" in body
    assert "driftgauge_drift_status" not in body


def test_series_are_counted_once():
    """Scraping again does not count again; what was left out and came back does when it goes again."""
    made = Exposition(LimitSettings(series=1))
    first = suppressed(limited(1, exposition=made), "series_limit")
    assert first > 100
    assert suppressed(limited(1, exposition=made), "series_limit") == first
    made.limits = LimitSettings()
    assert suppressed(limited(1, exposition=made), "series_limit") == first
    made.limits = LimitSettings(series=1)
    assert suppressed(limited(1, exposition=made), "series_limit") == 2 * first


def test_the_largest_model_pays_first():
    """Of a rank, the model with the most series goes, the smaller one stays while there is room."""
    small = evaluation(reference())
    small = replace(small, measures={"psi": small.measures["psi"]})
    views = [view(), view(name="small", evaluation=small)]
    everything = count(limited(100_000, views))
    # A few series have no value, so the room is less than what is seen.
    for series in range(everything + 200, everything - 40, -1):
        body = limited(series, views)
        if 'drift_psi{model="fraud"' not in body:
            assert 'drift_psi{model="small"' in body
            return
    pytest.fail("nothing was left out")


def many_classes(number):
    names = (*(f"c{i:02d}" for i in range(number)), "_other")
    ratios = np.full(number + 1, 1 / (number + 1))
    shares = ClassShares(PREDICTION, names, ratios, RateRatio(np.full(number + 1, 2.0), np.full(number + 1, 3.0)))
    return view(evaluation=replace(evaluation(reference()), classes=(shares,)))


def test_classes_beyond_the_limit_are_added_up():
    body = Exposition(LimitSettings(classes=5)).render([many_classes(20)], exporter(), CLASSIC).decode()
    shares = dict(
        re.findall(r'^driftgauge_predicted_class_ratio\{.*class="(\w+)",window="24h"\} (\S+)$', body, re.MULTILINE)
    )
    assert list(shares) == ["c00", "c01", "c02", "c03", "c04", "_other"]
    assert sum(map(float, shares.values())) == pytest.approx(1.0, abs=1e-5)
    assert 'driftgauge_rate_ratio{model="fraud",version="3",feature="prediction",class="_other"' not in body
    assert suppressed(body, "class_limit") == 15 * 3


def test_classes_within_the_limit_keep_their_series():
    body = Exposition(LimitSettings(classes=20)).render([many_classes(20)], exporter(), CLASSIC).decode()
    assert len(re.findall(r"^driftgauge_predicted_class_ratio\{", body, re.MULTILINE)) == 21
    assert 'class="_other"' in body
    assert suppressed(body, "class_limit") == 0


def test_changed_class_limit_takes_effect():
    made = Exposition(LimitSettings(classes=20))
    made.render([many_classes(20)], exporter(), CLASSIC)
    made.limits = LimitSettings(classes=5)
    body = made.render([many_classes(20)], exporter(), CLASSIC).decode()
    assert len(re.findall(r"^driftgauge_predicted_class_ratio\{", body, re.MULTILINE)) == 6


def test_class_called_other_joins_the_rest():
    """A sender's class of that name must not make the series twice."""
    cut = ClassCut.of(("_other", "a", "b", "_other"), 1)
    assert cut.names == ("a", "_other")
    assert cut.added(np.array([0.1, 0.2, 0.3, 0.4])).tolist() == pytest.approx([0.2, 0.8])
