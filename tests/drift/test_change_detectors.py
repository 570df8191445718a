"""Detectors of river behind the interface: imported late, replayed exactly."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from driftgauge.drift.change_detectors import detector_of, replayed
from driftgauge.level_settings import DETECTORS, LevelChangeSettings

SETTINGS = LevelChangeSettings(detectors=DETECTORS)


def stream():
    rng = np.random.default_rng(4)
    return np.concatenate([rng.standard_normal(300), rng.standard_normal(120) + 2.0]).tolist()


@pytest.mark.parametrize("name", DETECTORS)
def test_a_step_is_detected(name):
    """Two standard deviations are found within 40 values, and nothing before."""
    detector = detector_of(name, SETTINGS)
    found = []
    for place, value in enumerate(stream()):
        detector.update(value)
        if detector.drift_detected:
            found.append(place)
    assert 300 <= found[0] < 340


@pytest.mark.parametrize("name", DETECTORS)
def test_replayed_is_the_same(name):
    """A detector that was given the values again decides as the one that saw them."""
    values = stream()
    straight, again = detector_of(name, SETTINGS), replayed(name, SETTINGS, values[:250])
    decided = []
    for place, value in enumerate(values):
        straight.update(value)
        if place >= 250:
            again.update(value)
            decided.append((straight.drift_detected, again.drift_detected))
    assert all(one == other for one, other in decided)
    assert any(one for one, _ in decided)


def test_river_is_imported_when_a_detector_is_made():
    """Neither the detectors' module nor the model imports it."""
    code = "import sys, driftgauge.model, driftgauge.drift.change_detectors; sys.exit('river' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
