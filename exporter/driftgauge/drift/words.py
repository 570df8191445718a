"""Evidence in words, and windows: the one place where `7.02` becomes `1 in 10 million`.

Law: chance is never made smaller than it is, so what is said is rounded towards more likely, to one digit.
"""

from __future__ import annotations

import math

__all__ = ["by_chance", "odds", "over"]

#: powers of ten with a name
_SCALES = ((12, "trillion"), (9, "billion"), (6, "million"))
#: odds below which a score is what chance does anyway
_LIKELY = 0.5
#: evidence beyond which nobody needs the figure
_CERTAIN = 15.0
#: a window's name -> what it is when it is no window of time
_WHOLE = {"batch": "this file"}


def odds(evidence: float) -> str:
    """Return -log10 of a chance as odds; it must be at least 0.

    >>> odds(7.02), odds(2.5)
    ('1 in 10 million', '1 in 300')
    """
    for power, name in _SCALES:
        if evidence >= power:
            return f"1 in {_one_digit(evidence - power)} {name}"
    return f"1 in {_one_digit(evidence)}"


def by_chance(evidence: float | None) -> str | None:
    """Say how likely chance alone does that: `1 in 10 million by chance`; None where it is not known.

    >>> by_chance(7.02), by_chance(0.1), by_chance(40.0)
    ('1 in 10 million by chance', 'as chance has it', 'not by chance')
    """
    if evidence is None or math.isnan(evidence):
        return None
    if evidence < _LIKELY:
        return "as chance has it"
    return "not by chance" if evidence >= _CERTAIN else f"{odds(evidence)} by chance"


def over(window: str) -> str:
    """Say what a window is: `last 24h`; of a file that was compared as a whole, `this file`."""
    return _WHOLE.get(window, f"last {window}")


def _one_digit(power: float) -> str:
    whole = math.floor(10**power + 1e-9)
    step = 10 ** (len(str(whole)) - 1)
    return f"{whole // step * step:,}".replace(",", "\u202f")
