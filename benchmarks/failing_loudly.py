"""Shifts of handwritten digits, detected from the softmax outputs of a classifier alone (BBSDs).

A logistic regression is trained on 700 digits of scikit-learn; its class probabilities on 500 others are the reference, and
samples of the remaining 597 the traffic: as they are, or with noise, turned, shifted by pixels, or short of a class, each at
three strengths and over 10, 50 and 100 % of the rows. Detected means that some column's evidence rules chance out at 0.05,
divided by the number of columns. Beside it the two-sample Kolmogorov-Smirnov test on the same columns, as in Rabanser,
Guennemann, Lipton 2019, "Failing Loudly", whose figures on MNIST and CIFAR-10 stand in the last row.

    python -m benchmarks.failing_loudly [draws]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import rotate, shift
from scipy.stats import ks_2samp
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from benchmarks.support.report import show
from driftgauge.batch import Batch
from driftgauge.derive import with_probability_columns
from driftgauge.drift import jensen_shannon
from driftgauge.profile import Profile
from driftgauge.reference import BuildOptions, build

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]

SIZES = (10, 20, 50, 100, 200, 500)
LEVEL = 0.05
#: share of the shifts detected by univariate tests on BBSDs, Table 1a, at these sizes
PUBLISHED = (0.19, 0.28, 0.47, 0.47, 0.51, 0.65)
SHARES = (0.1, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Study:
    """A classifier, its answers on the reference, and digits that nobody has seen."""

    classifier: LogisticRegression
    reference: Profile
    known: Matrix
    images: Matrix
    labels: Labels

    @classmethod
    def prepare(cls, seed: int = 0) -> Study:
        """Train and count."""
        images, labels = load_digits(return_X_y=True)
        order = np.random.default_rng(seed).permutation(len(images))
        train, held, rest = order[:700], order[700:1200], order[1200:]
        classifier = LogisticRegression(C=0.1, max_iter=2_000).fit(images[train] / 16, labels[train])
        known = classifier.predict_proba(images[held] / 16)
        batch = with_probability_columns(Batch(len(known), probabilities=known))
        reference = build(lambda: [batch], BuildOptions("digits", 0.0)).profile
        return cls(classifier, reference, known, images[rest], labels[rest])

    def evidence(self, images: Matrix) -> Matrix:
        """Return the evidence of each class probability."""
        p = self.classifier.predict_proba(images / 16)
        current = self.reference.spec.of(with_probability_columns(Batch(len(p), probabilities=p)))
        return jensen_shannon(self.reference.histogram.counts, current.histogram.counts).evidence

    def detects(self, images: Matrix) -> tuple[bool, bool]:
        """Tell whether our evidence, and the Kolmogorov-Smirnov test, detect a shift."""
        columns = self.known.shape[1]
        limit = LEVEL / columns
        p = self.classifier.predict_proba(images / 16)
        smallest = min(ks_2samp(self.known[:, i], p[:, i]).pvalue for i in range(columns))
        return bool((self.evidence(images) >= -np.log10(limit)).any()), bool(smallest < limit)


def noise(images: Matrix, strength: float, rng: np.random.Generator) -> Matrix:
    """Add normal noise, of 16 grey levels."""
    return np.clip(images + rng.normal(0, strength, images.shape), 0, 16)


def turned(images: Matrix, degrees: float, rng: np.random.Generator) -> Matrix:
    """Turn each digit by up to so many degrees."""
    angles = rng.uniform(-degrees, degrees, len(images))
    return np.stack(
        [
            rotate(image.reshape(8, 8), angle, reshape=False, order=1).ravel()
            for image, angle in zip(images, angles, strict=True)
        ]
    ).reshape(images.shape)


def shifted(images: Matrix, pixels: float, rng: np.random.Generator) -> Matrix:
    """Move each digit by so many pixels in a random direction."""
    turns = rng.uniform(0, 2 * np.pi, len(images))
    return np.stack(
        [
            shift(image.reshape(8, 8), (pixels * np.sin(turn), pixels * np.cos(turn)), order=1).ravel()
            for image, turn in zip(images, turns, strict=True)
        ]
    ).reshape(images.shape)


Change = Callable[[Matrix, float, np.random.Generator], Matrix]

#: name -> what is done to rows, and its three strengths
CHANGES: Mapping[str, tuple[Change, tuple[float, float, float]]] = {
    "noise": (noise, (1.0, 3.0, 6.0)),
    "rotation": (turned, (10.0, 30.0, 60.0)),
    "pixel shift": (shifted, (0.3, 0.7, 1.5)),
}
#: share of class 0 that is missing
KNOCK_OUT = (0.1, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Shift:
    """What happens to which share of the rows, how strongly; `class imbalance` leaves out digits of class 0 instead."""

    kind: str
    strength: float = 0.0
    share: float = 1.0

    def draw(self, study: Study, size: int, rng: np.random.Generator) -> Matrix:
        """Return *size* digits after the shift."""
        pool = np.arange(len(study.images))
        if self.kind == "class imbalance":
            pool = pool[(study.labels != 0) | (rng.random(len(pool)) >= self.strength)]
        images = study.images[rng.choice(pool, size, replace=False)]
        if self.kind in CHANGES and (count := round(self.share * size)):
            images[:count] = CHANGES[self.kind][0](images[:count], self.strength, rng)
        return images


def detected(study: Study, size: int, kind: str, draws: int, seed: int = 1) -> tuple[float, float]:
    """Return the share of shifts of a kind that our evidence, and the KS test, detect."""
    rng = np.random.default_rng([seed, size])
    strengths = CHANGES[kind][1] if kind in CHANGES else KNOCK_OUT if kind == "class imbalance" else (0.0,)
    shares = SHARES if kind in CHANGES else (1.0,)
    found = [
        study.detects(Shift(kind, strength, share).draw(study, size, rng))
        for strength in strengths
        for share in shares
        for _ in range(draws)
    ]
    ours, theirs = np.mean(found, axis=0).tolist()
    return ours, theirs


def main() -> None:
    """Measure and print."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    study = Study.prepare()
    kinds = (*CHANGES, "class imbalance")
    found = {kind: [detected(study, size, kind, draws) for size in SIZES] for kind in (*kinds, "none")}
    # every shift counts once: nine of each change, three knock-outs
    weights = np.array([9.0] * len(CHANGES) + [3.0])
    rows = []
    for method, name in enumerate(("20-bin evidence", "KS")):
        rows += [[kind, name, *(f"{pair[method]:.2f}" for pair in found[kind])] for kind in (*kinds, "none")]
        mean = np.average([[pair[method] for pair in found[kind]] for kind in kinds], axis=0, weights=weights)
        rows.append(["all shifts", name, *(f"{value:.2f}" for value in mean)])
    rows.append(["all shifts", "published, MNIST and CIFAR-10", *(f"{value:.2f}" for value in PUBLISHED)])
    show(
        f"Share of shifts detected from softmax outputs at level {LEVEL}, Bonferroni over classes",
        ["shift", "test", *map(str, SIZES)],
        rows,
        [f"{draws} draws of each shift; `none`: false alarms"],
    )


if __name__ == "__main__":
    main()
