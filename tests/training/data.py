"""Made-up data sets: texts of a length, pictures of colours, rows of classes."""

from __future__ import annotations

import numpy as np

from driftgauge import TaskSpec

TEXT = TaskSpec(
    name="reviews", modality="text", input_fields=["review"], target_field="stars", model_family="transformer"
)
VISION = TaskSpec(name="photos", modality="vision", input_fields=["image"], target_field="label", model_family="cnn")
TABULAR = TaskSpec(
    name="credit", modality="tabular", input_fields=["age", "plan"], target_field="label", loss_type="log_loss"
)


def texts(rows: int, seed: int, *, length: float = 120.0, first: int = 0) -> list[dict[str, object]]:
    """Return reviews of about *length* words out of a vocabulary that begins at word number *first*."""
    rng = np.random.default_rng(seed)
    weights = np.arange(1, 2_001) ** -1.05
    lengths = np.maximum(rng.normal(length, 20, rows), 1).astype(int)
    words = [rng.choice(2_000, size, p=weights / weights.sum()) + first for size in lengths]
    return [{"review": " ".join(f"w{word}" for word in found), "stars": int(rng.integers(5))} for found in words]


def pictures(rows: int, seed: int, means: tuple[float, ...] = (0.5, 0.5, 0.5)) -> list[tuple[np.ndarray, int]]:
    """Return pictures [C, H, W] whose channels lie around *means*, and their labels."""
    rng = np.random.default_rng(seed)
    tints = rng.normal(0, 0.06, (rows, len(means), 1, 1))
    pixels = rng.normal(0, 0.05, (rows, len(means), 12, 12)) + np.array(means)[:, None, None] + tints
    return [(np.clip(picture, 0, 1).astype(np.float32), int(rng.integers(2))) for picture in pixels]


def people(rows: int, seed: int, *, yes: float = 0.4, older: float = 0.0) -> list[dict[str, object]]:
    """Return rows of which the share *yes* has the label "yes"."""
    rng = np.random.default_rng(seed)
    labels = np.where(np.arange(rows) < round(yes * rows), "yes", "no")
    return [
        {"age": float(rng.normal(40 + older, 10)), "plan": ("basic", "plus")[int(rng.integers(2))], "label": str(label)}
        for label in rng.permutation(labels)
    ]
