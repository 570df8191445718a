from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from alerting.records.canary import CANARY
from alerting.records.fleet import SCORES
from alerting.records.series import at
from driftgauge import names
from driftgauge.drift import jensen_shannon
from tests.alerting.large_sample import evidence
from tests.alerting.prometheus_model import scored, window_counts
from tests.alerting.rig import needs_promtool, rules_for, run_promtool, series, test_settings

MINUTES = 140
#: the day, for these tests, so that an hour fills it
DAY_MINUTES = 70
REFERENCE_ROWS = 20_000
#: how much more widely than independent rows a column scatters
DISPERSION = 3.0
BINS = ("00", "01", "02", "03", "missing")


def steady(step, start=0, stop=MINUTES, reset=None):
    """Return a counter that grows by *step* a minute between *start* and *stop*, and begins anew at *reset*."""
    values = []
    for minute in range(MINUTES + 1):
        since = minute - (reset if reset is not None and minute >= reset else start)
        values.append(step * since if start <= minute <= stop else None)
    return values


def pod(steps, **how):
    return [None if step is None else steady(step, **how) for step in steps]


#: feature: shares of the reference, and the bins' counters of each pod
FEATURES = {
    "two pods": ((0.1, 0.2, 0.4, 0.2, 0.1), {"a": pod((1, 3, 8, 5, 3)), "b": pod((0, 1, 4, 10, 5))}),
    "restart": (
        (0.1, 0.2, 0.4, 0.2, 0.1),
        {"a": pod((1, 3, 8, 5, 3), reset=100), "b": pod((0, 1, 4, 10, 5), reset=117)},
    ),
    "churn": (
        (0.1, 0.2, 0.4, 0.2, 0.1),
        {"a": pod((9, 3, 8, 5, 3), stop=105), "b": pod((1, 1, 4, 10, 5), start=108), "c": pod((2, 4, 8, 4, 2))},
    ),
    "same": ((0.25, 0.25, 0.25, 0.25, 0.0), {"a": pod((5, 5, 5, 5, 0)), "b": pod((2, 2, 2, 2, 0))}),
    "empty bins": ((0.5, 0.5, 0.0, 0.0, 0.0), {"a": pod((0, 10, 10, 0, 0)), "b": pod((0, 0, 20, 0, 0))}),
    "absent bins": ((0.2, 0.2, 0.2, 0.2, 0.2), {"a": pod((6, 6, None, 6, 6)), "b": pod((6, 6, None, 6, None))}),
    "disjoint": ((0.5, 0.5, 0.0, 0.0, 0.0), {"a": pod((0, 0, 7, 7, 7))}),
    "one bin": ((1.0, 0.0, 0.0, 0.0, 0.0), {"a": pod((20, 0, 0, 0, 0))}),
    "idle": ((0.2, 0.2, 0.2, 0.2, 0.2), {"a": pod((0, 0, 0, 0, 0))}),
}


def place(name, **more):
    return {"namespace": "shop", "pod": name, "model": "fraud", "version": "1"} | more


def written(counter):
    return " ".join("_" if value is None else f"{value:g}" for value in counter)


def inputs(feature, shares, pods, reference="r1"):
    column = {"feature": feature, "role": "input", "reference": reference}
    result = {}
    for name, counters in pods.items():
        for label, share, counter in zip(BINS, shares, counters, strict=True):
            if counter is not None:
                result[series(names.FEATURE_VALUES.name, place(name), **column, bin=label)] = written(counter)
            result[series(names.FEATURE_REFERENCE_RATIO.name, place(name), **column, bin=label)] = f"{share}x{MINUTES}"
        info = series(names.REFERENCE_INFO.name, place(name), reference=reference, mode="file")
        result[info] = f"1x{MINUTES}"
        result[series(names.REFERENCE_SAMPLES.name, place(name))] = f"{REFERENCE_ROWS}x{MINUTES}"
    return result


