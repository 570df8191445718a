"""The tables of the concept pages hold the numbers of the pictures beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scripts import figures
from tests.docs.blocks import text_of

NOISE, WINDOWS, FLEET = (text_of(Path(f"docs/{name}.md")) for name in ("noise", "windows", "fleet"))


def _middle(values: np.ndarray) -> str:
    """Return where nine of ten values lie, as the pages write it."""
    low, high = np.quantile(values, [0.05, 0.95])
    return f"{low:.3f} to {high:.3f}"


def test_the_noise_floor_is_that_of_the_table():
    numbers = figures.chance()
    for rows in (100, 1_000, 10_000):
        assert f"| {rows:,} | {numbers[f'{rows} floor'][0]:.3f} | {_middle(numbers[f'{rows}'])} |" in NOISE


def test_the_stability_index_is_as_often_over_its_limits_as_the_table_says():
    numbers = figures.population()
    at = [int(np.flatnonzero(numbers["rows"] == rows)[0]) for rows in (50, 100, 200, 500)]
    for name in list(numbers)[1:]:
        cells = " | ".join(f"{100 * numbers[name][i]:.0f} %" for i in at)
        assert f"| {name} | {cells} |" in NOISE


def test_evidence_grows_as_the_table_says():
    numbers = figures.growth()
    for rows in (30, 100, 300, 1_000, 10_000):
        i = int(np.flatnonzero(numbers["rows"] == rows)[0])
        score, floor, debiased = (f"{numbers[name][i]:.2f}" for name in ("score", "floor", "debiased"))
        evidence = numbers["evidence"][i]
        shown = f"{evidence:.1f}" if evidence < 100 else f"{evidence:.0f}"
        assert f"| {rows:,} | {score} | {floor} | {debiased} | {shown} |" in NOISE


def test_windows_see_the_change_as_the_table_says():
    numbers = figures.windows()
    for name in ("1 h", "24 h", "7 d", "14 d"):
        row = next(line for line in WINDOWS.splitlines() if line.startswith(f"| {name} |"))
        assert f"| {numbers[name].max():.2f} |" in row
    hours = numbers["hour"]
    first = [int(hours[numbers["24 h"] > limit][0]) for limit in (0.1, 0.2)]
    assert first == [10, 22]
    assert "over 0.1 after ten hours, over 0.2 after 22" in WINDOWS


def test_fleets_score_as_the_table_says():
    numbers = figures.fleet()
    for kind, title in (
        ("mean of scores", "mean of the ten scores"),
        ("score of the sum", "score of the summed counts"),
    ):
        cells = " | ".join(_middle(numbers[f"{kind}, {name}"]) for name in ("no drift", "drift"))
        assert f"| {title} | {cells} |" in FLEET
