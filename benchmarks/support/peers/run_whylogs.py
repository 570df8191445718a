"""Whylogs: a profile that accumulates batches of 1,000 rows, and drift of it against a profile of the reference."""

from __future__ import annotations

from timing import frames, rounds, tell
from whylogs.core import DatasetProfile
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores


def main() -> None:
    reference, rows = frames()
    batches = [rows.iloc[start : start + 1_000] for start in range(0, len(rows), 1_000)]
    profile, known = DatasetProfile(), DatasetProfile()
    known.track(reference)

    def track() -> None:
        for batch in batches:
            profile.track(batch)

    def profiled() -> DatasetProfile:
        fresh = DatasetProfile()
        fresh.track(rows)
        return fresh

    tell(
        {
            "profile": rounds(track),
            "profile and drift": rounds(
                lambda: calculate_drift_scores(profiled().view(), known.view(), with_thresholds=True)
            ),
        }
    )


if __name__ == "__main__":
    main()
