"""What a comparison of data sets has to find, and what it must not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from driftgauge import compare_profiles, compute_dataset_profile, find_profiles, save_profile
from driftgauge.errors import ProfileError
from driftgauge.training import DatasetProfile
from tests.training.data import TABULAR, TEXT, VISION, people, pictures, texts


def test_longer_sequences_alert():
    """Texts of 200 words after a reference of 120 alert, and the length is named."""
    reference = compute_dataset_profile(texts(500, 1), TEXT)
    found = compare_profiles(reference, compute_dataset_profile(texts(500, 2, length=200), TEXT))
    assert found.status == "alert"
    assert found.scores["review.length mean"] == pytest.approx(2 / 3, abs=0.05)
    assert "review.length" in found.drifted
    assert found.max_drift > 0.2


def test_shifted_channels_are_named():
    """Channel means of (0.6, 0.4, 0.5) after (0.5, 0.5, 0.5): channels 0 and 1, not channel 2."""
    reference = compute_dataset_profile(pictures(500, 1), VISION)
    found = compare_profiles(reference, compute_dataset_profile(pictures(500, 2, (0.6, 0.4, 0.5)), VISION))
    assert found.status == "alert"
    assert {"image.mean[0]", "image.mean[0] mean", "image.mean[1]", "image.mean[1] mean"} <= set(found.drifted)
    assert not {"image.mean[2]", "image.mean[2] mean"} & set(found.drifted)


def test_other_class_shares_alert():
    """(40 %, 60 %) to (80 %, 20 %) has a KL divergence over half a bit, and alerts."""
    reference = compute_dataset_profile(people(1_000, 1), TABULAR)
    found = compare_profiles(reference, compute_dataset_profile(people(500, 2, yes=0.8), TABULAR))
    assert found.status == "alert"
    assert found.columns["prediction"].kl_bits == pytest.approx(0.55, abs=0.01)
    assert found.drifted == ("prediction",)
    assert found.max_drift == pytest.approx(0.353, abs=0.01)


@pytest.mark.parametrize("naive", [False, True], ids=["judged", "naive"])
@pytest.mark.parametrize("modality", ["text", "vision", "tabular"])
def test_the_same_data_have_no_drift(modality, naive):
    """Identical profiles have a distance of exactly zero in every score."""
    data, task = {
        "text": (texts(200, 1), TEXT),
        "vision": (pictures(200, 1), VISION),
        "tabular": (people(200, 1), TABULAR),
    }[modality]
    profile, again = compute_dataset_profile(data, task), compute_dataset_profile(data, task)
    found = compare_profiles(profile, again, naive=naive)
    assert (found.status, found.max_drift, found.drifted) == ("ok", 0.0, ())
    assert set(found.scores.values()) == {0.0}


def test_other_tokens_are_drift():
    """Texts in other words share fewer than half of the most frequent ones."""
    reference = compute_dataset_profile(texts(300, 1), TEXT)
    found = compare_profiles(reference, compute_dataset_profile(texts(300, 2, first=5_000), TEXT))
    assert found.status == "alert"
    assert 1 - found.scores["top tokens of review"] < 0.5
    assert {"tokens of review", "top tokens of review"} <= set(found.drifted)
    same = compare_profiles(reference, compute_dataset_profile(texts(300, 3), TEXT))
    assert 1 - same.scores["top tokens of review"] > 0.6
    assert same.status == "ok"


def test_a_stored_profile_is_found_and_compared(tmp_path):
    """A profile written as JSON is found by its task's name, equals itself, and newer ones come first."""
    first = compute_dataset_profile(people(500, 1), TABULAR, created=1e9)
    second = compute_dataset_profile(people(500, 2), TABULAR, created=2e9)
    path = save_profile(first, tmp_path / "artifacts")
    save_profile(second, tmp_path / "artifacts")
    save_profile(compute_dataset_profile(texts(60, 1), TEXT), tmp_path / "artifacts")
    (tmp_path / "artifacts/notes.json").write_text("{}")
    assert json.loads(path.read_text("utf-8"))["dataset"]["task"]["loss_type"] == "log_loss"
    found = find_profiles(tmp_path / "artifacts", "credit")
    assert [profile.reference.digest for profile in found] == [second.reference.digest, first.reference.digest]
    assert compare_profiles(found[1], first).max_drift == 0.0
    assert [profile.task.name for profile in find_profiles(tmp_path / "artifacts", modality="text")] == ["reviews"]
    assert find_profiles(tmp_path, "credit") == []