def promql(expr, minute, expected):
    samples = [{"labels": series("", labels), "value": round(value, 6)} for labels, value in expected]
    return {"expr": f"round({expr} * 1e6) / 1e6", "eval_time": f"{minute}m", "exp_samples": samples}


def scores_of(window, minute, expected, scores=SCORES):
    """Return the comparisons of every measure with *expected*, (labels, `Expected`) pairs."""
    recorded = {
        "samples": scores.samples,
        "js_distance": scores.distance,
        "psi": scores.psi,
        "noise_floor": scores.floor,
        "debiased": scores.debiased,
        "evidence": scores.evidence,
    }
    return [
        promql(
            at(name, window),
            minute,
            [(labels | {"window": window}, asdict(values)[measure]) for labels, values in expected],
        )
        for measure, name in recorded.items()
    ]


def run(tmp_path, inputs, comparisons, scores=SCORES):
    measures = {scores.samples, scores.distance, scores.psi, scores.floor, scores.debiased, scores.evidence}
    settings = test_settings()
    settings = replace(settings, windows={**settings.windows, "24h": f"{DAY_MINUTES}m"})
    (tmp_path / "rules.yaml").write_text(rules_for(measures, settings), "utf-8")
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in inputs.items()],
        "promql_expr_test": comparisons,
    }
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "tests.yaml").write_text(json.dumps(document), "utf-8")
    if said := run_promtool(tmp_path, "tests.yaml"):
        pytest.fail(said)


def labels_of(feature, reference="r1"):
    return {
        "namespace": "shop",
        "model": "fraud",
        "version": "1",
        "feature": feature,
        "role": "input",
        "reference": reference,
    }


@needs_promtool
def test_fleet_scores_equal_python(tmp_path):
    """PSI, distance, floor, debiased score and evidence of all pods are right to six decimals.

    With restarts, pods that come and go, empty and absent bins; without traffic there is no score, only a count of 0.
    """
    given, hours, days = {}, [], []
    for feature, (shares, pods) in FEATURES.items():
        given |= inputs(feature, shares, pods)
        if feature == "idle":
            continue
        hour, day = window_counts(pods, len(BINS), MINUTES, DAY_MINUTES)
        factor = DISPERSION if feature == "two pods" else 1.0
        hours.append((labels_of(feature), scored(hour, shares, REFERENCE_ROWS, factor)))
        days.append((labels_of(feature), scored(day, shares, REFERENCE_ROWS, factor)))
    for window in ("1h", "24h"):
        scatter = series(names.DRIFT_DISPERSION.name, place("a"), feature="two pods", role="input", window=window)
        given[scatter] = f"{DISPERSION}x{MINUTES}"
    idle = (labels_of("idle"), 0.0)
    comparisons = [*scores_of("1h", MINUTES, hours)[1:], *scores_of("24h", MINUTES, days)[1:]]
    for window, expected in (("1h", hours), ("24h", days)):
        counted = [(labels | {"window": window}, values.samples) for labels, values in expected]
        comparisons.append(promql(at(SCORES.samples, window), MINUTES, [*counted, (idle[0] | {"window": window}, 0.0)]))
    run(tmp_path, given, comparisons)


@needs_promtool
def test_two_references_are_scored_apart(tmp_path):
    """During a rollout each reference has its own score, of its own pods."""
    shares = {"r1": (0.1, 0.2, 0.4, 0.2, 0.1), "r2": (0.3, 0.3, 0.2, 0.1, 0.1)}
    pods = {"r1": {"a": pod((1, 3, 8, 5, 3))}, "r2": {"b": pod((9, 8, 6, 3, 3), start=60)}}
    given, expected = {}, []
    for reference, own in pods.items():
        given |= inputs("amount", shares[reference], own, reference)
        hour, _ = window_counts(own, len(BINS), MINUTES, DAY_MINUTES)
        expected.append((labels_of("amount", reference), scored(hour, shares[reference], REFERENCE_ROWS)))
    run(tmp_path, given, scores_of("1h", MINUTES, expected))


