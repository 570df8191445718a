"""Evidence without drift: how often each kind of it is as large as it should rarely be.

Windows are drawn from a pool without replacement, disjoint from the reference and from one another, so that one shuffle
gives many; between two shuffles they are new. Drawing without replacement leaves the law of a difference of two disjoint
means what it is, with the pool's own variance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch
from driftgauge.derive import Embedder, confidence_of, token_facts
from driftgauge.derive.embedding import WIDTH
from driftgauge.derive.feature_part import PART, part_of
from driftgauge.drift import jensen_shannon, mean_shift
from driftgauge.drift.estimated import Estimator
from driftgauge.drift.gamma import log_normal_tail
from driftgauge.drift.mean_change import FeatureSums, mean_change, traces_of
from driftgauge.drift.mmd import mean_discrepancy
from driftgauge.drift.token_drift import token_drift
from driftgauge.reference import BuildOptions, build
from driftgauge.reference.embeddings import VECTORS
from driftgauge.sketch import FOLDED, TOKEN_BUCKETS, BinnedSpec, MeanSpec, ScatterSpec, TokenCounts, TokenSpec
from driftgauge.sketch.tokens import spectrum_of

__all__ = ["KINDS", "LEVELS", "REFERENCE", "SIZES", "evidences"]

POOL, REFERENCE = 60_000, 10_000
SIZES = (200, 1_000, 5_000)
LEVELS = (1e-2, 1e-3)

Draw = Callable[[int, np.random.Generator], Iterator[float]]
Sums = NDArray[np.float64]


def evidences(kind: str, size: int, windows: int, seed: int = 1) -> NDArray[np.float64]:
    """Return the evidence of *windows* windows of *size* rows without drift."""
    rng = np.random.default_rng([seed, size])
    draw = KINDS[kind](rng)
    found: list[float] = []
    while len(found) < windows:
        found.extend(draw(size, rng))
    return np.array(found[:windows])


def _shuffled(rng: np.random.Generator, size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of a reference, and those of as many windows as the rest of the pool gives, [windows, size]."""
    order = rng.permutation(POOL)
    rest = order[REFERENCE:]
    return order[:REFERENCE], rest[: len(rest) // size * size].reshape(-1, size)


def _embedding(rng: np.random.Generator) -> Draw:
    """Vectors of 64 dimensions whose spectrum falls as 1 / i."""
    vectors = rng.standard_normal((POOL, 64)) * np.arange(1, 65) ** -0.5
    embedder = Embedder.fit(vectors[:5_000])
    assert embedder is not None
    phi = embedder.features(vectors).astype(np.float32)
    spec = MeanSpec(WIDTH, embedder.digest)

    def draw(size: int, rng: np.random.Generator) -> Iterator[float]:
        first, windows = _shuffled(rng, size)
        reference = spec.of(phi[first])
        for rows in windows:
            yield mean_discrepancy(reference, spec.of(phi[rows]), embedder.square, embedder.cube).evidence

    return draw


def _learned(rng: np.random.Generator) -> Draw:
    """Vectors compared with the 5,000 from which map, moments and mean were learned, anew for each shuffle."""
    vectors = (rng.standard_normal((POOL, 64)) * np.arange(1, 65) ** -0.5).astype(np.float32)

    def draw(size: int, rng: np.random.Generator) -> Iterator[float]:
        first, windows = _shuffled(rng, size)
        embedder = Embedder.fit(vectors[first[:VECTORS]])
        assert embedder is not None
        spec = MeanSpec(WIDTH, embedder.digest)
        reference = spec.of(embedder.features(vectors[first[:VECTORS]]))
        for rows in windows:
            found = spec.of(embedder.features(vectors[rows]))
            yield mean_discrepancy(reference, found, embedder.square, embedder.cube).evidence

    return draw


def _elsewhere(rng: np.random.Generator, *, accepted: bool, clusters: int) -> Draw:
    """Vectors compared with others of their own time, whose covariance a part of the features of a quarter of them tells.

    With clusters they are nothing like those that the map was made from. Accepted: windows against a reference of 10,000 of them; else
    windows against others of the same size.
    """
    spread = np.arange(1, 65) ** -0.5
    embedder = Embedder.fit(rng.standard_normal((5_000, 64)) * spread)
    assert embedder is not None
    vectors = rng.standard_normal((POOL, 64)) * spread
    if clusters:
        centres = rng.standard_normal((clusters, 64)) * spread
        vectors = centres[rng.integers(clusters, size=POOL)] + 0.3 * vectors
    phi = embedder.features(vectors).astype(np.float32)
    part = part_of(phi)
    means, scatters = MeanSpec(WIDTH, embedder.digest), ScatterSpec(PART, embedder.digest)

    def summed(rows: NDArray[np.intp]) -> FeatureSums:
        return FeatureSums(means.of(phi[rows]), scatters.of(part[rows[::4]]))  # as of full stages

    def against_accepted(size: int, rng: np.random.Generator) -> Iterator[float]:
        first, windows = _shuffled(rng, size)
        reference = summed(first)
        traces = traces_of([reference], embedder.corrections)
        assert traces is not None
        for rows in windows:
            yield mean_discrepancy(reference.mean, means.of(phi[rows]), *traces[1:]).evidence

    def against_past(size: int, rng: np.random.Generator) -> Iterator[float]:
        windows = rng.permutation(POOL)[: POOL // size * size].reshape(-1, size)
        for before, now in zip(windows[::2], windows[1::2], strict=False):
            yield mean_change(summed(before), summed(now), embedder.corrections).evidence

    return against_accepted if accepted else against_past


def _tokens(rng: np.random.Generator, *, topics: int = 1, templates: int = 0) -> Draw:
    """Texts of 5 to 60 tokens of Zipf's law; of *topics*, each text has one; after one of *templates*, 20 tokens that never change."""
    vocabulary, longest = 5_000, 60
    weights = np.arange(1, vocabulary + 1) ** -1.05
    general = rng.choice(vocabulary, (POOL, longest), p=weights / weights.sum())
    if topics > 1:
        # a third of the tokens are words of the text's topic, 200 of its own
        topic = rng.integers(topics, size=POOL)[:, None]
        special = topic * 200 + rng.integers(200, size=(POOL, longest)) + vocabulary
        general = np.where(rng.random((POOL, longest)) < 1 / 3, special, general)
    if templates:
        heads = rng.integers(vocabulary, 2 * vocabulary, (templates, 20))
        general[:, :20] = heads[rng.integers(templates, size=POOL)]
    buckets = token_facts([general.ravel()]).tokens.buckets.reshape(POOL, longest) % FOLDED
    lengths = rng.integers(20 if templates else 5, longest + 1, POOL)
    cells = np.arange(POOL)[:, None] * FOLDED + buckets
    inside = np.arange(longest) < lengths[:, None]
    table = np.bincount(cells[inside], minlength=POOL * FOLDED).reshape(POOL, FOLDED).astype(np.float32)
    squares, crossed = table**2, table * lengths[:, None].astype(np.float32)

    def counted(rows: NDArray[np.intp]) -> TokenCounts:
        counts = np.zeros(TOKEN_BUCKETS, dtype=np.int64)
        counts[:FOLDED] = table[rows].sum(axis=0)
        return TokenCounts(
            TokenSpec(),
            np.array([len(rows)]),
            counts,
            squares[rows].sum(axis=0, dtype=np.float64),
            crossed[rows].sum(axis=0, dtype=np.float64),
            np.array([float((lengths[rows] ** 2).sum())]),
            sum(
                (spectrum_of(table[rows[at : at + 512]].astype(np.float64)) for at in range(0, len(rows), 512)),
                np.zeros(3),
            ),
        )

    def draw(size: int, rng: np.random.Generator) -> Iterator[float]:
        first, windows = _shuffled(rng, size)
        reference = counted(first)
        for rows in windows:
            yield token_drift(reference, counted(rows)).evidence

    return draw


def _confidence(rng: np.random.Generator) -> Draw:
    """The largest of ten class probabilities of a model that is sure of most rows."""
    logits = rng.standard_normal((POOL, 10))
    logits[np.arange(POOL), rng.integers(10, size=POOL)] += rng.gamma(4.0, 1.5, POOL)
    values = confidence_of(logits, logits=True)["confidence.top1"]

    def draw(size: int, rng: np.random.Generator) -> Iterator[float]:
        first, windows = _shuffled(rng, size)
        batch = Batch(REFERENCE, outputs={"confidence.top1": values[first]})
        reference = build(lambda: [batch], BuildOptions("null", 0.0)).profile
        edges = reference.spec.histogram.edges[0].astype(np.float32)
        place = np.searchsorted(edges, values.astype(np.float32))[windows]
        counts = np.stack([np.bincount(row, minlength=len(edges) + 1) for row in place])
        yield from jensen_shannon(reference.histogram.counts[:, : len(edges) + 1], counts).evidence.tolist()

    return draw


def _mean(rng: np.random.Generator) -> Draw:
    """Lengths of texts with a long tail."""
    values = np.ceil(np.exp(rng.normal(4.5, 0.5, POOL)))

    def draw(size: int, rng: np.random.Generator) -> Iterator[float]:
        first, windows = _shuffled(rng, size)
        known, inside = values[first], values[windows]
        spread = np.maximum(known.std(), inside.std(axis=1))
        z = mean_shift(known.mean(), spread, REFERENCE, inside.mean(axis=1), size).z
        yield from (-(log_normal_tail(np.abs(z)) + math.log(2)) / math.log(10)).tolist()

    return draw


def _estimated(rng: np.random.Generator) -> Draw:
    """Accuracy to be expected of a model that is sure of most rows; every row of the reference is labelled."""
    confidence = 0.5 + 0.5 * rng.beta(4.0, 1.2, POOL)
    right = (rng.random(POOL) < confidence).astype(np.float64)

    def draw(size: int, rng: np.random.Generator) -> Iterator[float]:
        first, windows = _shuffled(rng, size)
        edges = np.unique(np.quantile(confidence[first], np.arange(1, 20) / 20))
        known = Estimator.of_right(BinnedSpec(tuple(edges)).of(np.stack([confidence[first], right[first]])))
        yield from known.estimate(_counted(edges, confidence, windows)).evidence.tolist()

    return draw


def _estimated_error(rng: np.random.Generator) -> Draw:
    """Error to be expected of predictions with a long tail that err in proportion to their size."""
    predicted = np.exp(rng.normal(3.0, 0.7, POOL))
    error = np.abs(rng.normal(0.0, predicted / 5))

    def draw(size: int, rng: np.random.Generator) -> Iterator[float]:
        first, windows = _shuffled(rng, size)
        edges = np.unique(np.quantile(predicted[first], np.arange(1, 20) / 20))
        known = Estimator.of_errors(BinnedSpec(tuple(edges)).of(np.stack([predicted[first], error[first]])))
        yield from known.estimate(_counted(edges, predicted, windows)).evidence.tolist()

    return draw


def _counted(edges: Sums, values: Sums, windows: NDArray[np.intp]) -> NDArray[np.int64]:
    place = np.searchsorted(edges, values)[windows]
    return np.stack([np.bincount(row, minlength=len(edges) + 1) for row in place])


#: what is measured, by name
KINDS: dict[str, Callable[[np.random.Generator], Draw]] = {
    "embedding": _embedding,
    "embedding, learned": _learned,
    "embedding, past": lambda rng: _elsewhere(rng, accepted=False, clusters=0),
    "embedding of clusters, past": lambda rng: _elsewhere(rng, accepted=False, clusters=10),
    "embedding of clusters, accepted": lambda rng: _elsewhere(rng, accepted=True, clusters=10),
    "tokens": _tokens,
    "tokens of topics": lambda rng: _tokens(rng, topics=20),
    "tokens after templates": lambda rng: _tokens(rng, templates=4),
    "confidence.top1": _confidence,
    "mean of lengths": _mean,
    "estimated accuracy": _estimated,
    "estimated error": _estimated_error,
}
