"""Every measure against values computed at 50 digits (tests/data/golden_vectors.json)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from driftgauge.drift import (
    ALERT,
    OK,
    UNDECIDED,
    WARN,
    Rule,
    chi_square,
    jensen_shannon,
    judge,
    kl_bits,
    kolmogorov_smirnov,
    mean_shift,
    psi,
    wasserstein,
)
from driftgauge.drift.null_law import null_moments, poisson_moments
from driftgauge.drift.wasserstein import FLOOR_FACTOR
from driftgauge.sketch import ExponentialSpec

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "golden_vectors.json").read_text())
VECTORS = [pytest.param(vector, id=vector["id"]) for vector in GOLDEN["vectors"]]
STATUS = {"unknown": UNDECIDED, "insufficient": UNDECIDED, "ok": OK, "warn": WARN, "alert": ALERT}


def close(value: Any, expected: float | None, *, rel: float = 1e-9, absolute: float = 1e-12) -> bool:
    """Compare one value with a golden one, where null means undefined."""
    if expected is None:
        return math.isnan(float(value))
    return float(value) == pytest.approx(float(expected), rel=rel, abs=absolute)


def sides(vector: dict[str, Any]) -> tuple[Any, Any]:
    return np.array(vector["counts_ref"], dtype=float), np.array(vector["counts_cur"], dtype=float)


@pytest.mark.parametrize("vector", VECTORS)
def test_jensen_shannon(vector):
    """Score, floor, debiased score, p-value and evidence agree with the golden values."""
    expected = vector["expected"]
    result = jensen_shannon(*sides(vector))
    assert close(result.score, expected["js_distance"], absolute=2e-8)
    if expected["js_distance"] is None:
        assert np.isnan(result.evidence)
        return
    assert close(result.noise_floor**2, expected["js_floor_bits"], rel=2e-3)
    assert close(result.debiased, expected["js_distance_debiased"], rel=2e-3, absolute=2e-4)
    assert close(result.evidence, expected["evidence"], rel=5e-3, absolute=0.05)
    if expected["js_pvalue"] > 1e-12:
        assert 10.0 ** -float(result.evidence) == pytest.approx(expected["js_pvalue"], rel=5e-3)


@pytest.mark.parametrize("vector", VECTORS)
def test_status(vector):
    """The status rule at its fixed evidence threshold of 6 gives the golden status."""
    result = jensen_shannon(*sides(vector))
    status = judge(Rule(), result.debiased, result.evidence, result.samples)
    assert status == STATUS[vector["expected"]["status"]]


@pytest.mark.parametrize("vector", VECTORS)
def test_display_measures(vector):
    """PSI, KL both ways, chi-square and KS with its corrected p-value agree with the golden values."""
    expected = vector["expected"]
    reference, current = sides(vector)
    assert close(psi(reference, current), expected["psi_jeffreys"])
    if "chi2" not in expected:
        assert np.isnan(chi_square(reference, current)[0])
        assert np.isnan(kolmogorov_smirnov(reference, current).distance)
        return
    assert close(kl_bits(reference, current), expected["kl_ref_cur_bits_jeffreys"])
    assert close(kl_bits(current, reference), expected["kl_cur_ref_bits_jeffreys"])
    statistic, degrees = chi_square(reference, current)
    assert close(statistic, expected["chi2"])
    assert degrees == expected["dof"]
    ks = kolmogorov_smirnov(reference, current)
    assert close(ks.distance, expected["ks_binned"])
    assert close(ks.p_value, expected["ks_pvalue"])


@pytest.mark.parametrize("vector", [v for v in VECTORS if "wasserstein" in v.values[0]["expected"]])
def test_wasserstein_and_mean_shift(vector):
    """Distances on the value axis agree with the golden values."""
    expected = vector["expected"]
    reference, current = sides(vector)
    at_reference = np.array(vector["points_ref"])
    at_current = np.array(vector.get("points_cur", vector["points_ref"]))
    result = wasserstein(reference, current, at_reference, at_current, np.array(vector["ref_sd"]))
    assert close(result.sigmas, expected["wasserstein_normalized"])
    # The golden value is the plain formula; the published floor carries the factor that simulation found.
    assert close(result.noise_floor, FLOOR_FACTOR * expected["wasserstein_normalized_floor"])
    shift = mean_shift(
        expected["mean_ref"], vector["ref_sd"], expected["n_ref"], expected["mean_cur"], expected["n_cur"]
    )
    assert close(shift.sigmas, expected["mean_shift_sigma"])
    assert close(shift.z, expected["mean_z"])


@pytest.mark.parametrize(("lam", "expected"), GOLDEN["H_table"]["values"].items())
def test_null_law(lam, expected):
    """The four functions of a bin's expected size are exact when summed and right to 4e-4 when interpolated."""
    assert poisson_moments(float(lam)) == pytest.approx(expected, rel=1e-8)
    interpolated = [float(part[0]) for part in null_moments(np.array([float(lam)]))]
    assert interpolated == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("case", GOLDEN["mean_shift"])
def test_mean_shift(case):
    """Relative shift, shift in sigmas, z-score and floor agree with the golden values."""
    shift = mean_shift(case["mean_ref"], case["sd_ref"], case["n_ref"], case["mean_cur"], case["n_cur"])
    assert close(shift.relative, case["relative"])
    assert close(shift.sigmas, case["shift_sigma"])
    assert close(shift.z, case["z"])
    assert close(shift.noise_floor, case["floor_sigma"])


def test_requirement_values():
    """The published distances of (0.4, 0.6) against (0.8, 0.2) hold at any sample size, to rounding of the counts."""
    required = GOLDEN["requirements"]
    reference, current = np.array([4e9, 6e9]), np.array([8e9, 2e9])
    assert close(kl_bits(reference, current), required["kl_ref_cur_bits"], rel=1e-8)
    assert close(kl_bits(current, reference), required["kl_cur_ref_bits"], rel=1e-8)
    assert close(psi(reference, current), required["psi"], rel=1e-8)
    assert close(jensen_shannon(reference, current).score, required["js_distance_base2"])
    length = required["sequence_length"]
    shift = mean_shift(length["mean_ref"], 40.0, 10_000, length["mean_cur"], 500)
    assert close(shift.relative, length["relative_change"])
    assert shift.relative > length["threshold"]


@pytest.mark.parametrize("case", GOLDEN["exponential_histogram"])
def test_exponential_buckets(case):
    """Bucket index and bounds are exact, powers of two included."""
    spec = ExponentialSpec(schema=case["schema"])
    index = int(spec.index(np.array([float(case["value"])]))[0])
    assert index == case["index"]
    assert 2.0 ** (index / 2 ** case["schema"]) == pytest.approx(case["upper"], rel=1e-12)
    assert 2.0 ** ((index - 1) / 2 ** case["schema"]) == pytest.approx(case["lower"], rel=1e-12)
