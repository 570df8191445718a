"""Weeks without drift: models of 100 features at 2 to 1,000 rows a minute, with clocks, weekends and sessions.

How many false alert episodes come of it, beside the budget of half an episode a week and model, and how many come of the
raw rules in common use on the full 1 h and 24 h windows of the same counts. A third of the models has independent rows, a
third sessions of 10 rows (intra-class correlation 0.3), a third sessions of 50 (0.5); the features' means follow the day
(up to 0.5 standard deviations) and the week (0.1), the traffic too. The references are the four weeks before, with chunk
figures and hours of day.

To be feasible, a quarter of an hour's counts are drawn as such, feature by feature, instead of row by row: sessions come in
sixteen equally likely sizes of their effect. They enter the product's ring, evaluator and settings at their defaults, but for
an evaluation every 15 minutes, from which the evidence threshold follows. An episode is a feature going from quiet to raised.

    python -m benchmarks.quarter [--models 6] [--features 100] [--days 7] [--seed 1] [--plot DIRECTORY]

A week of six models takes five minutes, a quarter of twenty (`--models 20 --days 91`) an hour and a half.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from driftgauge.batch import Batch, Requests
from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.drift import jensen_shannon, kolmogorov_smirnov, psi
from driftgauge.model.evaluator import Evaluator
from driftgauge.model.sums import collect
from driftgauge.profile import Profile, ProfileSpec, Provenance, Reference, Ring
from driftgauge.reference import BuildOptions, build
from driftgauge.reference.calibration import TimedCounts

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: a Monday's midnight (UTC)
START = 1_799_625_600.0
DAY, WEEK, HOUR, TICK = 86_400.0, 604_800.0, 3_600.0, 900.0
SAMPLED_ROWS, REFERENCE_DAYS = 20_000, 28
#: rows a minute of the slowest and the fastest model
SLOWEST, FASTEST = 2.0, 1_000.0
#: (rows of a session, share of the variance that is the session's)
SESSIONS = ((1, 0.0), (10, 0.3), (50, 0.5))
LEVELS = 16
#: accepted episodes a week and model
BUDGET = DriftSettings().false_episodes_per_week
OURS = ("driftgauge: warn or alert", "driftgauge: alert")
RAW = ("PSI > 0.2", "KS p < 0.05", "JS distance > 0.1")
RAW_WINDOWS = ("1h", "24h")
RULES = (*OURS, *(f"{rule}, {window}" for rule in RAW for window in RAW_WINDOWS))


@dataclass(frozen=True)
class Traffic:
    """One model's traffic: rows a minute, sessions, and how its features follow the clock."""

    rows: float
    session: int
    correlation: float
    daily: Matrix
    phase: Matrix

    @classmethod
    def of(cls, rng: np.random.Generator, rows: float, sessions: tuple[int, float], features: int) -> Traffic:
        """Draw the clocks of the features."""
        return cls(rows, *sessions, rng.uniform(0, 0.5, features), rng.uniform(0, 2 * np.pi, features))

    def means(self, times: Matrix) -> Matrix:
        """Return the features' means, [features, times]."""
        day = self.daily[:, None] * np.sin(2 * np.pi * times / DAY + self.phase[:, None])
        return day + 0.1 * np.sin(2 * np.pi * times / WEEK + self.phase[:, None])

    @staticmethod
    def volume(times: Matrix) -> Matrix:
        """Return the traffic, 1 on average: less at night and on weekends."""
        weekend = (times // DAY + 3) % 7 >= 5
        return (1 + 0.6 * np.sin(2 * np.pi * times / DAY)) * np.where(weekend, 0.6, 1.16)

    def reference(self, rng: np.random.Generator) -> Reference:
        """Build the reference of the weeks before: edges from a sample, counts of the traffic as it came."""
        times = START - REFERENCE_DAYS * DAY * rng.random(SAMPLED_ROWS)
        values = rng.standard_normal((len(self.daily), SAMPLED_ROWS)) + self.means(times)
        inputs = {f"f{i}": column.astype(np.float32) for i, column in enumerate(values)}
        options = BuildOptions("simulated", START, multivariate=False)
        spec = build(lambda: [Batch(SAMPLED_ROWS, inputs=inputs, requests=Requests(0))], options).profile.spec
        first = START - REFERENCE_DAYS * DAY
        timed, total = TimedSlots(spec, first, START - 1), np.zeros(spec.zero().histogram.counts.shape, dtype=np.int64)
        for tick in range(int(REFERENCE_DAYS * DAY / TICK)):
            counts = self.counts(rng, spec, first + (tick + 0.5) * TICK)
            timed.add_counts(counts, first + (tick + 0.5) * TICK)
            total += counts
        profile = profile_of(spec, total)
        strata = timed.strata(profile, "auto")
        return Reference(profile, Provenance("simulated", START), timed.calibration(profile, strata), strata)

    def counts(self, rng: np.random.Generator, spec: ProfileSpec, now: float) -> NDArray[np.int64]:
        """Draw the counts of the quarter of an hour around *now*, [features, bins + 1]."""
        rate = self.rows * TICK / 60 * float(self.volume(np.array(now)))
        levels = LEVELS if self.session > 1 else 1
        # The middles of equally likely parts of the law of a session's effect, at their variance.
        effects = ndtri((np.arange(levels) + 0.5) / levels) if levels > 1 else np.zeros(1)
        effects = math.sqrt(self.correlation) * effects / max(effects.std(), 1e-9)
        sessions = rng.multinomial(rng.poisson(rate / self.session), np.full(levels, 1 / levels), len(self.daily))
        middles = self.means(np.array([now])) + effects
        below = ndtr((_edges(spec)[:, None, :] - middles[:, :, None]) / math.sqrt(1 - self.correlation))
        shares = np.diff(below, axis=2, prepend=0.0, append=1.0)
        drawn = rng.multinomial(sessions * self.session, shares / shares.sum(axis=2, keepdims=True)).sum(axis=1)
        counts: NDArray[np.int64] = np.pad(drawn, ((0, 0), (0, 1)))
        return counts


def _edges(spec: ProfileSpec) -> Matrix:
    """Return the inner edges of all features, [features, bins - 1]."""
    inner = spec.histogram.bins - 1
    padded = np.full((len(spec.histogram.edges), inner), np.inf)
    for row, edges in zip(padded, spec.histogram.edges, strict=True):
        row[: len(edges)] = edges
    return padded


class TimedSlots(TimedCounts):
    """The product's chunks and hours, filled with counts in place of rows."""

    def add_counts(self, counts: NDArray[np.int64], time: float) -> None:
        """Take the counts of a quarter of an hour in."""
        for slots in self._slots.values():
            slot = int(time // slots.slot_seconds)
            place = int(np.searchsorted(slots.ids, slot))
            if place < len(slots.ids) and slots.ids[place] == slot:
                slots.numeric[place] += counts.astype(np.int32)
        self._strata.numeric[int(time % DAY // HOUR)] += counts


def profile_of(spec: ProfileSpec, counts: NDArray[np.int64]) -> Profile:
    """Return the profile of rows whose counts are known, and nothing else."""
    zero = spec.zero()
    arrays = {**zero.histogram.arrays, "counts": counts}
    rows = np.array([counts[0].sum()], dtype=np.int64)
    return Profile(spec, rows, spec.histogram.holding(arrays), zero.categories, zero.latency)


@dataclass
class Count:
    """Episodes and evaluations of one rule, and where each feature stood."""

    episodes: int = 0
    raised: int = 0
    _before: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def see(self, now: Flags) -> None:
        """Take one evaluation of all features in."""
        before = self._before if len(self._before) else np.zeros_like(now)
        self.episodes += int(np.count_nonzero(now & ~before))
        self.raised += int(np.count_nonzero(now))
        self._before = now


def raw(reference: NDArray[np.int64], window: NDArray[np.int64]) -> Iterator[Flags]:
    """Yield what each raw rule says of the features of a window; nothing where there are no rows."""
    known = window.sum(axis=1) > 0
    yield known & (psi(reference[:, :-1], window[:, :-1]) > 0.2)
    yield known & (kolmogorov_smirnov(reference[:, :-1], window[:, :-1]).p_value < 0.05)
    yield known & (jensen_shannon(reference, window).score > 0.1)


def watch(rng: np.random.Generator, traffic: Traffic, days: float) -> dict[str, Count]:
    """Run one model for *days* days."""
    reference = traffic.reference(rng)
    settings = ModelSettings(name="m", tick_seconds=TICK, drift=DriftSettings(measures=()))
    spec, ring, evaluator = reference.profile.spec, Ring(reference.profile.spec), Evaluator(reference, settings)
    counted = {rule: Count() for rule in RULES}
    before = reference.profile.histogram.counts
    for tick in range(int(days * DAY / TICK)):
        now = START + (tick + 1) * TICK - 1
        ring.add(profile_of(spec, traffic.counts(rng, spec, now - TICK / 2)), now)
        sums = collect(ring, (), now, past=tick % 4 == 0)
        status = evaluator.evaluate(sums).status
        for least, rule in enumerate(OURS, start=1):
            counted[rule].see(status >= least)
        for number, window in enumerate(sums.windows):
            if window.name in RAW_WINDOWS and sums.coverage[number] == 1:
                for rule, hit in zip(RAW, raw(before, sums.profiles[number].histogram.counts), strict=True):
                    counted[f"{rule}, {window.name}"].see(hit)
    return counted


def fleet(models: int) -> Iterator[tuple[float, tuple[int, float]]]:
    """Yield each model's rows a minute and its sessions."""
    for number, rows in enumerate(np.geomspace(SLOWEST, FASTEST, models) if models > 1 else [FASTEST]):
        yield float(rows), SESSIONS[number % len(SESSIONS)]


def plot(episodes: dict[str, float], budget: float, path: Path) -> None:
    """Write a bar chart of the episodes a week and model."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    names = list(reversed(episodes))
    axes.barh(names, [max(episodes[name], 0.01) for name in names], color=["C0" if n in OURS else "C7" for n in names])
    axes.axvline(budget, color="C3", label=f"budget: {budget:g}")
    axes.set(xscale="log", xlabel="false episodes a week and model of 100 features (log; 0 drawn as 0.01)")
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description="False alert episodes of weeks without drift.")
    parser.add_argument("--models", type=int, default=6)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", type=Path, help="directory to write quarter.png to; needs matplotlib")
    args = parser.parse_args()

    started = time.perf_counter()
    total: dict[str, Count] = {rule: Count() for rule in RULES}
    print(
        "| rows a minute | rows a session | "
        + " | ".join(RULES)
        + " |\n| "
        + " | ".join(["---:"] * (len(RULES) + 2))
        + " |"
    )
    for number, (rows, sessions) in enumerate(fleet(args.models)):
        rng = np.random.default_rng([args.seed, number])
        found = watch(rng, Traffic.of(rng, rows, sessions, args.features), args.days)
        for rule, count in found.items():
            total[rule].episodes += count.episodes
            total[rule].raised += count.raised
        print(
            f"| {rows:,.0f} | {sessions[0]} | " + " | ".join(f"{count.episodes:,}" for count in found.values()) + " |",
            flush=True,
        )
    weeks = args.models * args.days / 7
    cells = max(args.models * args.features * int(args.days * DAY / TICK), 1)
    print(
        f"\n{args.models} models, {args.features} features, {args.days:g} days; budget {BUDGET * weeks:,.1f} episodes"
    )
    print("\n| rule | episodes | a week and model | share of time |\n| --- | ---: | ---: | ---: |")
    for rule, count in total.items():
        print(f"| {rule} | {count.episodes:,} | {count.episodes / weeks:,.2f} | {count.raised / cells:.2%} |")
    print(f"\n{time.perf_counter() - started:.0f} s")
    if args.plot:
        args.plot.mkdir(parents=True, exist_ok=True)
        plot({rule: count.episodes / weeks for rule, count in total.items()}, BUDGET, args.plot / "quarter.png")


if __name__ == "__main__":
    main()