@needs_promtool
def test_a_canary_is_compared_over_the_time_it_ran(tmp_path):
    """The stable version's counts before the canary came are no part of the comparison."""
    shares = (0.25, 0.25, 0.25, 0.25, 0.0)
    stable = [[(50 - 10 * i) * min(m, 60) + 20 * max(m - 60, 0) for m in range(MINUTES + 1)] for i in range(len(BINS))]
    given = inputs("amount", shares, {"a": stable})
    canary = inputs("amount", shares, {"b": pod((3, 2, 2, 2, 1), start=80)})
    given |= {name.replace('version="1"', 'version="2"'): values for name, values in canary.items()}
    now, _ = window_counts({"b": pod((3, 2, 2, 2, 1), start=80)}, len(BINS), MINUTES, DAY_MINUTES)
    # The stable version's rates, for the minutes in which the canary had one.
    rates = np.array([100.0] * len(BINS))
    labels = labels_of("amount") | {"version": "2", "baseline": "1", "window": "6h"}
    values = scored(now, rates / rates.sum(), 100.0 * (MINUTES - 80))
    run(
        tmp_path,
        given,
        [
            promql(at(CANARY.psi, "6h"), MINUTES, [(labels, values.psi)]),
            promql(at(CANARY.distance, "6h"), MINUTES, [(labels, values.js_distance)]),
        ],
        CANARY,
    )


@needs_promtool
def test_ten_pods_without_drift_score_near_the_floor(tmp_path):
    """The score of the summed counts is small where the mean of the pods' noisy scores is not."""
    draws = np.random.default_rng(7)
    shares = np.array([0.2, 0.2, 0.2, 0.2, 0.2])
    counts = draws.multinomial(100, shares, size=10)
    pods = {
        f"p{number}": [[c / 60 * min(m, 60) for m in range(MINUTES + 1)] for c in row]
        for number, row in enumerate(counts)
    }
    fleet = scored(counts.sum(axis=0), shares, REFERENCE_ROWS)
    single = np.mean([scored(row, shares, REFERENCE_ROWS).js_distance for row in counts])
    expected = scored(window_counts(pods, len(BINS), 60, DAY_MINUTES)[0], shares, REFERENCE_ROWS)
    assert expected.js_distance == pytest.approx(fleet.js_distance, abs=0.002)
    assert expected.js_distance < 1.5 * expected.noise_floor
    assert expected.js_distance < single / 2
    assert expected.evidence < 1
    given = inputs("amount", tuple(shares), pods)
    run(tmp_path, given, scores_of("1h", 60, [(labels_of("amount"), expected)])[1:])


TABLES = {
    "ten even bins": np.full(10, 0.1),
    "two bins": np.array([0.7, 0.3]),
    "skewed": np.array([0.6, 0.2, 0.1, 0.05, 0.03, 0.02]),
    "with a rare bin": np.array([*np.full(9, 0.11), 0.01]),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("n", [500, 2_000, 50_000])
def test_large_sample_forms_agree_with_the_exact_law(name, n):
    """From 500 rows on: the floor within 1 %; the evidence within 0.45 up to 5, and within 15 % up to 8."""
    shares = TABLES[name]
    draws = np.random.default_rng(11)
    reference = draws.multinomial(20_000, shares)
    for shift in np.linspace(0, 8, 60):
        moved = shares.copy()
        moved[0] += min(shift * np.sqrt(shares[0] / n), 0.2)
        current = draws.multinomial(n, moved / moved.sum())
        exact = jensen_shannon(reference, current)
        z = 1 / n + 1 / reference.sum()
        degrees = int(np.count_nonzero(reference + current)) - 1
        assert np.sqrt(degrees * z / (8 * np.log(2))) == pytest.approx(float(exact.noise_floor), rel=0.01)
        ours, law = evidence(float(exact.score) ** 2, degrees, z), float(exact.evidence)
        if law <= 8:
            assert law - max(0.45, 0.15 * law) <= ours <= law + 0.45
