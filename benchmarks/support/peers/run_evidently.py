"""Evidently: the data drift preset with its defaults."""

from __future__ import annotations

import warnings

from evidently import Report
from evidently.presets import DataDriftPreset
from timing import frames, rounds, tell


def main() -> None:
    warnings.simplefilter("ignore")
    reference, rows = frames()
    report = Report([DataDriftPreset()])
    tell({"profile and drift": rounds(lambda: report.run(rows, reference), 2, warm=False)})


if __name__ == "__main__":
    main()
