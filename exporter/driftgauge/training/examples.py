"""Examples of a data set, whatever it is, as dictionaries of fields.

Understood: sequences and iterables of dictionaries, of tuples (inputs in the order of the task, then the target) or of single
values (one input field); PyTorch data sets and loaders; a dictionary of columns; data frames. A data set that knows its
length is sampled evenly at random with a fixed seed; of one that does not, the first examples are taken, because it may
have no end. Nothing is kept beyond the sample.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from driftgauge.errors import SourceError
from driftgauge.training.task import TaskSpec

__all__ = ["examples_of", "plain_array"]

#: examples that are held before they are reduced
_AT_ONCE = 64
#: so that the same data give the same profile
_SEED = 0


def examples_of(dataset: Any, task: TaskSpec, sample_size: int) -> Iterator[list[dict[str, Any]]]:
    """Yield up to *sample_size* examples, some at a time, as dictionaries of the task's fields and of class scores.

    Raises:
        SourceError: an example lacks an input field, or is no dictionary, tuple or value.
        ValueError: the sample size is not positive.
    """
    if sample_size < 1:
        raise ValueError(f"sample_size: expected a number of rows >= 1, got {sample_size}")
    fields = (_fields(example, task, row) for row, example in enumerate(_sampled(dataset, task, sample_size)))
    seen = 0
    while part := list(islice(fields, _AT_ONCE)):
        seen += len(part)
        yield part
    if not seen:
        raise SourceError(f"task {task.name!r}: the data set has no rows")


def plain_array(value: Any) -> Any:
    """Return a tensor on any device as an array; anything else as it is."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu()
        return value.float().numpy() if str(value.dtype) == "torch.bfloat16" else value.numpy()
    return value


def _sampled(dataset: Any, task: TaskSpec, size: int) -> Iterator[Any]:
    if _is(dataset, "torch.utils.data", "DataLoader") and dataset.batch_size is not None:
        return islice(_unbatched(dataset, task), size)
    if _is(dataset, "pandas", "DataFrame"):
        dataset = dataset.to_dict("records")
    if isinstance(dataset, Mapping):
        dataset = _Columns(dataset)
    if hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"):
        chosen = np.arange(len(dataset))
        if len(chosen) > size:
            chosen = np.sort(np.random.default_rng(_SEED).choice(len(chosen), size, replace=False))
        return (dataset[row] for row in chosen.tolist())
    if isinstance(dataset, Iterable):
        return islice(iter(dataset), size)
    raise SourceError(f"task {task.name!r}: expected a data set, a loader or an iterable, got {type(dataset).__name__}")


class _Columns:
    """A dictionary of columns, row by row."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = columns
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise SourceError(f"columns of different lengths: {lengths}")
        self._rows = next(iter(lengths.values()), 0)

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {name: values[row] for name, values in self._columns.items()}


def _unbatched(loader: Iterable[Any], task: TaskSpec) -> Iterator[Any]:
    """Yield the examples of a loader's batches: dictionaries or tuples of stacked fields."""
    for batch in loader:
        named = batch if isinstance(batch, Mapping) else _named(batch, task)
        rows = len(next(iter(named.values())))
        for row in range(rows):
            yield {name: values[row] for name, values in named.items()}


def _fields(example: Any, task: TaskSpec, row: int) -> dict[str, Any]:
    named = dict(example) if isinstance(example, Mapping) else _named(example, task)
    lacking = [name for name in task.input_fields if name not in named]
    if lacking:
        raise SourceError(
            f"task {task.name!r}, row {row}: no field {lacking[0]!r}, only {sorted(map(str, named))[:10]}"
        )
    wanted = {*task.input_fields, task.target_field, "proba", "logits"} - {""}
    return {name: plain_array(value) for name, value in named.items() if name in wanted}


def _named(example: Any, task: TaskSpec) -> dict[str, Any]:
    """Return an example without names as fields in the order of the task."""
    names = [*task.input_fields, *([task.target_field] if task.target_field else [])]
    if not isinstance(example, tuple | list):
        example = (example,)
    if len(example) > len(names):
        raise SourceError(f"task {task.name!r}: an example has {len(example)} parts, the task names {names}")
    return dict(zip(names, example, strict=False))


def _is(value: Any, module: str, name: str) -> bool:
    """Tell whether *value* is of a type of a library that need not be there."""
    library = sys.modules.get(module)
    return library is not None and isinstance(value, getattr(library, name))
