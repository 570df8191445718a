"""False alarms of a simulated week without drift: 100 features, 10 rows a minute, evaluated each minute.

The same rows under our rule and under the raw thresholds that are in common use, all on the sliding 1 h window; ours also
judges in its five other windows (`seasonality: none`, the strictest case for it). An episode is a feature going from quiet
to raised, from one evaluation to the next. The raw rules are computed here, on the reference's own bins; KS is the exact
two-sample test's asymptotic p-value on the raw values.

    python -m benchmarks.false_alarms [--days 7] [--features 100] [--rows 10] [--seed 1]
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Requests
from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.model import Model
from driftgauge.reference import BuildOptions, build

Matrix = NDArray[np.float64]

WINDOW_MINUTES = 60
REFERENCE_ROWS = 10_000
BINS = 20
START = 1_800_057_600.0
#: what monitoring tools put in place of an empty bin
EPSILON = 1e-4
#: what a p-value of 0.05 is on Kolmogorov's scale: sqrt(-ln(0.05 / 2) / 2)
KS_CRITICAL = math.sqrt(-math.log(0.05 / 2) / 2)


class Raw:
    """The raw scores of one evaluation, [features] each."""

    def __init__(self, reference: Matrix) -> None:
        self._sorted = np.sort(reference, axis=1)
        self._edges = np.quantile(reference, np.arange(1, BINS) / BINS, axis=1).T
        self._shares = self._binned(reference) / reference.shape[1]

    def scores(self, window: Matrix) -> Mapping[str, Matrix]:
        """Score the rows of a window."""
        shares = self._binned(window) / window.shape[1]
        return {"js": self._js(shares), "psi": self._psi(shares), "ks": self._ks(window)}

    def _binned(self, values: Matrix) -> Matrix:
        features = len(values)
        place = sum((values > self._edges[:, [i]]).astype(np.int64) for i in range(BINS - 1))
        flat = np.bincount((place + BINS * np.arange(features)[:, None]).ravel(), minlength=BINS * features)
        return flat.reshape(features, BINS).astype(np.float64)

    def _js(self, shares: Matrix) -> Matrix:
        middle = (shares + self._shares) / 2
        parts = (np.where(p > 0, p * np.log2(np.where(p > 0, p, 1) / middle), 0) for p in (shares, self._shares))
        return np.sqrt(np.maximum(sum(parts).sum(axis=1) / 2, 0))

    def _psi(self, shares: Matrix) -> Matrix:
        now, before = np.maximum(shares, EPSILON), np.maximum(self._shares, EPSILON)
        return ((now - before) * np.log(now / before)).sum(axis=1)

    def _ks(self, window: Matrix) -> Matrix:
        """Return the distance over its critical value at p = 0.05."""
        rows, size = window.shape[1], self._sorted.shape[1]
        steps = np.arange(rows + 1) / rows
        distances = []
        for values, reference in zip(np.sort(window, axis=1), self._sorted, strict=True):
            reached = np.searchsorted(reference, values, side="right") / size
            distances.append(max(np.abs(steps[1:] - reached).max(), np.abs(reached - steps[:-1]).max()))
        return np.array(distances) / (KS_CRITICAL * math.sqrt(1 / rows + 1 / size))


RULES: Mapping[str, Callable[[Mapping[str, Matrix]], NDArray[np.bool_]]] = {
    "JS distance > 0.1": lambda scores: scores["js"] > 0.1,
    "JS distance > 0.2": lambda scores: scores["js"] > 0.2,
    "PSI > 0.2": lambda scores: scores["psi"] > 0.2,
    "KS p < 0.05": lambda scores: scores["ks"] > 1,
    "driftgauge: warn or alert": lambda scores: scores["status"] >= 1,
    "driftgauge: alert": lambda scores: scores["status"] >= 2,
}


def batch(values: Matrix) -> Batch:
    return Batch(values.shape[1], inputs={f"f{i}": v for i, v in enumerate(values)}, requests=Requests(values.shape[1]))


def main() -> None:
    parser = argparse.ArgumentParser(description="False alarms of a week without drift.")
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--rows", type=int, default=10, help="rows a minute")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    rng = np.random.default_rng(args.seed)
    data = rng.standard_normal((args.features, REFERENCE_ROWS))
    raw = Raw(data)
    settings = ModelSettings(name="m", seasonality="none", drift=DriftSettings(measures=()))
    model = Model("m", "1", settings, build(lambda: [batch(data)], BuildOptions("simulated", START)))
    window = np.empty((args.features, 0))
    before = {name: np.zeros(args.features, dtype=bool) for name in RULES}
    episodes, raised, evaluations, seconds = dict.fromkeys(RULES, 0), dict.fromkeys(RULES, 0), 0, 0.0
    for minute in range(int(args.days * 1440)):
        values = rng.standard_normal((args.features, args.rows))
        window = np.hstack([window, values])[:, -WINDOW_MINUTES * args.rows :]
        now = START + 60 * minute
        started = time.perf_counter()
        model.observe(batch(values), now)
        evaluation = model.tick(now)
        seconds += time.perf_counter() - started
        assert evaluation is not None
        if window.shape[1] < WINDOW_MINUTES * args.rows:
            continue
        evaluations += 1
        scores = {**raw.scores(window), "status": evaluation.status}
        for name, rule in RULES.items():
            hit = rule(scores)
            episodes[name] += int(np.count_nonzero(hit & ~before[name]))
            raised[name] += int(np.count_nonzero(hit))
            before[name] = hit

    weeks = args.days / 7
    print(
        f"{args.features} features, {args.rows} rows a minute, {args.days:g} days without drift, {evaluations:,} evaluations"
    )
    print(f"{seconds / max(int(args.days * 1440), 1) * 1e3:.1f} ms a minute to observe and evaluate\n")
    print("| rule | false episodes a week | share of time raised |\n| --- | ---: | ---: |")
    for name in RULES:
        share = raised[name] / max(evaluations * args.features, 1)
        print(f"| {name} | {episodes[name] / weeks:,.0f} | {share:.2%} |")


if __name__ == "__main__":
    main()
