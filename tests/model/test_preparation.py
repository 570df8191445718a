"""Names for inputs that come by position."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings
from driftgauge.model import Model
from driftgauge.model.preparation import with_names
from driftgauge.reference import BuildOptions, build

ONE = np.ones(1)


@pytest.mark.parametrize(
    ("inputs", "columns", "names"),
    [
        (["instances[0]", "instances[1]"], ["age", "plan"], ["age", "plan"]),
        (["x[1]", "x[0]"], ["age", "plan"], ["plan", "age"]),
        (["x[0]", "x[1]", "x[2]"], ["age"], ["age", "x[1]", "x[2]"]),
        (["x[0]", "city"], ["age"], ["age", "city"]),
        (["x[0]", "y[0]"], ["age"], ["x[0]", "y[0]"]),
        (["age"], ["plan"], ["age"]),
        (["x[0]"], [], ["x[0]"]),
    ],
)
def test_positions_get_names(inputs, columns, names):
    """In the order of the names; where two vectors come nobody knows which is meant."""
    assert list(with_names(Batch(1, inputs=dict.fromkeys(inputs, ONE)), columns).inputs) == names


def test_named_positions_are_compared_with_a_profile_that_has_names():
    """What comes as `instances[0]` is counted as `age`, and breaks no schema."""
    rng = np.random.default_rng(1)
    reference = build(lambda: [Batch(500, inputs={"age": rng.normal(size=500)})], BuildOptions("train", 0.0))
    model = Model("m", "1", ModelSettings(name="m", columns=("age",)), reference)
    model.observe(Batch(200, inputs={"instances[0]": rng.normal(size=200)}), 1_000.0)
    view = model.view(1_000.0)
    assert dict(view.counters.violations) == {}
    assert int(view.total.histogram.total[0]) == 200
