"""A scene of models whose profiles know more than columns: texts, embeddings, anomalies, how often they were right; and how all of it moves."""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Batch, Categories, column_of
from driftgauge.derive import with_score_columns
from driftgauge.reference import BuildOptions, build
from tests.serve.harness import MONDAY, Exporter

CONFIG = """
models:
  - name: reviews
    version: "1"
    reference: {path: reviews.json}
    labels: {classes: [bad, good], least_coverage: 0.5}
    level_changes: {detectors: [adwin], series: [confidence, latency], slot_seconds: 3600, warmup_slots: 30}
  - name: eta
    version: "1"
    seasonality: none
    reference: {path: eta.json}
"""
CLASSES = ("bad", "good")
CHANNELS = ("app", "chat", "fair", "mail", "partner", "phone", "post", "shop", "visit", "web")
DIMENSIONS = 8
HOUR, DAY = 3_600.0, 86_400.0
START = MONDAY - MONDAY % DAY
#: hours that are played, and the one from which on words, embeddings, rows and the truth are others
HOURS, BREAKS = 60, 42
ROWS = 40


def text(rng, first=0):
    """Return some words of 200, from the *first* on."""
    return " ".join(f"w{word:03d}" for word in rng.integers(first, first + 200, rng.integers(8, 17)).tolist())


def review(rng, *, broken):
    """Return a row as it is sent, and what is true of it."""
    sure = rng.beta(6, 2) * 0.5 + 0.5 - 0.12 * broken
    guess = int(rng.random() < 0.6)
    right = rng.random() < sure - 0.15 * broken
    channel = "app" if rng.random() < 0.5 else CHANNELS[rng.integers(10)]
    row = {
        "features": {
            "review": text(rng, 120 * broken),
            "channel": channel,
            **dict(
                zip(
                    ("stars", "days", "length"),
                    (rng.standard_normal(3) * (1 + 0.4 * broken)).round(3).tolist(),
                    strict=True,
                )
            ),
        },
        "embedding": (rng.standard_normal(DIMENSIONS) + 0.8 * broken).round(3).tolist(),
        "prediction": CLASSES[guess],
        "proba": [round(1 - sure, 4), round(sure, 4)][:: 1 if guess else -1],
        "latency_s": float(rng.gamma(9, 0.004)),
    }
    return row, CLASSES[guess if right else 1 - guess]


def reviews_profile():
    """Count twenty days of rows as they should be, with what was true of them."""
    rng = np.random.default_rng(0)
    rows = 24 * 20 * 10
    sure = rng.beta(6, 2, rows) * 0.5 + 0.5
    guess = rng.random(rows) < 0.6
    truth = np.where(rng.random(rows) < sure, guess, ~guess)
    vectors = rng.standard_normal((rows, DIMENSIONS))
    batch = Batch(
        rows,
        inputs={
            "review": column_of([text(rng) for _ in range(rows)])[0],
            "channel": Categories(rng.integers(0, 10, rows).astype(np.int32), CHANNELS),
            **dict(zip(("stars", "days", "length"), rng.standard_normal((3, rows)), strict=True)),
            **{f"embedding[{place}]": vectors[:, place] for place in range(DIMENSIONS)},
        },
        outputs={"prediction": Categories(guess.astype(np.int32), CLASSES)},
        probabilities=np.stack([np.where(guess, 1 - sure, sure), np.where(guess, sure, 1 - sure)], axis=1),
        timestamps=START - 20 * DAY + np.arange(rows) * 360.0,
        labels=Categories(truth.astype(np.int32), CLASSES),
    )
    options = BuildOptions(
        "reviews of three weeks",
        START,
        classes=CLASSES,
        texts=("review",),
        embeddings=("embedding",),
        anomaly="one-class-svm",
    )
    return build(lambda: map(with_score_columns, [batch]), options)


def trips(rows, seed, *, broken=False):
    """Distances, predicted minutes and real ones."""
    rng = np.random.default_rng(seed)
    distance = rng.gamma(3, 2, rows)
    predicted = 4 + 3 * distance
    return distance, predicted, predicted + rng.normal(0, 2 + broken, rows) + broken


def eta_profile():
    """Count trips whose time is known."""
    distance, predicted, real = trips(6_000, 1)
    batch = Batch(6_000, inputs={"km": distance}, outputs={"prediction": predicted}, labels=real)
    return build(lambda: [batch], BuildOptions("trips", START))


def play() -> Exporter:
    """Return an exporter; `live` lets two and a half days pass."""
    return Exporter(CONFIG, references={"reviews.json": reviews_profile(), "eta.json": eta_profile()})


def live(exporter: Exporter) -> None:
    """Send the rows of every hour, and the labels of four rows in five of two hours before."""
    rng = np.random.default_rng(2)
    truths: list[list[dict[str, str]]] = []
    path = "/v1/models/reviews/versions/1"
    for hour in range(HOURS):
        exporter.now = START + HOUR * (hour + 1)
        found = [review(rng, broken=hour >= BREAKS) for _ in range(ROWS)]
        rows = [{**row, "id": f"{hour}-{number}"} for number, (row, _) in enumerate(found)]
        assert exporter.post(rows, f"{path}/observations").status == 202
        truths.append([{"id": row["id"], "label": truth} for row, (_, truth) in zip(rows, found, strict=True)])
        if hour >= 2:
            kept = [one for number, one in enumerate(truths[hour - 2]) if number % 5]
            assert exporter.post(kept, f"{path}/labels").status == 202
        distance, predicted, real = trips(30, 100 + hour, broken=hour >= BREAKS)
        columns = {"columns": {"km": distance.tolist()}, "prediction": predicted.tolist(), "label": real.tolist()}
        assert exporter.post(columns, "/v1/models/eta/versions/1/observations").status == 202
        if hour % 6 == 5:
            exporter.tick()
