"""Scores: the drift measures of two distributions in PromQL, for whatever comparison recorded its shares.

Guarantee: PSI and Jensen-Shannon distance equal their definitions to six decimals. Floor and evidence are those of large
samples: floor sqrt((bins - 1) / (8 ln 2) (1/n + 1/n_r)), evidence -log10 p of 8 ln 2 JSD / (1/n + 1/n_r), chi-square with
bins - 1 degrees of freedom and divided by the dispersion, through Wilson and Hilferty's normal deviate. For n >= 500 the floor agrees with the exact law within 1 %, and the evidence within 0.45 up to 5 and 15 % up to 8;
beyond, it grows more slowly than the exact one, which is the safe side.
"""

from __future__ import annotations

import math

from alerting.records.series import Scores, at, windowed
from alerting.rule import Record
from alerting.scope import Scope, expression

__all__ = ["score_records"]

#: smallest share inside PSI, the usual convention; a bin that nothing is in would make it infinite
PSI_FLOOR = "1e-4"
#: smallest share inside a logarithm, where 0 x log(tiny) is to be 0 and not undefined
TINY = "1e-12"
#: 8 ln 2, which turns a divergence in bits into a chi-square
BITS = f"{8 * math.log(2):.12f}"
HALF_LN_2PI = f"{math.log(2 * math.pi) / 2:.12f}"
LN_10 = f"{math.log(10):.12f}"


def score_records(scope: Scope, scores: Scores, window: str, key: tuple[str, ...], about: str) -> tuple[Record, ...]:
    """Return the measures, given that shares, noise and spread of *window* are recorded, the latter two with the samples."""
    p, q = at(scores.current, window), at(scores.reference, window)
    z, k, jsd, w = (at(name, window) for name in (scores.noise, scores.degrees, scores.divergence, scores.deviate))
    spread = f"{at(scores.spread, window)} * {z}"
    middle = f"clamp_min(({p} + {q}) / 2, {TINY})"
    total = f"sum {scope.by(*key)}"
    floor = f"{k} * {z} / {BITS}"

    def record(name: str, expr: str, what: str) -> Record:
        return windowed(name, window, expression(expr), f"{what}, {about}")

    return (
        record(scores.degrees, f"count {scope.by(*key)} ({p} + {q} > 0) - 1", "bins in use less one"),
        record(
            scores.divergence,
            f"clamp_min(0.5 * {total} (\n"
            f"    {p} * log2(clamp_min({p}, {TINY}) / {middle})\n"
            f"  +\n"
            f"    {q} * log2(clamp_min({q}, {TINY}) / {middle})\n"
            f"), 0)",
            "Jensen-Shannon divergence in bits",
        ),
        record(scores.distance, f"sqrt({jsd})", "Jensen-Shannon distance, 0 to 1"),
        record(
            scores.psi,
            f"{total} (\n"
            f"    (clamp_min({p}, {PSI_FLOOR}) - clamp_min({q}, {PSI_FLOOR}))\n"
            f"  *\n"
            f"    ln(clamp_min({p}, {PSI_FLOOR}) / clamp_min({q}, {PSI_FLOOR}))\n"
            f")",
            "population stability index in nats, shares floored at 1e-4",
        ),
        record(scores.floor, f"sqrt({floor})", "distance to be expected without drift"),
        record(scores.debiased, f"sqrt(clamp_min({jsd} - {floor}, 0))", "distance without the noise's share"),
        record(
            scores.deviate,
            f"(({jsd} * {BITS} / ({spread}) / ({k} > 0)) ^ (1 / 3) - 1 + 2 / (9 * {k})) / sqrt(2 / (9 * {k}))",
            "standard deviations above no drift",
        ),
        # The upper tail of the normal, from its Mills ratio 4 / (3 x + sqrt(x^2 + 8)): within 0.3 % from 2 deviations on.
        record(
            scores.evidence,
            f"clamp_max(({w} > bool 0) * (\n"
            f"    clamp_min({w}, 0) ^ 2 / 2 + {HALF_LN_2PI}\n"
            f"  +\n"
            f"    ln((3 * clamp_min({w}, 0) + sqrt(clamp_min({w}, 0) ^ 2 + 8)) / 4)\n"
            f") / {LN_10}, 300)\n"
            f"or\n"
            f"  {k} == 0",
            "evidence of drift, -log10 p",
        ),
    )
