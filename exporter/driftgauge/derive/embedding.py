"""Embeddings as features: random Fourier features of the vectors, their norm, and what eight principal components leave.

    phi(x) = [cos Wx, sin Wx] * sqrt(2 / D),  W ~ N(0, 1 / s^2),  s^2 the median squared distance,  D = 256

The mean of phi over a data set is its mean embedding under a Gaussian kernel; the distance of two such means sees shifts
of the mean and new clusters (`drift/mmd.py`). Scale and covariance show in two ordinary columns: NAME.norm, and
NAME.residual, the length of what remains of x - mean beside the eight components of largest variance (statistics.md 5).

W is made from a seed by arithmetic of our own (SplitMix64 and Box-Muller), because NumPy does not promise the same normal
numbers in every version; the profile holds the seed and s, 55 bytes instead of a megabyte.

Memory: 4 D d / 2 bytes. Time: 5 us a vector of 128 dimensions, 20 us of 768 (docs/model-health.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Floats
from driftgauge.derive.feature_part import part_of, part_traces

__all__ = ["COMPONENTS", "WIDTH", "Embedder", "embedding_columns", "scale_of", "with_embedding_columns"]

Float64s = NDArray[np.float64]

#: features: half cosines, half sines
WIDTH = 256
#: principal components that the residual leaves out
COMPONENTS = 8
#: vectors from which on they can be told from noise
LEAST_VECTORS = 50
#: pairs of which the median distance is taken
_PAIRS = 4_096
#: what the traces that a part tells are corrected by at most
MOST_CORRECTED = 4.0
#: vectors mapped at a time, so that the intermediate products stay in cache
_ROWS = 1_024


@dataclass(frozen=True, slots=True, eq=False)
class Embedder:
    """The feature map of one embedding.

    Attributes:
        seed: of the frequencies W.
        scale: s, the root of the median squared distance of two reference vectors.
        mean: of the reference vectors, [dimensions].
        components: principal components of largest variance, orthonormal, [at most COMPONENTS, dimensions].
        square: tr S^2 of the covariance S of phi over the reference, without sampling bias.
        cube: tr S^3, likewise.
        part_traces: tr S^2 and tr S^3 of the same sample, as a part of the features tells them: what corrects those of windows
            (`drift.mean_scatter`); None where an older profile does not say.
    """

    seed: int
    scale: float
    mean: Float64s
    components: Float64s
    square: float = np.nan
    cube: float = np.nan
    part_traces: tuple[float, float] | None = None
    weights: NDArray[np.float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        drawn = _normals(self.seed, WIDTH // 2 * self.dimensions).reshape(WIDTH // 2, self.dimensions)
        object.__setattr__(self, "weights", (drawn / self.scale).astype(np.float32))

    @classmethod
    def fit(cls, vectors: Floats, seed: int = 0) -> Embedder | None:
        """Find the map of reference vectors [rows, dimensions]; None where there are too few, or all are one.

        Args:
            vectors: a sample of the reference; rows that are not finite are left out.
            seed: of the frequencies.
        """
        known = np.asarray(vectors, dtype=np.float64)
        known = known[np.isfinite(known).all(axis=1)]
        if (scale := scale_of(known, seed)) is None:
            return None
        mean = _digits(known.mean(axis=0))
        # Six digits are what a sample gives, and what the profile file keeps.
        plain = cls(seed, _nine(scale), mean, _digits(_axes(known - mean)))
        return plain.calibrated(known)

    def calibrated(self, vectors: Floats) -> Embedder:
        """Return the map with the moments of phi over *vectors*.

        The traces of a sample covariance are too large by known terms of 1 / n, which are taken off (those of a Wishart
        matrix; phi is not normal, and the terms are corrections of a percent).
        """
        phi = self.features(vectors)
        phi = phi[np.isfinite(phi).all(axis=1)]
        n = len(phi)
        centred = phi - phi.mean(axis=0)
        covariance = centred.T @ centred / (n - 1)
        values = np.linalg.eigvalsh(covariance)
        t1 = float(values.sum())
        square = max(float((values**2).sum()) - t1**2 / n, 1e-12)
        cube = max(float((values**3).sum()) - 3 * t1 * square / n - t1**3 / n**2, 1e-15)
        found = part_traces(np.cov(part_of(phi).T), WIDTH, t1, n - 1)
        return replace(self, square=_nine(square), cube=_nine(cube), part_traces=(_nine(found[0]), _nine(found[1])))

    def with_traces(self, square: float, cube: float) -> Embedder:
        """Return the map with other moments of phi, which a part told; the corrections stay what they are."""
        factors = self.corrections
        told = None if self.part_traces is None else (_nine(square / factors[0]), _nine(cube / factors[1]))
        return replace(self, square=_nine(square), cube=_nine(cube), part_traces=told)

    @property
    def corrections(self) -> tuple[float, float]:
        """Factors of the traces that a part tells, tr S^2 and tr S^3; 1 where nothing is known of them."""
        if self.part_traces is None:
            return 1.0, 1.0
        square, cube = self.square / self.part_traces[0], self.cube / self.part_traces[1]
        # Beyond that the part of the sample was no guide.
        return min(max(square, 1 / MOST_CORRECTED), MOST_CORRECTED), min(max(cube, 1 / MOST_CORRECTED), MOST_CORRECTED)

    @property
    def dimensions(self) -> int:
        """Dimensions of the vectors."""
        return len(self.mean)

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that tell feature maps apart."""
        known = hashlib.sha256(repr((self.seed, self.scale, self.dimensions)).encode())
        return known.hexdigest()[:12]

    def features(self, vectors: Floats) -> Float64s:
        """Return phi of vectors [rows, dimensions], [rows, WIDTH]; NaN rows stay so."""
        parts = [self._features(vectors[start : start + _ROWS]) for start in range(0, len(vectors), _ROWS)]
        return np.concatenate(parts) if parts else np.empty((0, WIDTH))

    def _features(self, vectors: Floats) -> Float64s:
        with np.errstate(invalid="ignore", over="ignore"):
            angles = vectors.astype(np.float32, copy=False) @ self.weights.T
            phi = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
        wide: Float64s = phi.astype(np.float64) * np.sqrt(2 / WIDTH)
        return wide

    def residual(self, vectors: Floats) -> Float64s:
        """Return the length of what the components leave of vectors [rows, dimensions]."""
        centred = np.asarray(vectors, dtype=np.float64) - self.mean
        with np.errstate(invalid="ignore", over="ignore"):
            along = centred @ self.components.T
            left = np.einsum("ij,ij->i", centred, centred) - np.einsum("ij,ij->i", along, along)
        lengths: Float64s = np.sqrt(np.maximum(left, 0.0))
        return lengths


