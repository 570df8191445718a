"""Draws the pictures of the concept pages into docs/figures from the product's own scores; `--check` says whether they are current.

Every number comes from a simulation with a fixed seed. Each picture carries a digest of its numbers, so that `--check` needs
neither matplotlib nor the same version of it.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift import jensen_shannon, psi

__all__ = ["FIGURES", "chance", "fleet", "growth", "population", "windows"]

FOLDER = Path(__file__).parents[1] / "docs/figures"
#: rows of the reference in every figure: so many that its own chance is small
REFERENCE_ROWS = 1_000_000
BINS = 20
_GREY, _TEAL, _ORANGE, _BLUE, _RED = "#808080", "#009485", "#e07b00", "#3b7dd8", "#c8385a"

Numbers = Mapping[str, NDArray[np.float64]]
Integers = NDArray[np.int64]


def shares(shift: float, bins: int = BINS) -> NDArray[np.float64]:
    """Return the shares of a normal feature, moved by *shift* standard deviations, in bins of equal shares of the unmoved one."""
    normal = NormalDist()
    inner = [normal.inv_cdf(k / bins) for k in range(1, bins)]
    return np.diff([0.0, *(normal.cdf(edge - shift) for edge in inner), 1.0])


def reference(bins: int = BINS) -> Integers:
    """Return the reference's counts."""
    return np.full(bins, REFERENCE_ROWS // bins)


def chance() -> Numbers:
    """Return scores [2,000] of undrifted windows at three sizes, and their noise floor."""
    random = np.random.default_rng(1)
    numbers = {}
    for rows in (100, 1_000, 10_000):
        found = jensen_shannon(reference(), random.multinomial(rows, shares(0), size=2_000))
        numbers[f"{rows}"], numbers[f"{rows} floor"] = found.score, found.noise_floor.mean(keepdims=True)
    return numbers


def population() -> Numbers:
    """Return the share of undrifted windows whose PSI is over 0.1 and over 0.2, by rows, with 10 and 20 bins."""
    random = np.random.default_rng(2)
    rows = np.array([30, 50, 100, 200, 300, 500, 1_000, 2_000, 5_000])
    numbers = {"rows": rows.astype(float)}
    for bins in (10, 20):
        drawn = random.multinomial(rows[:, None], shares(0, bins), size=(len(rows), 4_000))
        found = psi(reference(bins), drawn)
        numbers |= {f"{bins} bins, over {limit}": (found > limit).mean(axis=1) for limit in (0.1, 0.2)}
    return numbers


def growth() -> Numbers:
    """Return medians of score, floor, debiased score and evidence of a shift by a quarter of a standard deviation, by rows."""
    random = np.random.default_rng(3)
    rows = np.array([30, 100, 300, 1_000, 3_000, 10_000])
    found = jensen_shannon(reference(), random.multinomial(rows[:, None], shares(0.25), size=(len(rows), 1_000)))
    measured = {
        "score": found.score,
        "floor": found.noise_floor,
        "debiased": found.debiased,
        "evidence": found.evidence,
    }
    return {"rows": rows.astype(float)} | {name: np.median(values, axis=1) for name, values in measured.items()}


def windows() -> Numbers:
    """Return debiased scores by hour of four windows: 500 rows an hour, from hour 0 to 72 moved by half a standard deviation."""
    random = np.random.default_rng(4)
    past, hours = 14 * 24, np.arange(-24, 21 * 24)
    moved = (np.arange(-24 - past, 21 * 24) >= 0) & (np.arange(-24 - past, 21 * 24) < 72)
    counts = np.where(
        moved[:, None],
        random.multinomial(500, shares(0.5), size=len(moved)),
        random.multinomial(500, shares(0), size=len(moved)),
    )
    sums = np.vstack([np.zeros(BINS), counts.cumsum(axis=0)])
    ends = hours + past + 24 + 1
    numbers: dict[str, NDArray[np.float64]] = {"hour": hours.astype(float)}
    for name, length in (("1 h", 1), ("24 h", 24), ("7 d", 168), ("14 d", 336)):
        numbers[name] = jensen_shannon(reference(), sums[ends] - sums[ends - length]).debiased
    return numbers


def fleet() -> Numbers:
    """Return the mean of ten pods' scores, and the score of their sum, [200] each, without drift and moved by a quarter."""
    random = np.random.default_rng(5)
    numbers = {}
    for name, shift in (("no drift", 0.0), ("drift", 0.25)):
        pods = random.multinomial(100, shares(shift), size=(200, 10))
        numbers[f"mean of scores, {name}"] = jensen_shannon(reference(), pods).score.mean(axis=1)
        numbers[f"score of the sum, {name}"] = jensen_shannon(reference(), pods.sum(axis=1)).score
    return numbers


def _draw_chance(axes: Any, numbers: Numbers) -> None:
    for rows, colour in ((10_000, _BLUE), (1_000, _TEAL), (100, _ORANGE)):
        axes.hist(numbers[f"{rows}"], bins=40, density=True, color=colour, alpha=0.75, label=f"{rows:,} rows")
        axes.axvline(numbers[f"{rows} floor"][0], color=colour, linestyle="--", linewidth=1)
    axes.set(xlabel="Jensen-Shannon distance of undrifted windows (dashed: noise floor)", yticks=[], xlim=(0, 0.3))


def _draw_population(axes: Any, numbers: Numbers) -> None:
    for bins, colour in ((20, _ORANGE), (10, _TEAL)):
        for limit, line in ((0.1, "-"), (0.2, "--")):
            name = f"{bins} bins, over {limit}"
            axes.plot(numbers["rows"], 100 * numbers[name], line, color=colour, label=name)
    axes.set(xscale="log", xlabel="rows in the window", ylabel="undrifted windows with\na PSI over the limit, %")


def _draw_growth(axes: Any, numbers: Numbers) -> None:
    for name, colour, line in (("score", _BLUE, "-"), ("floor", _GREY, "--"), ("debiased", _TEAL, "-")):
        axes.plot(numbers["rows"], numbers[name], line, color=colour, label={"floor": "noise floor"}.get(name, name))
    axes.set(xscale="log", xlabel="rows in the window", ylabel="distance", ylim=(0, None))
    other = axes.twinx()
    other.plot(numbers["rows"], numbers["evidence"], color=_RED, label="evidence (right)")
    other.set(yscale="log", ylabel="evidence")
    other.spines["top"].set_visible(False)
    axes.plot([], [], color=_RED, label="evidence (right)")


def _draw_windows(axes: Any, numbers: Numbers) -> None:
    for name, colour in (("1 h", _GREY), ("24 h", _ORANGE), ("7 d", _TEAL), ("14 d", _BLUE)):
        axes.plot(
            numbers["hour"] / 24, numbers[name], color=colour, label=name, linewidth=0.7 if name == "1 h" else 1.6
        )
    axes.axvspan(0, 3, color=_RED, alpha=0.12, linewidth=0)
    for limit in (0.1, 0.2):
        axes.axhline(limit, color=_GREY, linewidth=0.8, linestyle=":")
    axes.set(
        xlabel="days since the change, which lasts three days", ylabel="debiased score", ylim=(0, None), xlim=(-1, 21)
    )


def _draw_fleet(axes: Any, numbers: Numbers) -> None:
    for row, kind in enumerate(("score of the sum", "mean of scores")):
        for name, colour in (("no drift", _TEAL), ("drift", _ORANGE)):
            values = numbers[f"{kind}, {name}"]
            label = {"drift": "moved by a quarter of a standard deviation"}.get(name, name) if row else None
            axes.hist(values, bins=25, bottom=row * 60, color=colour, alpha=0.8, label=label)
    axes.set(yticks=[10, 70], yticklabels=["score of\nthe sum", "mean of ten\npods' scores"], ylim=(0, 120))
    axes.set(xlabel="Jensen-Shannon distance, ten pods of 100 rows", xlim=(0, 0.3))


#: picture -> its numbers, and who draws them
FIGURES: Mapping[str, tuple[Callable[[], Numbers], Callable[[Any, Numbers], None]]] = {
    "noise-floor": (chance, _draw_chance),
    "psi-small-windows": (population, _draw_population),
    "evidence": (growth, _draw_growth),
    "windows": (windows, _draw_windows),
    "fleet": (fleet, _draw_fleet),
}


def digest(numbers: Numbers) -> str:
    """Return what identifies *numbers* to three digits: further ones may depend on the processor."""
    text = ";".join(f"{name}:" + ",".join(f"{value:.3g}" for value in values) for name, values in numbers.items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def draw(name: str) -> str:
    """Return the picture as SVG, readable on light and dark ground."""
    import matplotlib as mpl  # noqa: PLC0415 - `--check` does without
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    numbers, artist = FIGURES[name][0](), FIGURES[name][1]
    look = {"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif", "font.size": 10}
    colours = dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), _GREY)
    with mpl.rc_context(look | colours):
        figure = Figure(figsize=(7, 3), layout="constrained")
        axes = figure.add_subplot()
        artist(axes, numbers)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=4, frameon=False, fontsize=9)
        text = io.StringIO()
        metadata = {"Date": None, "Creator": None, "Description": f"numbers {digest(numbers)}"}
        figure.savefig(text, format="svg", transparent=True, metadata=metadata)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def stale() -> list[str]:
    """Return the pictures that are missing or show other numbers than are found now."""
    found = []
    for name, (numbers, _) in FIGURES.items():
        path = FOLDER / f"{name}.svg"
        drawn = re.search(r"numbers ([0-9a-f]{16})", path.read_text("utf-8")) if path.exists() else None
        if drawn is None or drawn[1] != digest(numbers()):
            found.append(name)
    return found


def main(arguments: list[str]) -> int:
    """Draw what is not current, or say what is not."""
    names = stale()
    if arguments == ["--check"]:
        sys.stderr.writelines(f"docs/figures/{name}.svg shows other numbers; run: make generate\n" for name in names)
        return 1 if names else 0
    FOLDER.mkdir(exist_ok=True)
    for name in names:
        (FOLDER / f"{name}.svg").write_text(draw(name), "utf-8")
        sys.stdout.write(f"rendered docs/figures/{name}.svg\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
