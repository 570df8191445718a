"""Drift: pure functions of a reference's counts and a window's counts.

Every function takes arrays whose leading axes are free (columns, or windows x columns) and whose last axis is the bins,
so that all columns of a model, in all windows, are scored in a few NumPy calls. An undefined value is NaN, never raised.
"""

from driftgauge.drift.calibration_error import CalibrationError, calibration_error
from driftgauge.drift.chi_square import chi_square
from driftgauge.drift.dispersion import MOST_DISPERSION, residuals, tail_dispersion
from driftgauge.drift.divergence import kl_bits, psi
from driftgauge.drift.evidence import evidence_threshold
from driftgauge.drift.jensen_shannon import (
    JensenShannon,
    divergence_and_expectation,
    jensen_shannon,
    jensen_shannon_of_kinds,
)
from driftgauge.drift.kolmogorov_smirnov import KolmogorovSmirnov, kolmogorov_smirnov
from driftgauge.drift.mean_shift import MeanShift, mean_shift
from driftgauge.drift.rates import RateRatio, rate_ratio
from driftgauge.drift.status import ALERT, OK, UNDECIDED, WARN, Hysteresis, Rule, judge
from driftgauge.drift.stuck import STUCK_HOURS, StuckValues, stuck_values, values_of
from driftgauge.drift.wasserstein import Wasserstein, wasserstein
from driftgauge.drift.worsening import drop_evidence, rise_evidence

__all__ = [
    "ALERT",
    "MOST_DISPERSION",
    "OK",
    "STUCK_HOURS",
    "UNDECIDED",
    "WARN",
    "CalibrationError",
    "Hysteresis",
    "JensenShannon",
    "KolmogorovSmirnov",
    "MeanShift",
    "RateRatio",
    "Rule",
    "StuckValues",
    "Wasserstein",
    "calibration_error",
    "chi_square",
    "divergence_and_expectation",
    "drop_evidence",
    "evidence_threshold",
    "jensen_shannon",
    "jensen_shannon_of_kinds",
    "judge",
    "kl_bits",
    "kolmogorov_smirnov",
    "mean_shift",
    "psi",
    "rate_ratio",
    "residuals",
    "rise_evidence",
    "stuck_values",
    "tail_dispersion",
    "values_of",
    "wasserstein",
]
