"""Computes the profile of a data set from code: the same sketches as the exporter's, of facts that no row can be read from.

Time: what reading the examples takes, 1 ms a picture, 20 us a short text, and 50 ms. Memory: 64 examples at a time,
and the facts of the sample.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from driftgauge.batch import Batch, concatenate
from driftgauge.errors import SourceError
from driftgauge.profile import Provenance, Reference
from driftgauge.reference import BuildOptions
from driftgauge.reference.builder import build_surveyed
from driftgauge.reference.detectors import DETECTORS
from driftgauge.reference.embeddings import SketchTotals
from driftgauge.reference.learner import Cells as CellCounts
from driftgauge.reference.survey import ColumnSurvey, Survey
from driftgauge.training.dataset_profile import Cells, DatasetProfile
from driftgauge.training.examples import examples_of
from driftgauge.training.facts import Reading, batch_of
from driftgauge.training.task import TaskSpec

__all__ = ["SAMPLE_SIZE", "compute_dataset_profile"]

SAMPLE_SIZE = 1_000


def compute_dataset_profile(
    dataset: Any,
    task_spec: TaskSpec,
    sample_size: int = SAMPLE_SIZE,
    *,
    reference: DatasetProfile | None = None,
    tokenizer: Callable[[str], Sequence[Any]] = str.split,
    vocabulary: Collection[Any] | None = None,
    padding: int | None = None,
    layout: str | None = None,
    anomaly: str = "",
    created: float | None = None,
) -> DatasetProfile:
    """Return the profile of *dataset*.

    Args:
        dataset: an iterable of dictionaries, tuples or values; a PyTorch data set or loader; a Hugging Face data set; a
            dictionary of columns; a data frame.
        task_spec: which fields are inputs and target, and of which modality.
        sample_size: rows that are looked at.
        reference: a profile in whose bins and with whose feature maps the rows are counted; needed to compare embeddings and
            broken correlations, which every data set has its own maps of.
        tokenizer: text to tokens; words between white space by default. With another one the exporter compares tokens and lengths only
            where the client reads the texts with the same (`Monitor(..., texts={"review": tokenizer})`).
        vocabulary: tokens that the model knows, for the share of unknown ones.
        padding: token number that fills short rows up.
        layout: of images, `CHW`, `HWC` or `HW`; by default the axis with 1, 3 or 4 entries is the channels'.
        anomaly: detector of anomalies that is fitted to the numeric inputs, as `driftgauge profile build --anomaly` does:
            `isolation-forest`, `one-class-svm` (extra `anomaly`) or `autoencoder` (extra `torch`); its score is the column
            `anomaly_score`. It needs 1,000 rows. Rows that are counted as a reference was are scored by the reference's.
        created: seconds since 1970; now, when None.

    Raises:
        SourceError: the data set has no rows, a field holds what its modality cannot be, or the detector cannot be fitted.

    >>> task = TaskSpec(name="reviews", modality="text", input_fields=["review"], target_field="stars")
    >>> rows = [{"review": "good " * (i % 7 + 1), "stars": i % 5} for i in range(500)]
    >>> compute_dataset_profile(rows, task).rows
    500
    """
    _check_detector(anomaly, reference)
    reading = Reading(tokenizer, vocabulary, padding, layout)
    batch = concatenate([batch_of(part, task_spec, reading) for part in examples_of(dataset, task_spec, sample_size)])
    now = time.time() if created is None else created
    if reference is not None:
        return _counted(batch, task_spec, reference, now)
    multivariate = task_spec.modality == "tabular"
    own = frozenset[str]() if tokenizer is str.split else frozenset(batch.tokens)
    options = BuildOptions(task_spec.name, now, multivariate=multivariate, cells=True, own_tokens=own, anomaly=anomaly)
    built, survey = build_surveyed(lambda: [batch], options)
    return DatasetProfile(task_spec, built, _cells(survey))


def _check_detector(anomaly: str, reference: DatasetProfile | None) -> None:
    if anomaly and anomaly not in DETECTORS:
        raise SourceError(f"anomaly {anomaly!r}: expected one of {', '.join(DETECTORS)}")
    if anomaly and reference is not None:
        raise SourceError(
            f"anomaly {anomaly!r}: rows that are counted as the reference was are scored by its detector, if it has one; "
            "leave anomaly out, or reference"
        )


def _counted(batch: Batch, task: TaskSpec, reference: DatasetProfile, created: float) -> DatasetProfile:
    """Return what *reference*'s spec counts of the rows."""
    if task.modality != reference.task.modality:
        raise SourceError(f"task {task.name!r} is about {task.modality}, the reference about {reference.task.modality}")
    spec = reference.reference.profile.spec
    totals = SketchTotals(spec.embedders)
    totals.add(batch)
    provenance = Provenance(task.name, created, notes=(f"counted as {reference.reference.provenance.name!r}",))
    counted = Reference(spec.of(batch), provenance, sketches=totals.sketches)
    return DatasetProfile(task, counted)


def _cells(survey: Survey) -> Mapping[tuple[str, str], Cells]:
    """Return the values of the numeric columns as they were surveyed."""
    return {
        key: _cells_of(found)
        for key, found in survey.columns.items()
        if survey.kind(*key) == "numeric" and found.present
    }


def _cells_of(found: ColumnSurvey) -> Cells:
    collector = found.collector
    values, counts = found.edge_values()
    if found.distinct is None and isinstance(collector, CellCounts):
        values, counts = collector.sums / collector.counts, collector.counts
    return values.astype(np.float64), counts.astype(np.float64)
