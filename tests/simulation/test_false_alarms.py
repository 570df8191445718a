"""No drift, no alarm: 100 features watched for a week, evaluated each minute."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulation.traffic import MINUTE, START, Episodes, batch, blocks, model, reference

FEATURES = 100
WEEK_MINUTES = 7 * 24 * 60
ROWS_A_MINUTE = 10
REFERENCE_ROWS = 10_000


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_week_without_drift_has_at_most_one_false_alert():
    """100 features at 10 rows a minute, default settings, 10,080 evaluations: at most one episode in alert."""
    rng = np.random.default_rng(20130301)
    watched = model(reference(rng.standard_normal((FEATURES, REFERENCE_ROWS))))
    alerts, warnings = Episodes(), Episodes()
    for minute, values in enumerate(blocks(rng, columns=FEATURES, rows=ROWS_A_MINUTE, count=WEEK_MINUTES)):
        now = START + minute * MINUTE
        watched.observe(batch(values), now)
        evaluation = watched.tick(now)
        alerts.see(evaluation, 2)
        warnings.see(evaluation, 1)
    assert evaluation is not None
    assert evaluation.judging.any()
    assert alerts.count <= 1
    assert warnings.count <= 1
