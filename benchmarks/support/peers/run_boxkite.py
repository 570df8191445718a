"""Boxkite: histograms of the numbers, row by row, with a baseline and without its log."""

from __future__ import annotations

import sys
from pathlib import Path

from boxkite.monitoring.collector import BaselineMetricCollector, FeatureHistogramCollector
from boxkite.monitoring.encoder import MetricEncoder
from boxkite.monitoring.exporter.type import LogExporter
from boxkite.monitoring.service import ModelMonitoringService
from timing import load, rounds, tell


class Silent(LogExporter):
    """Takes predictions and does nothing, because writing them is not what is compared."""

    def emit(self, prediction: object) -> None:
        """Do nothing."""


def main() -> None:
    reference, _, rows, _ = load()
    baseline = Path(sys.argv[1]).with_name("boxkite.prom")
    features = [(f"f{at:02d}", column.tolist()) for at, column in enumerate(reference.T)]
    encoder = MetricEncoder(collectors=[FeatureHistogramCollector(data=features)])
    baseline.write_bytes(encoder.as_text())
    service = ModelMonitoringService(
        log_exporter=Silent(), baseline_collector=BaselineMetricCollector(path=str(baseline))
    )
    few = rows[:500].tolist()

    def log() -> None:
        for row in few:
            service.log_prediction(request_body="", features=row, output=0.0)

    tell({"profile": rounds(log)})


if __name__ == "__main__":
    main()
