"""Token counts of one text column: hashed tokens, and how much they cluster in texts.

Tokens are counted in 2,048 hash buckets, of which the most frequent tell the most frequent tokens (a token of a bucket of
its own, but for 2 % of the pairs of the 50 most frequent), and which fold into 256 for a histogram. No token can be read
back. Tokens of one text are not independent: `design_effect` is the factor by which their counts scatter more widely than
as many independent tokens (Rao and Scott 1981, first order), from the sums of squares over texts, which are additive.
That factor is a mean: texts that follow a few templates scatter in a few directions by much, and a distance then has a far longer
tail than the mean tells. `growth` is by how much (second order), from how the texts of each piece go together: (x_a . x_b)^2 over
pairs of texts averages the squares of the scatter's eigenvalues, (x_a . x_b)(x_b . x_c)(x_c . x_a) over triples the cubes, as in
`drift/dispersion.py`. Splitting a batch changes which pairs are looked at, not what they average.

Memory: 20 KB. Time: 45 ns a token and 1 us a text, in pieces of 512 texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Tokens
from driftgauge.sketch.additive import Sketch

__all__ = ["FOLDED", "TOKEN_BUCKETS", "TokenCounts", "TokenSpec", "spectrum_of"]

Float64s = NDArray[np.float64]

#: buckets of a token's hash, and those of the histogram: a multiple, so that the low bits of the one are the other
TOKEN_BUCKETS, FOLDED = 2_048, 256
_TEXTS = 512
#: texts of a piece of which pairs are looked at, and texts of a piece below which there is nothing to tell
_PAIRED, _LEAST = 64, 32


@dataclass(frozen=True, slots=True)
class TokenSpec:
    """Counts tokens; there is nothing to set."""

    def zero(self) -> TokenCounts:
        """Return the counts of no texts."""
        return TokenCounts(
            self,
            np.zeros(1, dtype=np.int64),
            np.zeros(TOKEN_BUCKETS, dtype=np.int64),
            np.zeros(FOLDED),
            np.zeros(FOLDED),
            np.zeros(1),
            np.zeros(3),
        )

    def holding(self, arrays: Mapping[str, NDArray[Any]]) -> TokenCounts:
        """Return counts around *arrays* (not copied)."""
        return TokenCounts(self, **arrays)

    def of(self, tokens: Tokens) -> TokenCounts:
        """Count the tokens of texts; texts without tokens do not count."""
        result = self.zero()
        result.texts[0] = np.count_nonzero(tokens.lengths)
        result.counts[:] = np.bincount(tokens.buckets, minlength=TOKEN_BUCKETS)
        lengths = tokens.lengths.astype(np.float64)
        result.lengths[0] = lengths @ lengths
        for first in range(0, len(tokens), _TEXTS):
            last = min(first + _TEXTS, len(tokens))
            inside = slice(tokens.starts[first], tokens.starts[last])
            text = np.repeat(np.arange(last - first), tokens.lengths[first:last])
            cells = text * FOLDED + tokens.buckets[inside] % FOLDED
            table = np.bincount(cells, minlength=(last - first) * FOLDED).reshape(-1, FOLDED).astype(np.float64)
            result.squares[:] += np.einsum("ij,ij->j", table, table)
            result.crossed[:] += lengths[first:last] @ table
            result.spectrum[:] += spectrum_of(table)
        return result


def spectrum_of(table: Float64s) -> Float64s:
    """Return texts that were looked at, and as many times the growth of variance and of third moment; zeros for too few.

    Args:
        table: tokens of texts, [texts, buckets].
    """
    table = table[table.any(axis=1)]
    if len(table) < _LEAST:
        return np.zeros(3)
    lengths, shares = table.sum(axis=1), table.sum(axis=0) / table.sum()
    used = shares > 0
    degrees, texts = int(used.sum()) - 1, min(len(table), _PAIRED)
    scatter = (table[:texts, used] - lengths[:texts, None] * shares[used]) / np.sqrt(shares[used])
    products = scatter @ scatter.T
    size = float(np.trace(products)) / texts
    if degrees < 1 or size <= 0:
        return np.zeros(3)
    np.fill_diagonal(products, 0.0)
    pairs = texts * (texts - 1)
    second = degrees * float(np.square(products).sum()) / pairs / size**2
    third = degrees**2 * float(((products @ products) * products).sum()) / (pairs * (texts - 2)) / size**3
    return texts * np.array([1.0, second, third])


@dataclass(frozen=True, slots=True, eq=False)
class TokenCounts(Sketch):
    """Tokens per bucket, and sums over texts.

    Attributes:
        texts: texts with tokens, int64 [1].
        counts: tokens per bucket, int64 [TOKEN_BUCKETS].
        squares: sum over texts of the square of a text's count in each folded bucket, float64 [FOLDED].
        crossed: sum over texts of that count times the text's tokens, float64 [FOLDED].
        lengths: sum over texts of the square of the text's tokens, float64 [1].
        spectrum: texts of which pairs were looked at, and their number times both figures of `growth`, float64 [3].
    """

    spec: TokenSpec
    texts: Counts
    counts: Counts
    squares: Float64s
    crossed: Float64s
    lengths: Float64s
    spectrum: Float64s

    @property
    def total(self) -> int:
        """Tokens."""
        return int(self.counts.sum())

    @property
    def folded(self) -> Counts:
        """Tokens per folded bucket, int64 [FOLDED]."""
        folded: Counts = self.counts.reshape(-1, FOLDED).sum(axis=0)
        return folded

    @property
    def design_effect(self) -> float:
        """How much more widely the folded counts scatter than those of independent tokens; NaN for fewer than two texts.

        The mean over buckets of V_b / (p_b (1 - p_b) / tokens), weighted with 1 - p_b, V_b the variance of the bucket's share
        between texts as a ratio estimator has it.
        """
        texts, tokens = int(self.texts[0]), self.total
        shares = self.folded / max(tokens, 1)
        used = shares > 0
        if texts < 2 or used.sum() < 2:
            return float("nan")
        scatter = self.squares - 2 * shares * self.crossed + shares**2 * self.lengths[0]
        ratio = (scatter[used] / shares[used]).sum() / (tokens * (used.sum() - 1))
        return float(max(ratio * texts / (texts - 1), 0.0))

    @property
    def growth(self) -> tuple[float, float]:
        """By how much variance and third moment of a distance exceed those of independent tokens of the same mean; 1 if unknown."""
        texts, second, third = self.spectrum.tolist()
        variance = max(second / texts, 1.0) if texts else 1.0
        # Cauchy and Schwarz: equal eigenvalues have the least third moment.
        return variance, max(third / texts if texts else 1.0, variance**2)

    def top(self, k: int) -> frozenset[int]:
        """Return the *k* most frequent buckets, fewer where fewer have tokens; ties go to the lower number."""
        order = np.argsort(-self.counts, kind="stable")[:k]
        return frozenset(order[self.counts[order] > 0].tolist())
