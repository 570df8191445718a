"""NannyML: univariate drift by Jensen-Shannon of one chunk of all rows; fitting the reference is not counted."""

from __future__ import annotations

import nannyml
from timing import frames, rounds, tell


def main() -> None:
    reference, rows = frames()
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=list(reference.columns),
        continuous_methods=["jensen_shannon"],
        categorical_methods=["jensen_shannon"],
        chunk_size=len(rows),
    )
    calculator.fit(reference)
    tell({"profile and drift": rounds(lambda: calculator.calculate(rows))})


if __name__ == "__main__":
    main()
