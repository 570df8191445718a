"""A profile made in training is the reference of the exporter."""

from __future__ import annotations

import subprocess
import sys

from driftgauge import compute_dataset_profile, save_profile
from driftgauge.profile import loads
from tests.serve.harness import Exporter, of_model
from tests.training.data import TABULAR, people

_COLUMNS = {
    name: {"feature": name, "role": role, "window": "1h"} for name, role in (("age", "input"), ("prediction", "output"))
}


def _observed(rows):
    return [{"features": {"age": row["age"], "plan": row["plan"]}, "prediction": row["label"]} for row in rows]


def test_the_exporter_serves_it(tmp_path):
    """Traffic is compared with it at once: older people drift, their labels do not."""
    path = save_profile(compute_dataset_profile(people(2_000, 1), TABULAR, 2_000), tmp_path)
    config = f"models: [{{name: credit, seasonality: none, reference: {{path: {path}}}}}]"
    with Exporter(config, references={str(path): loads(path.read_bytes())}) as exporter:
        assert exporter.post(_observed(people(500, 2, older=10)), "/v1/models/credit/observations").status == 202
        exporter.now += 60
        exporter.tick()
        body = exporter.scrape()
    scores = {column: of_model(body, "drift_debiased", "credit", **labels) for column, labels in _COLUMNS.items()}
    assert scores["age"] > 0.2
    assert scores["prediction"] < 0.1
    assert not any(count for name, count in body.items() if name.startswith("driftgauge_schema_violations_total"))


def test_importing_driftgauge_stays_light():
    """The package itself loads nothing, and what a training script needs loads NumPy only."""
    code = (
        "import sys, driftgauge; assert 'numpy' not in sys.modules; driftgauge.compute_dataset_profile;"
        "heavy = {'torch', 'pandas', 'scipy', 'sklearn', 'aiohttp', 'msgspec', 'yaml', 'pyarrow'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
