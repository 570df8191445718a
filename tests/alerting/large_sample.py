"""The large-sample evidence of the rules, in Python."""

from __future__ import annotations

import math

__all__ = ["evidence"]


def evidence(divergence: float, degrees: int, z: float) -> float:
    """Return -log10 p of a divergence in bits, by Wilson and Hilferty and the Mills ratio 4 / (3 x + sqrt(x^2 + 8))."""
    if degrees == 0:
        return 0.0
    part = 2 / (9 * degrees)
    deviate = ((divergence * 8 * math.log(2) / z / degrees) ** (1 / 3) - 1 + part) / math.sqrt(part)
    if deviate <= 0:
        return 0.0
    tail = deviate**2 / 2 + math.log(2 * math.pi) / 2 + math.log((3 * deviate + math.sqrt(deviate**2 + 8)) / 4)
    return min(tail / math.log(10), 300.0)
