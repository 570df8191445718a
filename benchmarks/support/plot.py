"""Plots of benchmarks: lines over a logarithmic axis, written where `all.py` wants them, and nowhere otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["PLOTS", "lines"]

#: environment variable: the folder
PLOTS = "DRIFTGAUGE_BENCH_PLOTS"

Line = Sequence[tuple[float, float]]


def lines(name: str, curves: Mapping[str, Line], *, x: str, y: str) -> None:
    """Write a plot of *curves*, points (x, y) by label, as `NAME.svg`; needs matplotlib."""
    folder = os.environ.get(PLOTS)
    if not folder:
        return
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        print(f"  no plot {name}: matplotlib is not installed")
        return
    mpl.rcParams["svg.hashsalt"] = name
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for label, points in curves.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=label)
    axes.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
    axes.grid(visible=True, which="major", alpha=0.4)
    axes.legend()
    Path(folder).mkdir(parents=True, exist_ok=True)
    figure.savefig(Path(folder) / f"{name}.svg", metadata={"Date": None})