def test_different_modalities_are_refused():
    """The error says which profile is of which modality."""
    text, rows = compute_dataset_profile(texts(60, 1), TEXT), compute_dataset_profile(people(60, 1), TABULAR)
    with pytest.raises(ProfileError, match=r"different modalities .*'reviews' is text, 'credit' is tabular"):
        compare_profiles(text, rows)


def test_chance_is_no_drift_but_naively_it_is():
    """1,000 against 200 rows without drift: judged ok, where plain thresholds warn or alert."""
    reference = compute_dataset_profile(people(1_000, 1), TABULAR)
    current = compute_dataset_profile(people(200, 7), TABULAR)
    assert compare_profiles(reference, current).status == "ok"
    assert compare_profiles(reference, current, naive=True).status != "ok"


def test_too_few_rows_are_unknown():
    """Ten rows against ten decide nothing, naively they alert."""
    reference = compute_dataset_profile(people(10, 1), TABULAR)
    current = compute_dataset_profile(people(10, 2, yes=0.8), TABULAR)
    assert (compare_profiles(reference, current).status, compare_profiles(reference, current).max_drift) == (
        "unknown",
        0.0,
    )
    assert compare_profiles(reference, current, naive=True).status == "alert"


def test_counted_in_the_bins_of_the_reference_it_says_the_same():
    """Cells and exact counts agree, and broken correlations can be compared then."""
    reference = compute_dataset_profile(people(1_000, 1), TABULAR)
    rows = people(1_000, 2, older=8.0)
    free, exact = (
        compare_profiles(reference, compute_dataset_profile(rows, TABULAR, reference=given))
        for given in (None, reference)
    )
    assert free.status == exact.status == "alert"
    assert free.scores["age"] == pytest.approx(exact.scores["age"], abs=0.01)


def test_embeddings_are_compared_in_the_maps_of_the_reference():
    """A field of vectors is an embedding; with the reference's map its mean has a distance and evidence."""
    rng = np.random.default_rng(5)
    rows, moved = ([{"review": vector} for vector in rng.normal(shift, 1, (600, 16))] for shift in (0.0, 0.4))
    reference = compute_dataset_profile(rows, TEXT)
    exact = compare_profiles(reference, compute_dataset_profile(moved, TEXT, reference=reference))
    assert "embedding of review" in exact.drifted
    assert exact.details["embedding of review"].evidence > 10
    free = compare_profiles(reference, compute_dataset_profile(moved, TEXT))
    assert "review.residual" in free.not_compared
    assert "review.norm" in free.scores


def test_damaged_profiles_are_refused():
    """Text of another kind, and a profile without a task, say what they are."""
    profile = compute_dataset_profile(people(60, 1), TABULAR)
    text = profile.dumps()
    with pytest.raises(ProfileError, match="x: damaged task"):
        DatasetProfile.loads(text.replace('"modality": "tabular"', '"modality": "smell"'), "x")
    with pytest.raises(ProfileError, match="x: a profile without a task"):
        DatasetProfile.loads(text.replace('"dataset"', '"data"'), "x")
    with pytest.raises(ProfileError, match="do not fit their counts"):
        DatasetProfile.loads(text.replace('"counts": [', '"counts": [1, ', 1), "x")
