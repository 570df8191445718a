"""Make training data of a credit model, train it, and leave both: `train.py FOLDER` writes train.csv and credit.joblib."""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

COLUMNS = ("age", "income", "debt_ratio")
ROWS = 5_000


def applicants(rows: int, seed: int) -> np.ndarray:
    """Return *rows* applicants, one column for each of COLUMNS."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 75, rows)
    income = np.exp(10 + 0.4 * rng.standard_normal(rows)).round()
    return np.column_stack([age, income, rng.beta(2, 5, rows).round(3)])


def main(folder: Path) -> None:
    """Train, and write the data and the model."""
    features = applicants(ROWS, seed=1)
    wish = 2 * (np.log(features[:, 1]) - 10) - 4 * (features[:, 2] - 0.3) + 0.01 * (features[:, 0] - 45)
    approved = (wish + 0.5 * np.random.default_rng(2).standard_normal(ROWS) > 0).astype(int)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, approved)
    chance = model.predict_proba(features)[:, 1].round(4)
    table = np.column_stack([features, model.predict(features), chance])
    np.savetxt(
        folder / "train.csv",
        table,
        delimiter=",",
        comments="",
        fmt=("%d", "%d", "%.3f", "%d", "%.4f"),
        header=",".join((*COLUMNS, "approved", "p_yes")),
    )
    joblib.dump(model, folder / "credit.joblib")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
