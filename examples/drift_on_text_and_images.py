# %% [markdown]
# # Drift on texts and pictures, from a notebook
#
# A model was trained on reviews and on photos. Later data come in: some are as before, some are not. Which are, how do we
# know, and how sure are we? No server is needed, and no text or picture is kept: both become numbers first.
#
# Run it as a script (`python examples/drift_on_text_and_images.py`) or cell by cell.

# %%
import tempfile

import numpy as np

import driftgauge

rng = np.random.default_rng(7)
COMMON = np.array(
    [
        "the",
        "a",
        "it",
        "is",
        "was",
        "very",
        "good",
        "bad",
        "film",
        "plot",
        "actor",
        "scene",
        "and",
        "of",
        "with",
        "for",
        "not",
        "but",
        "great",
        "dull",
    ]
)
TRADE = np.array(
    [
        "parcel",
        "courier",
        "refund",
        "late",
        "broken",
        "box",
        "label",
        "address",
        "return",
        "shop",
        "order",
        "invoice",
        "price",
    ]
)


def reviews(count: int, words: np.ndarray, length: int) -> list[dict[str, object]]:
    """Return made-up reviews of about *length* words."""
    sizes = rng.poisson(length, count) + 1
    return [{"text": " ".join(rng.choice(words, size)), "stars": int(rng.integers(1, 6))} for size in sizes]


def photos(count: int, tint: tuple[float, float, float]) -> list[dict[str, object]]:
    """Return made-up photos [H, W, C] around a tint, bytes as a camera gives them."""
    light = rng.normal(0, 0.05, (count, 1, 1, 1))
    pixels = np.clip(rng.normal(tint, 0.15, (count, 32, 32, 3)) + light, 0, 1)
    return [{"image": (255 * photo).astype(np.uint8), "label": int(rng.integers(2))} for photo in pixels]


# %% [markdown]
# ## Texts
# The profile of the training data is made once, where the model is trained, and stored beside the model.

# %%
task = driftgauge.TaskSpec(
    name="reviews", modality="text", input_fields=["text"], target_field="stars", model_family="transformer"
)
training = driftgauge.compute_dataset_profile(reviews(1_000, COMMON, 40), task)
folder = tempfile.mkdtemp()
path = driftgauge.save_profile(training, folder)
print(f"{path.name}: {training.rows} rows, {path.stat().st_size / 1024:.0f} KiB, and none of the texts")

# %% [markdown]
# Later, elsewhere: the profile is found again and new data are compared with it.

# %%
known = driftgauge.find_profiles(folder, "reviews")[0]
for name, rows in {
    "another week": reviews(500, COMMON, 40),
    "longer reviews": reviews(500, COMMON, 60),
    "complaints about the shop": reviews(500, TRADE, 40),
}.items():
    found = driftgauge.compare_profiles(known, driftgauge.compute_dataset_profile(rows, task))
    print(f"{name:26} {found.status:6} largest {found.max_drift:.2f}  {', '.join(found.drifted[:3])}")

# %% [markdown]
# Any two samples differ a little. Of every score the noise floor says how much of the distance is chance, and the evidence
# (-log10 of the probability without drift) how sure it is that there is more to it.

# %%
found = driftgauge.compare_profiles(known, driftgauge.compute_dataset_profile(reviews(500, COMMON, 60), task))
length = found.columns["text.length"]
print(
    f"text.length: distance {length.score:.2f}, of which by chance {length.noise_floor:.2f}, evidence {length.evidence:.0f}"
)

# %% [markdown]
# ## Pictures
# Channel means and deviations, brightness, contrast and size of every picture. A camera that was set up anew shows as the
# channels that shifted.

# %%
task = driftgauge.TaskSpec(name="photos", modality="vision", input_fields=["image"], target_field="label")
training = driftgauge.compute_dataset_profile(photos(400, (0.5, 0.5, 0.5)), task)
for name, tint in {"same camera": (0.5, 0.5, 0.5), "white balance": (0.6, 0.4, 0.5)}.items():
    found = driftgauge.compare_profiles(training, driftgauge.compute_dataset_profile(photos(400, tint), task))
    shifted = [score for score in found.drifted if score.startswith("image.mean[") and score.endswith("]")]
    print(f"{name:14} {found.status:6} shifted channels: {', '.join(shifted) or 'none'}")

# %% [markdown]
# ## Predictions, as they are made
# The same engine watches a model in this process: the first predictions are the reference, the last ones are compared.

# %%
monitor = driftgauge.PerformanceMonitor(reference_size=500)
for number in range(1_000):
    dark = 0.3 if number >= 700 else 0.0  # the lights go out
    brightness = float(rng.normal(0.5 - dark, 0.1))
    monitor.track_prediction("photos", "day" if brightness > 0.3 else "night", 0.004, {"brightness": brightness})
report = monitor.detect_drift("photos", window_size=300, threshold=0.2)
summary = monitor.summary("photos")
print(f"drift: {report.has_drift}, score {report.drift_score:.2f}, in {', '.join(report.affected_metrics)}")
print(f"{summary.predictions} predictions, p99 {1_000 * summary.p99:.0f} ms, {summary.error_rate:.0%} failed")
