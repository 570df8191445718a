"""Alibi-detect: TabularDrift of all columns against the whole reference, categories as codes."""

from __future__ import annotations

import numpy as np
from alibi_detect.cd import TabularDrift
from timing import CATEGORIES, NUMBERS, load, rounds, tell


def main() -> None:
    numbers, codes, rows, row_codes = load()
    reference, current = (
        np.nan_to_num(np.concatenate([values, categories], axis=1))
        for values, categories in ((numbers, codes), (rows, row_codes))
    )
    detector = TabularDrift(reference, categories_per_feature={NUMBERS + at: None for at in range(CATEGORIES)})
    tell({"profile and drift": rounds(lambda: detector.predict(current, drift_type="feature"))})


if __name__ == "__main__":
    main()
