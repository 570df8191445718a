"""What the model itself says: CPU of every derivation, join and detector, a row, and as a share of a core at 1,000 rows a second.

Rows come 256 at once, as small bodies do when they are staged. What works by slot or evaluation rather than by row is told for one slot, and
as the share of a core that it takes. Target: no more than 5 % of a core each at 1,000 rows a second.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count

import numpy as np
from support.report import interleaved, show

from driftgauge.batch import Batch, Categories, Floats
from driftgauge.config import ModelSettings, TensorSettings
from driftgauge.derive import Embedder, Projection, confidence_of, image_facts, text_facts, token_facts
from driftgauge.drift.estimated import Estimator
from driftgauge.drift.token_drift import token_drift
from driftgauge.ingest import decode
from driftgauge.label_settings import LabelSettings
from driftgauge.level_settings import DETECTORS, LevelChangeSettings
from driftgauge.model.anytime import AnytimeEvidence
from driftgauge.model.label_view import figures_of
from driftgauge.model.labelling import Labelling
from driftgauge.model.level_track import Track
from driftgauge.model.levels import Level
from driftgauge.profile.outcomes import CLASSIFICATION, OutcomeSpec
from driftgauge.reference import BuildOptions, build
from driftgauge.sketch import BinnedSpec, MeanSpec, ReliabilitySpec, TokenSpec
from driftgauge.tensors import PICTURE_SCORES, POSITION_SCORES, TensorReducer

ROWS = 256
#: rows a second that shares of a core are about; seconds between evaluations; seconds of a slot
RATE, TICK, SLOT = 1_000, 15.0, 60.0
#: most of a core that one of them should take
SHARE = 0.05
#: windows of an evaluation
WINDOWS = 6
COLUMNS = 20
Work = Callable[[], object]


def main() -> None:
    rng = np.random.default_rng(1)
    works = {**_scores(rng), **_inputs(rng), **_labels(rng)}
    found = interleaved({name: work for name, (work, _) in works.items()}, rounds=5, calls=3)
    rows = []
    for name, (_, size) in works.items():
        seconds = min(found[name]) / size
        rows.append((name, f"{seconds * 1e9:,.0f}", _share(seconds * RATE)))
    show(
        f"Derivations and joins, CPU ns a row, {ROWS} rows at once",
        ("what", "ns a row", f"of a core at {RATE:,} rows/s"),
        rows,
        [f"over {SHARE:.0%} of a core: {', '.join(row[0] for row in rows if '!' in row[2]) or 'none'}"],
    )
    _tensors(rng)
    works_by_time = _by_time(rng)
    found = interleaved({name: work for name, (work, _, _) in works_by_time.items()}, rounds=5, calls=3)
    rows = []
    for name, (_, size, period) in works_by_time.items():
        seconds = min(found[name]) / size
        rows.append((name, f"{seconds * 1e6:,.1f}", f"{period:.0f} s", _share(seconds / period)))
    show(
        "What is done by slot or evaluation, whatever the traffic, CPU",
        ("what", "us each", "every", "of a core"),
        rows,
        ["nothing of it is done for a row"],
    )


def _tensors(rng: np.random.Generator) -> None:
    """Show what bodies with pictures and sequences cost from the bytes to the columns."""
    works: dict[str, tuple[Work, int, float]] = {}
    for name, dtype, shape in (
        ("pictures [8, 3, 224, 224] FP32", "f4", (8, 3, 224, 224)),
        ("pictures [8, 224, 224, 3] UINT8", "u1", (8, 224, 224, 3)),
        ("pictures [4, 3, 640, 640] FP16", "f2", (4, 3, 640, 640)),
        ("pictures [64, 1, 28, 28] FP32", "f4", (64, 1, 28, 28)),
    ):
        body = _binary("inputs", "x", rng.uniform(0, 200, shape).astype(dtype))
        works[name] = (lambda body=body: _decoded(body)), shape[0], 1.0
    for shape in ((8, 128, 9), (1, 128, 1_000), (1, 32, 32_000)):
        body = _binary("outputs", "x", rng.standard_normal(shape).astype(np.float32))
        rows, positions, classes = shape
        cost = (classes + POSITION_SCORES) / PICTURE_SCORES
        works[f"positions of {list(shape)} FP32 logits"] = (lambda body=body: _decoded(body)), rows * positions, cost
    found = interleaved({name: work for name, (work, _, _) in works.items()}, rounds=5, calls=3)
    budget, rows_shown = ModelSettings().tensor_rows_per_second, []
    for name, (_, size, cost) in works.items():
        seconds = min(found[name]) / size
        rows_shown.append((name, f"{seconds * 1e6:,.2f}", f"{budget / cost:,.0f}", _share(seconds * budget / cost)))
    show(
        "Tensors of rank 3 and more, binary body to columns, CPU",
        ("what", "us each", "reduced a second at most", "of a core at that rate"),
        rows_shown,
        [f"tensor_rows_per_second is {budget}; what is beyond is counted and costs the reading of its head"],
    )


def _binary(role: str, name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> tuple[bytes, str]:
    datatype = {"f4": "FP32", "f2": "FP16", "u1": "UINT8"}[values.dtype.str[1:]]
    raw = values.tobytes()
    tensor = {
        "name": name,
        "shape": list(values.shape),
        "datatype": datatype,
        "parameters": {"binary_data_size": len(raw)},
    }
    head = json.dumps({role: [tensor]}).encode()
    return head + raw, str(len(head))


def _decoded(body: tuple[bytes, str]) -> object:
    content, length = body
    reducer = TensorReducer({"x": TensorSettings(kind="logits")} if b'"outputs"' in content[:20] else {})
    found = decode(content, content_type="application/octet-stream", header_length=length, reducer=reducer)
    assert found.batch.requests.tensor_rows
    return found


def _share(seconds: float) -> str:
    return f"{seconds:.3%}" + (" !" if seconds > SHARE else "")


def _probabilities(rng: np.random.Generator, classes: int) -> Floats:
    scores = np.exp(rng.standard_normal((ROWS, classes)))
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def _scores(rng: np.random.Generator) -> dict[str, tuple[Work, int]]:
    found: dict[str, tuple[Work, int]] = {}
    for classes in (2, 10, 100, 1_000):
        p = _probabilities(rng, classes)
        found[f"confidence of {classes:,} classes"] = (lambda p=p: confidence_of(p)), ROWS
    logits = rng.standard_normal((ROWS, 10))
    found["confidence of 10 classes, from logits"] = (lambda: confidence_of(logits, logits=True)), ROWS
    return found


def _inputs(rng: np.random.Generator) -> dict[str, tuple[Work, int]]:
    found: dict[str, tuple[Work, int]] = {}
    for dimensions in (128, 768):
        embedder = Embedder.fit(rng.standard_normal((1_000, dimensions)))
        assert embedder is not None
        vectors = rng.standard_normal((ROWS, dimensions)).astype(np.float32)
        spec = MeanSpec(len(embedder.features(vectors[:1])[0]))
        found[f"embedding of {dimensions} dimensions: features and their sums"] = (
            (lambda e=embedder, v=vectors, s=spec: s.of(e.features(v))),
            ROWS,
        )
        found[f"embedding of {dimensions} dimensions: norm and residual"] = (
            (lambda e=embedder, v=vectors: (np.linalg.norm(v, axis=1), e.residual(v))),
            ROWS,
        )
    words = np.array([f"word{number}" for number in range(5_000)])
    texts = [" ".join(rng.choice(words, 20)) for _ in range(ROWS)]
    found["text of 20 words"] = (lambda: text_facts(texts, "text")), ROWS
    said = text_facts(texts, "text").tokens
    found["tokens of 20 words, counted in the windows"] = (lambda: TokenSpec().of(said)), ROWS
    tokens = rng.integers(0, 50_000, (ROWS, 128))
    found["128 token numbers"] = (lambda: token_facts(tokens, "text")), ROWS
    picture = rng.integers(0, 256, (4, 224, 224, 3), dtype=np.uint8)
    found["picture of 224 x 224 x 3 (in the client)"] = (lambda: image_facts(picture)), len(picture)
    mixed = rng.standard_normal((2_000, COLUMNS)) @ rng.standard_normal((COLUMNS, COLUMNS))
    projection = Projection.of(tuple(f"x{number}" for number in range(COLUMNS)), mixed)
    assert projection is not None
    columns = {f"x{number}": part for number, part in enumerate(mixed.T)}
    watched = build(lambda: [Batch(2_000, columns)], BuildOptions("train", 0.0, anomaly="isolation-forest"))
    detector = watched.profile.spec.detector
    assert detector is not None
    found[f"anomalies of {COLUMNS} columns, by a forest"] = (lambda: detector.scores(mixed[:ROWS])), ROWS
    found[f"broken correlations of {COLUMNS} columns"] = (lambda: projection.residual(mixed[:ROWS])), ROWS
    return found


def _labels(rng: np.random.Generator) -> dict[str, tuple[Work, int]]:
    p = _probabilities(rng, 2)
    right = (rng.random(ROWS) < 0.8).astype(np.float64)
    confidence = np.stack([p.max(axis=1), right])
    join = Labelling(LabelSettings())
    numbers = count()
    names = ("0", "1")
    classes = Categories(rng.integers(0, 2, ROWS).astype(np.int32), names)

    def joined() -> None:
        first = next(numbers) * ROWS
        ids = Categories(np.arange(ROWS, dtype=np.int32), tuple(f"id-{first + row}" for row in range(ROWS)))
        join.observe(Batch(ROWS, outputs={"prediction": classes}, probabilities=p, ids=ids), 1e9)
        join.label(Batch(ROWS, ids=ids, labels=classes), 1e9)

    return {
        "calibration: a labelled row in its bin": ((lambda: ReliabilitySpec().of(confidence)), ROWS),
        "labels: a prediction and its label, joined and counted": (joined, ROWS),
    }


def _by_time(rng: np.random.Generator) -> dict[str, tuple[Work, int, float]]:
    found: dict[str, tuple[Work, int, float]] = {}
    edges = tuple(np.linspace(0.5, 1, COLUMNS + 1)[1:-1].tolist())
    values = rng.uniform(0.5, 1, 5_000)
    estimator = Estimator.of_right(BinnedSpec(edges).of(np.stack([values, rng.random(5_000) < values])))
    counts = rng.integers(1, 500, (WINDOWS, len(estimator.means)))
    found["estimated accuracy (CBPE), six windows"] = (lambda: estimator.estimate(counts)), 1, TICK
    spec = OutcomeSpec(CLASSIFICATION)
    sketches = [{name: one.zero() for name, one in spec.specs.items()} for _ in range(WINDOWS)]
    found["figures of labels, calibration among them, six windows"] = (lambda: figures_of(sketches, None)), 1, TICK
    columns = {f"x{number}": rng.standard_normal(5_000) for number in range(COLUMNS)}
    reference = build(lambda: [Batch(5_000, columns)], BuildOptions("train", 0.0, multivariate=False))
    minute = reference.profile.spec.of(Batch(ROWS, {name: part[:ROWS] for name, part in columns.items()}))
    evidence, minutes = AnytimeEvidence(reference, 0.1), count()
    found["drift.log_e, a column and minute"] = (lambda: evidence.take([(next(minutes), minute)])), COLUMNS, SLOT
    words = [token_facts(rng.zipf(1.3, (2_000, 20)) % 5_000).tokens for _ in range(2)]
    before, now = (TokenSpec().of(tokens) for tokens in words)
    found["tokens of a text compared, six windows"] = (
        (lambda: [token_drift(before, now) for _ in range(WINDOWS)]),
        1,
        TICK,
    )
    for name in DETECTORS:
        settings = LevelChangeSettings(detectors=(name,))
        track, slots = Track(name, settings), count()
        level = [Level(100, float(mean), 1.0) for mean in rng.standard_normal(1_000) / 10]
        for slot in range(settings.warmup_slots + 240):
            track.take(next(slots), level[slot])

        def step(track: Track = track, level: list[Level] = level, slots: count[int] = slots) -> None:
            for _ in range(10):
                slot = next(slots)
                track.take(slot, level[slot % len(level)])

        found[f"level_changes: {name}, a series and slot"] = step, 10, SLOT
    return found


if __name__ == "__main__":
    main()
