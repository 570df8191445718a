"""Class probabilities as output columns `proba[i]`.

The distributions of a classifier's softmax outputs are the best label-free drift signal there is (Rabanser, Guennemann,
Lipton 2019, "Failing Loudly": BBSDs). With two classes one column says it all; beyond `MOST_CLASSES` classes there are
none, because every column costs series and a share of the false-alarm budget: there the columns of `confidence` stand for
them.
"""

from __future__ import annotations

from dataclasses import replace

from driftgauge.batch import Batch, Column
from driftgauge.derive.confidence import probabilities_of, with_confidence_columns

__all__ = ["MOST_CLASSES", "with_probability_columns", "with_score_columns"]

MOST_CLASSES = 20


def with_probability_columns(batch: Batch) -> Batch:
    """Return *batch* with a column for each class probability; logits go through a softmax first.

    >>> batch = Batch(1, probabilities=np.array([[0.2, 0.8]]))
    >>> list(with_probability_columns(batch).outputs)
    ['proba[1]']
    """
    probabilities = batch.probabilities if batch.probabilities is not None else probabilities_of(batch)
    if probabilities is None or not 1 < probabilities.shape[1] <= MOST_CLASSES:
        return batch
    first = 1 if probabilities.shape[1] == 2 else 0
    columns: dict[str, Column] = {f"proba[{i}]": probabilities[:, i] for i in range(first, probabilities.shape[1])}
    return replace(batch, outputs={**columns, **batch.outputs})


def with_score_columns(batch: Batch) -> Batch:
    """Return *batch* with all columns that its class scores give: probabilities and confidence."""
    return with_confidence_columns(with_probability_columns(batch))
