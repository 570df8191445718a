"""Data sets of every kind give the same profile."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge import TaskSpec, compute_dataset_profile
from driftgauge.errors import SourceError
from tests.training.data import TABULAR, VISION, people, pictures

ROWS = people(80, 1)


class Numbered:
    """A data set as PyTorch and Hugging Face have it: a length and examples by number."""

    def __init__(self, rows):
        self._rows = rows

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, row):
        return self._rows[row]


@pytest.mark.parametrize(
    "dataset",
    [
        lambda: iter(ROWS),
        lambda: Numbered(ROWS),
        lambda: {name: [row[name] for row in ROWS] for name in ROWS[0]},
        lambda: [(row["age"], row["plan"], row["label"]) for row in ROWS],
        lambda: pytest.importorskip("pandas").DataFrame(ROWS),
    ],
    ids=["iterator", "data set", "columns", "tuples", "data frame"],
)
def test_one_profile_whatever_the_container(dataset):
    """Dictionaries, columns, tuples, a frame: the same rows have the same digest."""
    assert compute_dataset_profile(dataset(), TABULAR).reference.digest == expected()


def expected():
    return compute_dataset_profile(ROWS, TABULAR).reference.digest


@pytest.mark.parametrize("batch_size", [16, None])
def test_loaders_of_torch(batch_size):
    """A loader's batches are taken apart again."""
    torch = pytest.importorskip("torch")
    rows = [(torch.tensor(picture), label) for picture, label in pictures(50, 3)]
    loader = torch.utils.data.DataLoader(Numbered(rows), batch_size=batch_size)
    found = compute_dataset_profile(loader, VISION)
    assert found.rows == 50
    assert found.reference.digest == compute_dataset_profile(pictures(50, 3), VISION).reference.digest


def test_a_sample_is_taken():
    """Of what knows its length an even sample, of an iterator its beginning; both as many as asked for."""
    rows = people(400, 1)
    assert compute_dataset_profile(rows, TABULAR, 100).rows == 100
    endless = (row for _ in iter(int, 1) for row in rows)
    assert compute_dataset_profile(endless, TABULAR, sample_size=100).rows == 100


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ([], "no rows"),
        ([{"age": 3.0}], "row 0: no field 'plan', only \\['age'\\]"),
        ([(1.0, "a", "b", 4)], "4 parts, the task names"),
        (7, "expected a data set, a loader or an iterable, got int"),
        ([{"age": 1.0, "plan": {"a": 1}}], "field 'plan'.* neither numbers nor texts"),
        ({"age": [1.0], "plan": []}, "different lengths"),
    ],
    ids=["empty", "lacking", "too many parts", "no data", "no value", "ragged"],
)
def test_unusable_data_say_why(dataset, message):
    """The error names the task, the row and the field."""
    with pytest.raises(SourceError, match=message):
        compute_dataset_profile(dataset, TABULAR)


def test_impossible_tasks_are_refused():
    """Another modality, no fields, no rows."""
    with pytest.raises(ValueError, match="modality 'smell', expected one of"):
        TaskSpec(name="x", modality="smell", input_fields=["a"])
    with pytest.raises(ValueError, match="input_fields: expected"):
        TaskSpec(name="x", modality="text", input_fields="a")
    with pytest.raises(ValueError, match="sample_size"):
        compute_dataset_profile(ROWS, TABULAR, 0)


def test_token_numbers_scores_and_other_tokenizers():
    """Whole numbers are tokens, `proba` gives confidence, and any callable cuts texts."""
    task = TaskSpec(name="x", modality="text", input_fields=["ids"])
    rng = np.random.default_rng(1)
    rows = [{"ids": rng.integers(0, 99, i % 9 + 1), "proba": rng.dirichlet((1, 1, 1))} for i in range(100)]
    found = compute_dataset_profile(rows, task, padding=0, vocabulary=range(50))
    names = {column.name for column in found.reference.profile.spec.schema.columns}
    assert {"ids.length", "ids.oov_ratio", "confidence.top1", "proba[2]"} <= names
    letters = compute_dataset_profile([{"ids": "abc"}] * 60, task, tokenizer=list)
    assert letters.reference.profile.histogram.mean[0] == 3.0