def scale_of(vectors: Floats, seed: int = 0) -> float | None:
    """Return the root of the median squared distance of vectors, all finite; None where there are too few, or most are one."""
    if len(vectors) < LEAST_VECTORS:
        return None
    left, right = np.random.default_rng(seed).integers(len(vectors), size=(2, _PAIRS))
    gaps = np.asarray(vectors[left], dtype=np.float64) - vectors[right]
    scale = float(np.sqrt(np.median(np.square(gaps).sum(axis=1)[left != right])))
    return scale if 0 < scale < np.inf else None


def embedding_columns(name: str) -> tuple[str, str]:
    """Return the names of the columns of an embedding: norm and residual."""
    return f"{name}.norm", f"{name}.residual"


def with_embedding_columns(batch: Batch, embedders: Mapping[str, Embedder]) -> Batch:
    """Return *batch* with norm and residual of the embeddings that there is a map for, as inputs.

    Vectors of another width than the map's say nothing: their columns are missing.
    """
    columns = {}
    for name, embedder in embedders.items():
        vectors = batch.vectors.get(name)
        if vectors is None:
            continue
        fits = vectors.ndim == 2 and vectors.shape[1] == embedder.dimensions
        norm, residual = embedding_columns(name)
        unknown = np.full(batch.rows, np.nan)
        columns[norm] = _norms(vectors) if fits else unknown
        columns[residual] = embedder.residual(vectors) if fits else unknown
    return replace(batch, inputs={**batch.inputs, **columns}) if columns else batch


def _axes(centred: Float64s) -> Float64s:
    """Return the principal axes of largest variance, the largest number of each positive.

    The scatter matrix tells them in a tenth of the time of the vectors themselves, where it is the smaller one. Axes of small variance are
    less exact by it, which are not asked for.
    """
    if len(centred) < centred.shape[1]:
        axes = np.linalg.svd(centred, full_matrices=False)[2][:COMPONENTS]
    else:
        centred = centred / np.abs(centred).max()  # squares of what float64 holds may be beyond it
        axes = np.linalg.eigh(centred.T @ centred)[1].T[::-1][:COMPONENTS]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    signed: Float64s = axes * np.where(largest < 0, -1.0, 1.0)
    return signed


def _norms(vectors: Floats) -> Float64s:
    wide = np.asarray(vectors, dtype=np.float64)
    with np.errstate(over="ignore"):
        norms: Float64s = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    return norms


def _normals(seed: int, count: int) -> Float64s:
    """Return *count* standard normal numbers, the same everywhere (Steele, Lea, Flood 2014; Box, Muller 1958)."""
    pairs = (count + 1) // 2
    with np.errstate(over="ignore"):
        state = np.uint64(seed) + np.arange(1, 2 * pairs + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    uniform = ((state >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    length, angle = np.sqrt(-2 * np.log(uniform[:pairs])), 2 * np.pi * uniform[pairs:]
    return np.concatenate([length * np.cos(angle), length * np.sin(angle)])[:count]


def _nine(value: float) -> float:
    """Return nine digits, which is what the profile file keeps."""
    return float(f"{value:.9g}")


def _digits(values: Float64s) -> Float64s:
    rounded: Float64s = np.vectorize(lambda value: float(f"{value:.6g}"), otypes=[np.float64])(values)
    return rounded
